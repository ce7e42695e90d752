"""Whole runs: what they make of an archive, and what they refuse."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import (
    DamagedError,
    NothingPublishedError,
    OutOfMemoryError,
    PipelineError,
    RawError,
)
from pipelines.runs.run import run_job
from pipelines.warehouse.runs import list_runs
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, post
from tests.independent import compare


def test_every_file_is_accounted_for(built: Archive) -> None:
    assert built.statuses() == {
        ".hidden": "ignored",
        "_news/a.md": "loaded",
        "_news/b.md": "loaded",
        "_news/broken.md": "rejected",
        "_news/c.md": "loaded",
        "_news/rejected.md": "rejected",
        "notes.txt": "ignored",
    }
    reasons = built.rows("files").filter(status="rejected")["reason"].to_list()
    assert reasons == [
        "is_closed: found no closing fence, expected a line --- or ...",
        "title is_not_null: found nothing, expected a value",
    ]


def test_every_row_of_the_sample_equals_what_plain_pyyaml_reads(archive: Archive) -> None:
    archive.raw = Path(__file__).parents[2] / "raw"
    archive.run()
    count, differences = compare(archive.raw, archive.warehouse.root)
    assert count > 100
    assert differences == []


def test_a_finding_says_file_line_and_rule(built: Archive) -> None:
    assert built.findings("severity", "table_name", "source_path", "line", "rule") == [
        ("error", "articles", "_news/rejected.md", 2, "is_not_null"),
        ("warning", "documents", "_news/a.md", 9, "is_known_key"),
        ("error", "documents", "_news/broken.md", 1, "is_closed"),
        ("error", "images", "_news/rejected.md", 6, "article_is_valid"),
        ("error", "related_links", "_news/rejected.md", 7, "article_is_valid"),
    ]


def test_a_flow_finds_lines_where_its_documents_were_read(built: Archive, tmp_path: Path) -> None:
    lines = built.findings("line")
    built.make_stale("articles", "2024-04")
    raw, built.raw = built.raw, tmp_path / "nowhere"
    assert built.run("articles").status == "published"
    assert built.findings("line") == lines
    assert built.snapshot.manifest.raw == str(raw)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(built: Archive) -> None:
    built.delete("_news/a.md")
    record = built.run(dry_run=True)
    assert (record.status, record.changes["deleted"]) == ("dry_run", 1)
    assert record.rewritten["articles"] == ["2024-03"]
    assert built.warehouse.numbers() == [1]
    assert built.statuses()["_news/a.md"] == "loaded"


def test_a_flow_takes_the_months_that_are_asked_for(built: Archive) -> None:
    record = built.run("articles", months=("2024-04",))
    assert record.status == "unchanged"
    assert built.run("images", since="2024-04").status == "unchanged"
    with pytest.raises(
        PipelineError, match=r"no documents of 2019-01; there are months: .*2024-03"
    ):
        built.run("articles", months=("2019-01",))
    with pytest.raises(PipelineError, match=r"no documents from 2025-01"):
        built.run("articles", since="2025-01")


def test_a_flow_needs_documents(archive: Archive) -> None:
    with pytest.raises(NothingPublishedError, match="there are no documents for articles"):
        archive.run("articles")


def test_an_empty_archive_has_every_table_with_its_schema(archive: Archive) -> None:
    archive.run()
    for table in archive.snapshot.manifest.tables:
        assert archive.rows(table).is_empty()
        assert len(archive.snapshot.list_files(table)) == 1
    assert archive.run().status == "unchanged"
    archive.write("a.md", post(MARCH))
    archive.run()
    assert list(archive.snapshot.list_files("articles")) == ["2024-03"]
    assert list(archive.snapshot.list_files("images")) == ["unknown"]
    assert archive.hashes() == archive.hashes_from_nothing()


SECRETS = {
    "below an unknown key": "meta: {secured: hush}",
    "as a wrong shape": "title: {secured: hush}",
    "in a list of a wrong shape": "images: [[{secured: hush}]]",
    "of a related item": "related: {secured: hush}",
    "as repeated keys": "secured: {hush: 1, hush: 2}",
    "as an alias": "secured: *hush",
    "as a tag": "secured: !hush x",
    "as an anchor": "secured: [&hush a, &hush b]",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_secret_is_seen_in_documents_alone(archive: Archive, secret: str) -> None:
    archive.write("a.md", f"---\n{secret}\n---\n")
    archive.write("b.md", post({"mood": "{secured: hush}"}))
    archive.run()
    for table in set(archive.snapshot.manifest.tables) - {"documents"}:
        assert "hush" not in str(archive.rows(table).to_dicts())


def test_findings_of_a_file_full_of_errors_stay_small(archive: Archive) -> None:
    # With the whole row in every finding, 20,000 items would take 2 GB.
    archive.write("a.md", post({"topics": f"[{'~,' * 5_000}]"}))
    archive.write("b.md", post({f"key{number}": "x" for number in range(2_000)}))
    archive.run()
    findings = archive.rows("findings")
    assert findings.filter(rule="is_text").height == 5_000
    assert findings.filter(rule="is_known_key")["line"].max() == 2_006
    assert findings["row"].is_not_null().sum() == 1


def test_deep_folders_are_listed(archive: Archive) -> None:
    folder = archive.raw
    for _ in range(1_100):
        folder = folder / "d"
        folder.mkdir()
    (folder / "a.md").write_text(post())
    try:
        archive.run()
        assert list(archive.statuses().values()) == ["loaded"]
    finally:
        # pytest removes folders recursively, which would fail here.
        subprocess.run(["rm", "-r", archive.raw / "d"], check=True)


def test_raw_files_and_warehouse_are_two_folders_beside_each_other(built: Archive) -> None:
    apart = r": contains .*; raw files and warehouse must lie apart"
    root = built.warehouse.root
    for raw, message in (
        (built.raw.parent, apart),
        (root / "runs", apart),
        (root, "found the raw files and the warehouse in one folder"),
    ):
        built.raw = raw
        with pytest.raises(RawError, match=message):
            built.run()


def test_a_mistake_in_a_path_makes_no_folder(archive: Archive) -> None:
    for name, raw in (("build", archive.raw / "nowhere"), ("images", archive.raw)):
        archive.raw = raw
        with pytest.raises(PipelineError, match=r"No such file|nothing is published here"):
            archive.run(name)
        assert not archive.warehouse.root.exists()


def test_an_include_that_matches_nothing_is_a_mistake(built: Archive) -> None:
    with pytest.raises(RawError, match=r"no file matches '_nws/\*'$"):
        built.run(include=("_nws/*",))


@pytest.mark.parametrize("number", range(1, 8))
def test_a_step_can_be_retried_after_an_error_of_the_disk(
    built: Archive, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Prefect does this. What the first try wrote does no harm."""
    built.write("_news/c.md", post(MARCH | CHILDREN | {"heat": "5", "mood": "new"}))
    built.write("_news/d.md", post(APRIL | CHILDREN | {"quality": "high"}))
    built.delete("_news/b.md")
    write, calls = Path.write_bytes, iter(range(1, 100))

    def refuse_once(path: Path, content: bytes) -> int:
        if path.parent.name.startswith("work-") and next(calls) == number:
            raise OSError(28, "No space left on device")
        return write(path, content)

    def retry(_name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        try:
            return step(*arguments)
        except OSError:
            return step(*arguments)

    monkeypatch.setattr(Path, "write_bytes", refuse_once)
    record = run_job(built.job(), run_step=retry)
    assert next(calls) > number
    monkeypatch.undo()
    assert record.status == "published"
    assert built.hashes() == built.hashes_from_nothing()


def test_a_run_that_is_interrupted_says_so_and_leaves_nothing(built: Archive) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    built.write("_news/c.md", post(APRIL | CHILDREN | {"heat": "5"}))
    with pytest.raises(KeyboardInterrupt):
        run_job(built.job(), on_progress=interrupt)
    (last, *_) = list_runs(built.warehouse.root, at_most=1)
    assert (last.status, last.message) == ("failed", "interrupted")
    assert list((built.warehouse.root / "staging").iterdir()) == []
    assert built.run().status == "published"


@pytest.mark.parametrize(
    ("told", "shown"),
    [((), "no details"), (("malloc of size 88 failed",), "malloc of size 88 failed")],
)
def test_a_run_that_is_out_of_memory_says_so(
    built: Archive, monkeypatch: pytest.MonkeyPatch, told: tuple[str, ...], shown: str
) -> None:
    def starve(*_: object) -> None:
        raise MemoryError(*told)

    built.write("_news/c.md", post(APRIL))
    monkeypatch.setattr("pipelines.runs.steps.rebuild", starve)
    with pytest.raises(OutOfMemoryError, match=rf"out of memory \({shown}\)$"):
        built.run()
    assert list_runs(built.warehouse.root, at_most=1)[0].status == "failed"


def test_every_run_leaves_a_record(built: Archive) -> None:
    shutil.rmtree(built.raw)
    with pytest.raises(PipelineError, match="expected a readable folder"):
        built.run()
    failed, published = list_runs(built.warehouse.root, at_most=9)
    assert (published.status, published.snapshot) == ("published", 1)
    assert (failed.status, failed.snapshot) == ("failed", None)
    assert "No such file or directory" in str(failed.message)


def test_a_damaged_parent_stops_a_build_and_a_full_build_repairs_it(built: Archive) -> None:
    before = built.hashes()
    built.snapshot.list_files("images")["2024-03"].unlink()
    with pytest.raises(DamagedError, match="No such file"):
        built.run()
    built.run(full=True)
    assert built.hashes() == before


def test_a_record_says_which_files_changed_and_how_long_each_step_took(built: Archive) -> None:
    built.write("_news/d.md", post(APRIL))
    built.delete("_news/a.md")
    record = built.run()
    assert record.names == {"new": ["_news/d.md"], "deleted": ["_news/a.md"]}
    assert record.rules == {
        "articles title is_not_null": 1,
        "documents is_closed": 1,
        "images images article_is_valid": 1,
        "related_links related article_is_valid": 1,
    }
    assert list(record.steps) == ["ingest", "rebuild", "conclude", "audit", "publish"]
    assert record.host
    assert re.fullmatch(r"[0-9.]+\+[0-9a-f]{8}", str(record.version))
