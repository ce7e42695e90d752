"""A batch of raw files becomes rows of documents."""

import pickle
import select
import subprocess
import sys
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pytest

from pipelines.documents.batch import parse_batch
from pipelines.documents.parsed import Batch, ToParse
from pipelines.mapping.built_in import EVERYDAY
from pipelines.sources.folder import Folder
from pipelines.values.ids import identify
from schemas.documents import ARCHIVE
from tests.conftest import post, read_parsed

DATES = {"a": "2024-03-01", "b": "2023-01-31", "c": None, "d": "2024-03-02"}


def batch_of(folder: Path, *names: str) -> Batch:
    """All these files of `folder`. What becomes of them is written into out/."""
    files = [ToParse(name, None) for name in names]
    return Batch(Folder(folder), ARCHIVE, EVERYDAY, files, folder / "out")


def test_the_documents_of_a_batch_are_in_order_of_months_and_ids(tmp_path: Path) -> None:
    for name, date in DATES.items():
        (tmp_path / name).write_text(post({"publishedDateTime": date}), encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, *DATES))
    assert parsed.documents
    with pa.memory_map(str(parsed.documents)) as file:
        paths = pa.ipc.open_file(file).read_all()["source_path"].to_pylist()
    by_id = sorted(("a", "d"), key=identify)
    assert paths == ["c", "b", *by_id]
    # The ledger has the same order, since it says which row is which document.
    with pa.memory_map(str(parsed.ledger)) as file:
        ledger = pa.ipc.open_file(file).read_all()
    assert ledger["source_path"].to_pylist() == paths
    assert ledger["published"].to_pylist() == [DATES[path] for path in paths]


def test_a_batch_without_documents_has_no_file_of_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no fence", encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, "a"))
    assert (parsed.documents, parsed.findings) == (None, None)
    assert list((tmp_path / "out").iterdir()) == [parsed.ledger]


def test_a_batch_that_runs_twice_writes_each_file_once_more(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(post(), encoding="utf-8")
    batch = batch_of(tmp_path, "a")
    first, second = parse_batch(batch), parse_batch(batch)
    names = [{each for each in parsed if isinstance(each, Path)} for parsed in (first, second)]
    assert not names[0] & names[1]
    assert read_parsed([first]) == read_parsed([second])
    assert all(path.name.startswith(".") for path in (tmp_path / "out").iterdir())


def test_an_outcome_is_a_message_that_cannot_be_cut_in_two(tmp_path: Path) -> None:
    for number in range(1_000):
        (tmp_path / f"{number}.md").write_text(post(), encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, *(f"{number}.md" for number in range(1_000))))
    assert len(pickle.dumps(parsed)) < select.PIPE_BUF / 2


def test_a_file_that_is_too_large_is_rejected_whatever_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "---\ntitle: A\nrelated:\n  - webUrl: /r\n---\n" + "x" * 2_000
    (tmp_path / "a").write_text(text, encoding="utf-8")
    assert read_parsed([parse_batch(batch_of(tmp_path, "a"))]).documents
    for module in ("documents.batch", "sources.folder"):
        monkeypatch.setattr(f"pipelines.{module}.MAX_FILE_BYTES", 1_000)
    parsed = read_parsed([parse_batch(batch_of(tmp_path, "a"))])
    assert [finding["rule"] for finding in parsed.findings] == ["is_within_size"]
    assert parsed.documents == []


POSTS = {
    "yaml": "---\ntitle: A\nheat: 1_0\nrelated:\n- webUrl: /r\n---\nbody",
    "toml": "+++\ntitle = 'A'\nheat = 1_0\n[[related]]\nwebUrl = '/r'\n+++\nbody",
    "json": '{"title": "A", "heat": "1_0", "related": [{"webUrl": "/r"}]}\nbody',
}


@pytest.mark.parametrize("use_rapidyaml", [True, False])
def test_every_language_becomes_the_same_json(tmp_path: Path, use_rapidyaml: bool) -> None:
    for name, text in POSTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, *POSTS), use_rapidyaml=use_rapidyaml)
    documents = read_parsed([parsed]).documents
    assert {row["source_path"]: row["format"] for row in documents} == {
        name: name for name in POSTS
    }
    assert {(row["front_matter"], *row["related"], row["body"]) for row in documents} == {
        ('{"title":"A","heat":"1_0"}', '{"webUrl":"/r"}', "body")
    }


@pytest.mark.parametrize("use_rapidyaml", [True, False])
def test_a_fence_further_down_is_a_warning(tmp_path: Path, use_rapidyaml: bool) -> None:
    for name, text in POSTS.items():
        (tmp_path / name).write_text(f"\n\n{text}", encoding="utf-8")
    parsed = read_parsed([parse_batch(batch_of(tmp_path, *POSTS), use_rapidyaml=use_rapidyaml)])
    assert {row["status"] for row in parsed.ledger} == {"loaded"}
    found = [(row["severity"], row["line"], row["rule"], row["message"]) for row in parsed.findings]
    message = "found front matter after blank lines or a comment, expected it in the first line"
    assert found == [("warning", 3, "begins_with_fence", message)] * 3


def test_the_parsers_of_other_languages_load_only_where_they_are_needed(tmp_path: Path) -> None:
    (tmp_path / "yaml").write_text(POSTS["yaml"], encoding="utf-8")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipelines.documents.batch import parse_batch\n"
        "from tests.documents.test_batch import batch_of\n"
        "before = set(sys.modules)\n"
        "parse_batch(batch_of(Path(sys.argv[1]), 'yaml'))\n"
        "print(*set(sys.modules) - before)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    loaded = process.stdout.split()
    assert "pipelines.documents.simple_yaml" in loaded
    assert not {"pipelines.documents.toml_front", "pipelines.documents.json_front"} & {*loaded}
