"""Batches come back whole, whatever becomes of the worker that parses them."""

import math
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.documents.batches import Parse, finish_batches, parse, start_batches
from pipelines.documents.parsed import Parsed, ToParse
from pipelines.errors import PipelineError
from pipelines.processes.workers import Workers, call_each
from tests.conftest import Archive, post


def die_of_quick(
    root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
) -> Parsed:
    """A quick parser that one file kills."""
    if is_quick and any("deadly" in file.source_path for file in batch):
        os.kill(os.getpid(), signal.SIGSEGV)
    return parse(root, batch, folder, name, is_quick=is_quick)


def die_of_both(
    root: Path,
    batch: Sequence[ToParse],
    folder: Path,
    name: str,
    *,
    is_quick: bool,  # noqa: ARG001
) -> Parsed:
    """A file that kills libyaml as well."""
    return die_of_quick(root, batch, folder, name, is_quick=True)


def die_of_nothing(
    root: Path,  # noqa: ARG001
    batch: Sequence[ToParse],  # noqa: ARG001
    folder: Path,  # noqa: ARG001
    name: str,  # noqa: ARG001
    *,
    is_quick: bool,  # noqa: ARG001
) -> Parsed:
    """A worker that cannot even start, as it seems."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def die_once(
    root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
) -> Parsed:
    """A worker that somebody kills."""
    died = root / "died"
    if not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(root, batch, folder, name, is_quick=is_quick)


def die_in_a_worker(number: int) -> int:
    """Something that no worker survives at its second call."""
    if number == 2 and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * 10


@pytest.fixture
def suspects(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, None]]:
    """Four good posts in two batches, of which one can kill; too many to be parsed at home."""
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 2)
    monkeypatch.setattr("pipelines.documents.batches.SMALL_BYTES", 0)
    names = ["a.md", "b.md", "deadly.md", "z.md"]
    for name in names:
        archive.write(name, post())
    return [(name, 1, None) for name in names]


def parse_all(archive: Archive, suspects: list[tuple[str, int, None]], parse: Parse) -> Parsed:
    whole = Parsed([], [], [], [])
    with Workers(2) as workers:
        batches = start_batches(archive.raw, suspects, archive.raw.parent, workers, parse)
        for parsed in finish_batches(batches, workers):
            whole.extend(parsed)
    return whole


def test_the_files_of_a_worker_that_dies_are_parsed_again(
    archive: Archive, suspects: list[tuple[str, int, None]], caplog: pytest.LogCaptureFixture
) -> None:
    parsed = parse_all(archive, suspects, die_of_quick)
    loaded = {file["source_path"] for file in parsed.files if file["status"] == "loaded"}
    assert loaded == {"a.md", "b.md", "deadly.md", "z.md"}
    assert parsed.findings == []
    assert "'deadly.md': a worker died of it" in caplog.text


def test_a_worker_that_is_killed_costs_one_batch_a_process_of_its_own(
    archive: Archive,
    suspects: list[tuple[str, int, None]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 1)
    parsed = parse_all(archive, suspects, die_once)
    assert [file["status"] for file in parsed.files] == ["loaded"] * 4
    assert len(caplog.records) == 1


def test_a_file_that_kills_every_parser_is_rejected_and_named(
    archive: Archive, suspects: list[tuple[str, int, None]]
) -> None:
    parsed = parse_all(archive, suspects, die_of_both)
    assert {file["source_path"]: file["status"] for file in parsed.files} == {
        "a.md": "loaded",
        "b.md": "loaded",
        "deadly.md": "rejected",
        "z.md": "loaded",
    }
    [finding] = parsed.findings
    assert (finding["source_path"], finding["rule"], finding["message"]) == (
        "deadly.md",
        "is_parsable",
        "its parser died of it, expected a file that can be parsed",
    )
    # So that it is not tried again as long as it is the same.
    [row] = [file for file in parsed.files if file["status"] == "rejected"]
    assert row["content_sha256"]


def test_no_file_is_blamed_where_workers_die_without_one(
    archive: Archive, suspects: list[tuple[str, int, None]]
) -> None:
    with pytest.raises(PipelineError, match="workers crash before reading any file"):
        parse_all(archive, suspects[:1], die_of_nothing)


def test_what_a_worker_dies_of_is_done_without_one(caplog: pytest.LogCaptureFixture) -> None:
    with Workers(1) as workers:
        assert list(call_each(die_in_a_worker, [1, 2, 3], workers)) == [10, 20, 30]
        assert "a worker died" in caplog.text
        workers.shutdown()
        assert list(call_each(math.factorial, [3, 4], workers)) == [6, 24]


def test_others_take_over_from_a_worker_that_died() -> None:
    with Workers(1) as workers:
        with pytest.raises(BrokenExecutor):
            workers.submit(die_in_a_worker, 2).result()
        assert workers.submit(math.factorial, 3).result() == 6


def test_nothing_that_waits_is_begun_after_a_failure() -> None:
    begun = []

    def fail(number: int) -> None:
        begun.append(number)
        time.sleep(0.05)
        raise ValueError(number)

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="0"):
        list(call_each(fail, range(10), executor))
    assert len(begun) < 5


def test_workers_leave_an_interrupt_to_their_parent() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Workers(2) as workers:
        found = [workers.submit(signal.getsignal, signal.SIGINT) for _ in range(4)]
        assert {each.result() for each in found} == {signal.SIG_IGN}
    assert signal.getsignal(signal.SIGINT) is before


def test_little_is_parsed_without_a_worker(archive: Archive) -> None:
    archive.write("a.md", post())
    with Workers(2) as workers:
        batches = start_batches(archive.raw, [("a.md", 100, None)], archive.raw.parent, workers)
        [parsed] = finish_batches(batches, workers)
    assert [batch.promise for batch in batches] == [None]
    assert [file["status"] for file in parsed.files] == ["loaded"]
