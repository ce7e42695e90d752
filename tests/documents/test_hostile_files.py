"""Hostile and broken files: each has the outcome that it must have, and none harms another.

The text cases are the files in `tests/front_matter/`. Below each case are lines that begin with `=>
`: first the status, then every finding with its table, place and rule.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from pipelines.documents.batch import parse_batch
from pipelines.documents.parsed import Batch, ToParse
from pipelines.mapping.built_in import EVERYDAY
from pipelines.sources.folder import Folder
from pipelines.tables.drift import DRIFT_RULE
from pipelines.tables.findings import MAX_VALUE_CHARACTERS
from pipelines.warehouse.runs import list_runs
from schemas.documents import ARCHIVE
from tests.conftest import Archive, post, read_parsed
from tests.hostile_files import GENERATED, HEAVY, Outcome, write
from tests.independent import agrees, load_post
from tests.restoring import restore_front_matter

ROOT = Path(__file__).parents[2]
TEXT_CASES = {path.name: path for path in (ROOT / "tests" / "front_matter").iterdir()}
MAX_MEGABYTES = 1_000


def read_outcome(path: Path) -> Outcome:
    lines = path.read_bytes().splitlines()
    return [line[3:].decode() for line in lines if line.startswith(b"=> ")]


class Build:
    """A build of many cases at once."""

    def __init__(self, archive: Archive, expected: dict[str, Outcome]) -> None:
        self.archive = archive
        self.expected = expected
        self.files = {row["source_path"]: row for row in archive.rows("files").to_dicts()}
        self.findings: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for finding in archive.rows("findings").to_dicts():
            # Reported once for each key, not for each file.
            if finding["rule"] != DRIFT_RULE:
                self.findings[finding["source_path"]].append(finding)

    def outcome(self, source_path: str) -> Outcome:
        """The outcome of a file, in the form of the cases."""
        file = self.files[source_path]
        is_ignored = file["status"] == "ignored"
        status = f"ignored: {file['reason']}" if is_ignored else file["status"]
        return [status, *map(_describe, self.findings[source_path])]


def _describe(finding: dict[str, Any]) -> str:
    place = f"{finding['line']}:{finding['column_number']}" if finding["line"] else None
    is_warning = finding["severity"] == "warning"
    words = (finding["table_name"], place, finding["rule"], is_warning and "warning")
    return " ".join(word for word in words if word)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """All cases that are quick, in one archive."""
    archive = Archive(tmp_path_factory.mktemp("hostile"))
    expected = {}
    (archive.raw / "text").mkdir()
    for name, path in TEXT_CASES.items():
        shutil.copyfile(path, archive.raw / "text" / name)
        expected[f"text/{name}"] = read_outcome(path)
    for name, hostile in GENERATED.items():
        expected[write(archive.raw, name, hostile)] = hostile.outcome
    archive.run()
    return Build(archive, expected)


@pytest.mark.parametrize("name", sorted(TEXT_CASES))
def test_a_hostile_file_has_the_outcome_that_it_states(build: Build, name: str) -> None:
    assert build.outcome(f"text/{name}") == build.expected[f"text/{name}"]


@pytest.mark.parametrize("number", range(len(GENERATED)))
def test_a_generated_file_has_its_outcome(build: Build, number: int) -> None:
    source_path = list(build.expected)[len(TEXT_CASES) + number]
    assert build.outcome(source_path) == build.expected[source_path]


def test_every_file_is_loaded_rejected_or_ignored(build: Build) -> None:
    statuses = Counter(file["status"] for file in build.files.values())
    assert build.files.keys() == build.expected.keys()
    (run,) = list_runs(build.archive.warehouse.root, at_most=9)
    assert dict(statuses) == run.files
    assert statuses.total() == len(TEXT_CASES) + len(GENERATED)
    assert min(statuses.values()) > 20


def test_ledger_findings_and_tables_agree(build: Build) -> None:
    documents, articles = (
        Counter(build.archive.rows(table)["source_path"]) for table in ("documents", "articles")
    )
    for source_path, file in build.files.items():
        own = [
            finding
            for finding in build.findings[source_path]
            if finding["severity"] == "error" and finding["table_name"] in ("documents", "articles")
        ]
        is_unreadable = any(finding["table_name"] == "documents" for finding in own)
        assert documents[source_path] == (file["status"] != "ignored" and not is_unreadable)
        assert articles[source_path] == (file["status"] == "loaded")
        assert bool(own) == (file["status"] == "rejected")
        if own:
            words = (own[0]["field_path"], f"{own[0]['rule']}:", own[0]["message"])
            assert file["reason"] == " ".join(word for word in words if word)


def test_loaded_documents_equal_what_other_parsers_read(build: Build) -> None:
    names = {hostile.source_path: os.fsdecode(name) for name, hostile in GENERATED.items()}
    rows = build.archive.rows("documents").to_dicts()
    formats = Counter(row["format"] for row in rows)
    for row in rows:
        path = build.archive.raw / names.get(row["source_path"], row["source_path"])
        front_matter, body = load_post(path.read_bytes())
        assert agrees(restore_front_matter(row), front_matter), path
        assert row["body"] == body, path
    assert formats["yaml"] > 100
    assert min(formats["toml"], formats["json"]) >= 4


def test_both_parsers_agree_on_every_case(build: Build, tmp_path: Path) -> None:
    opened = [path for path, file in build.files.items() if file["content_sha256"]]
    files = [ToParse(path, None) for path in opened]
    batch = Batch(Folder(build.archive.raw), ARCHIVE, EVERYDAY, files, tmp_path)
    quick, slow = (
        read_parsed([parse_batch(batch, use_rapidyaml=use_rapidyaml)])
        for use_rapidyaml in (True, False)
    )
    assert len(quick.ledger) == len(opened)
    assert quick == slow


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "a.md/below"])
@pytest.mark.parametrize("use_rapidyaml", [True, False])
def test_what_takes_the_place_of_a_file_is_not_opened_and_the_file_counts_as_gone(
    tmp_path: Path, kind: str, use_rapidyaml: bool
) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.md").write_text(post())
    batch = Batch(Folder(tmp_path), ARCHIVE, EVERYDAY, [ToParse(kind, None)], tmp_path / "out")
    parsed = parse_batch(batch, use_rapidyaml=use_rapidyaml)
    assert parsed.unreadable.count == 0
    assert read_parsed([parsed]) == ([], [], [])


PROGRAM = """
import resource, sys
from pipelines.cli.main import main
if __name__ == "__main__":
    try:
        main()
    finally:
        with open("/proc/self/status") as status:
            own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(own // 1024, worker // 1024, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_heavy_cases_have_their_outcomes_and_take_less_than_a_gigabyte(archive: Archive) -> None:
    expected = {
        write(archive.raw, name, hostile): hostile.outcome for name, hostile in HEAVY.items()
    }
    (archive.raw.parent / "program.py").write_text(PROGRAM)
    process = subprocess.run(
        [
            *(sys.executable, "program.py", "build", "--jobs", "1", "--engine", "local"),
            *("--max-reject-share", "1", "--mapping", "everyday"),
        ],
        cwd=archive.raw.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    own, worker = map(int, process.stderr.split()[-2:])
    assert own + worker < MAX_MEGABYTES
    build = Build(archive, expected)
    assert {path: build.outcome(path) for path in build.files} == expected
    findings = archive.rows("findings")
    assert findings["message"].str.len_chars().max() < 1_000
    assert findings["value"].str.len_chars().max() == MAX_VALUE_CHARACTERS
