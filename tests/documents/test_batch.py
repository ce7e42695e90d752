"""A batch of raw files becomes rows of documents."""

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.batch import parse_batch
from pipelines.documents.parsed import Batch, ToParse
from pipelines.sources.folder import Folder
from schemas.documents import ARCHIVE
from tests.conftest import post

DATES = {"a": "2024-03-01", "b": "2023-01-31", "c": None, "d": "2024-03-02"}


def batch_of(folder: Path, *names: str) -> Batch:
    """All these files of `folder`. Their documents go to out/7.arrow."""
    files = [ToParse(name, None) for name in names]
    return Batch(Folder(folder), ARCHIVE, files, folder / "out" / "7.arrow")


def test_the_documents_of_a_batch_are_in_one_file_by_month(tmp_path: Path) -> None:
    for name, date in DATES.items():
        (tmp_path / name).write_text(post({"publishedDateTime": date}), encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, *DATES))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["7.arrow"]
    found: dict[tuple[int, int], list[str]] = {}
    for document in parsed.documents:
        assert document.published == DATES[document.source_path]
        path, start, end = document.piece
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            rows = pa.Table.from_batches(map(reader.get_batch, range(start, end)))
        found[start, end] = rows["source_path"].to_pylist()
        assert document.source_path in found[start, end]
    assert sorted(found.values()) == [["a", "d"], ["b"], ["c"]]


def test_a_batch_without_documents_has_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no fence", encoding="utf-8")
    parsed = parse_batch(batch_of(tmp_path, "a"))
    assert (parsed.documents, (tmp_path / "out").exists()) == ([], False)
