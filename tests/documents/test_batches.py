"""Every batch comes back whole, whatever happens to the worker that parses it."""

import os
import signal
from collections.abc import Iterator

import pytest

from pipelines.documents.batches import Parse, finish_batches, parse, split_batches, start_batches
from pipelines.documents.parsed import Batch, Parsed
from pipelines.errors import PipelineError
from pipelines.mapping.built_in import EVERYDAY
from pipelines.processes.workers import Workers
from pipelines.sources.folder import Folder
from schemas.documents import ARCHIVE
from tests.conftest import Archive, ParsedRows, post, read_parsed

pytestmark = pytest.mark.slow


def die_of_rapidyaml(batch: Batch, *, use_rapidyaml: bool) -> Parsed:
    """Parse, unless rapidyaml meets the one file that kills it."""
    if use_rapidyaml and any("deadly" in file.source_path for file in batch.files):
        os.kill(os.getpid(), signal.SIGSEGV)
    return parse(batch, use_rapidyaml=use_rapidyaml)


def die_of_both_parsers(batch: Batch, *, use_rapidyaml: bool) -> Parsed:  # noqa: ARG001
    """Parse, unless a batch has the one file that kills libyaml too."""
    return die_of_rapidyaml(batch, use_rapidyaml=True)


def die_of_nothing(batch: Batch, *, use_rapidyaml: bool) -> Parsed:  # noqa: ARG001
    """Die in any case, like a worker that cannot even start."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def die_once(batch: Batch, *, use_rapidyaml: bool) -> Parsed:
    """Parse, except for the first time, when somebody kills the worker."""
    died = batch.folder / "died"
    if not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(batch, use_rapidyaml=use_rapidyaml)


@pytest.fixture
def suspects(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, None]]:
    """Four good posts in two batches. One of them can kill a parser."""
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 2)
    names = ["a.md", "b.md", "deadly.md", "z.md"]
    for name in names:
        archive.write(name, post())
    return [(name, 1, None) for name in names]


def split(archive: Archive, suspects: list[tuple[str, int, None]]) -> Iterator[Batch]:
    return split_batches(Folder(archive.raw), ARCHIVE, EVERYDAY, suspects, archive.raw.parent)


def parse_all(archive: Archive, suspects: list[tuple[str, int, None]], parse: Parse) -> ParsedRows:
    with Workers(2) as workers:
        promises = start_batches(split(archive, suspects), workers, parse)
        return read_parsed(
            each for finished in finish_batches(promises) for each in finished.parsed
        )


def test_the_files_of_a_worker_that_dies_are_parsed_again(
    archive: Archive, suspects: list[tuple[str, int, None]], caplog: pytest.LogCaptureFixture
) -> None:
    parsed = parse_all(archive, suspects, die_of_rapidyaml)
    loaded = {file["source_path"] for file in parsed.ledger if file["status"] == "loaded"}
    assert loaded == {"a.md", "b.md", "deadly.md", "z.md"}
    assert parsed.findings == []
    assert "'deadly.md': a worker died of it" in caplog.text


def test_only_one_batch_is_parsed_alone_after_a_worker_is_killed(
    archive: Archive,
    suspects: list[tuple[str, int, None]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 1)
    parsed = parse_all(archive, suspects, die_once)
    assert [file["status"] for file in parsed.ledger] == ["loaded"] * 4
    assert len(caplog.records) == 1


def test_a_file_that_kills_every_parser_is_rejected_and_named(
    archive: Archive, suspects: list[tuple[str, int, None]]
) -> None:
    parsed = parse_all(archive, suspects, die_of_both_parsers)
    assert {file["source_path"]: file["status"] for file in parsed.ledger} == {
        "a.md": "loaded",
        "b.md": "loaded",
        "deadly.md": "rejected",
        "z.md": "loaded",
    }
    [finding] = parsed.findings
    assert (finding["source_path"], finding["rule"], finding["message"]) == (
        "deadly.md",
        "is_parsable",
        "it crashed the parser, expected a file that can be parsed",
    )
    # Without a hash, the next run does not know the file, and tries again.
    [row] = [file for file in parsed.ledger if file["status"] == "rejected"]
    assert row["size_bytes"]
    assert row["content_sha256"] is None


def test_no_file_is_blamed_if_workers_die_without_one(
    archive: Archive, suspects: list[tuple[str, int, None]]
) -> None:
    with pytest.raises(PipelineError, match="workers crash before reading any file"):
        parse_all(archive, suspects[:1], die_of_nothing)


def test_this_process_parses_batches_that_no_executor_takes(archive: Archive) -> None:
    archive.write("a.md", post())
    promises = start_batches(split(archive, [("a.md", 100, None)]), None)
    [(parsed, files)] = finish_batches(promises)
    assert files == 1
    assert [file["status"] for file in read_parsed(parsed).ledger] == ["loaded"]


def test_workers_have_only_so_many_batches_at_once(
    archive: Archive, suspects: list[tuple[str, int, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 1)
    monkeypatch.setattr("pipelines.documents.batches.STARTED_BATCHES", 2)
    batches = split(archive, suspects)
    with Workers(1) as workers:
        promises = start_batches(batches, workers)
        assert [file.source_path for file in next(batches).files] == ["deadly.md"]
        parsed = [each for finished in finish_batches(promises) for each in finished.parsed]
    assert [file["source_path"] for file in read_parsed(parsed).ledger] == ["a.md", "b.md", "z.md"]


def test_files_are_split_into_batches(
    archive: Archive, suspects: list[tuple[str, int, None]]
) -> None:
    first, second = split(archive, suspects)
    assert [file.source_path for file in first.files] == ["a.md", "b.md"]
    assert [file.source_path for file in second.files] == ["deadly.md", "z.md"]
