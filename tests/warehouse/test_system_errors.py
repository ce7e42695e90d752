"""Errors of the system: the message says what failed, where, how much is missing, and as whom."""

import errno
import getpass
import os
from pathlib import Path
from typing import NoReturn

import pytest

from pipelines.errors import DiskFullError, NotWritableError
from pipelines.reports.advice import advise
from pipelines.runs.maintenance import prune_warehouse
from pipelines.warehouse import space
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.retention import Retention
from pipelines.warehouse.runs import RESERVE_NAME, RunRecord, list_runs
from pipelines.warehouse.space import Space, count_freed, is_disk_full, render_bytes
from pipelines.warehouse.system_errors import explain_system_error
from tests.conftest import Archive, post

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def published(archive: Archive) -> Archive:
    """Two snapshots, which differ in one article."""
    for heat in range(2):
        archive.write("a.md", post({"heat": str(heat)}))
        archive.run()
    return archive


@pytest.fixture(autouse=True)
def _small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pipelines.warehouse.system_errors.measure_space", lambda _: Space(2_000, 4_000_000)
    )


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"),
        OSError("No space left on device (os error 28)"),
    ],
    ids=["the disk", "a quota", "arrow", "polars"],
)
def test_a_full_disk_is_recognized_however_it_is_said(error: OSError, tmp_path: Path) -> None:
    assert is_disk_full(error)
    assert isinstance(explain_system_error(error, tmp_path), DiskFullError)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "x"), OSError("os error 280"), OSError()])
def test_other_errors_are_no_full_disk(error: OSError) -> None:
    assert not is_disk_full(error)


def test_a_run_that_fills_the_disk_says_how_much_is_free_and_needed(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        staging = published.warehouse.root / "staging"
        (staging / "written").write_bytes(os.urandom(1_048_576))
        raise FULL

    published.write("a.md", post({"heat": "9"}))
    monkeypatch.setattr("pipelines.warehouse.draft.find_damage", refuse)
    with pytest.raises(DiskFullError) as error:
        published.run()
    message = str(error.value)
    assert "No space left on device: 2.0 kB of 4.0 MB are free; the run needs more than " in message
    assert "of which it had written 1.1 MB" in message
    assert list_runs(published.warehouse.root, 1)[0].message == message


def test_a_full_disk_names_what_prune_would_free(published: Archive) -> None:
    advice = str(advise(explain_system_error(FULL, published.warehouse.root)))
    assert "kB with `matterhouse prune --keep 1 --days 0 --warehouse" in advice
    assert "which removes 1 old snapshot" in advice
    prune_warehouse(published.warehouse.root, Retention(keep=1, days=0), 0)
    advice = str(advise(explain_system_error(FULL, published.warehouse.root)))
    assert advice == "make room on that disk"


def test_without_a_written_byte_the_last_publish_says_what_a_run_takes(published: Archive) -> None:
    message = str(explain_system_error(FULL, published.warehouse.root))
    assert "; the last publish took " in message


def test_only_files_that_nobody_shares_are_freed(published: Archive) -> None:
    first, second = (published.warehouse.snapshot(number).folder for number in (1, 2))
    freed = count_freed([first], [second])
    sizes = {path: path.stat().st_blocks * 512 for path in first.rglob("*") if path.is_file()}
    shared = {path for path in sizes if path.stat().st_nlink > 1}
    assert shared
    assert freed == sum(size for path, size in sizes.items() if path not in shared)


def test_a_run_on_a_full_disk_leaves_its_record_in_the_place_of_the_reserve(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = published.warehouse.root / "runs" / RESERVE_NAME
    assert reserve.stat().st_size == 64 * 1024
    put = RunRecord._put

    def put_if_there_is_room(record: RunRecord, folder: Path, draft: str) -> None:
        if reserve.exists():
            raise FULL
        put(record, folder, draft)

    monkeypatch.setattr(RunRecord, "_put", put_if_there_is_room)
    with (
        pytest.raises(DiskFullError),
        record_run(published.warehouse.root, "build", "local", {}, 0),
    ):
        raise FULL
    assert list_runs(published.warehouse.root, 1)[0].status == "failed"
    monkeypatch.undo()
    published.write("a.md", post({"heat": "9"}))
    published.run()
    assert reserve.exists()


def test_a_refused_permission_says_as_whom_the_run_goes_and_whose_the_folder_is(
    published: Archive,
) -> None:
    staging = published.warehouse.root / "staging"
    refused = PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(staging / "new"))
    explained = explain_system_error(refused, published.warehouse.root)
    assert isinstance(explained, NotWritableError)
    me = getpass.getuser()
    message = str(explained)
    assert message.startswith(f"{staging / 'new'}: Permission denied; this runs as {me}, and ")
    assert f" belongs to {me}:" in message
    assert message.endswith(", drwxr-xr-x")
    assert "`sudo chown -R`" in str(advise(explained))


def test_a_user_without_a_name_is_shown_by_number(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 987_654)
    refused = PermissionError(errno.EPERM, "no", str(published.warehouse.root))
    explained = explain_system_error(refused, published.warehouse.root)
    assert "this runs as user 987654, and " in str(explained)


def test_a_run_that_is_cancelled_by_its_engine_was_interrupted(archive: Archive) -> None:
    class Terminated(BaseException):
        """As Prefect raises when it cancels a run."""

    with pytest.raises(Terminated), record_run(archive.warehouse.root, "build", "local", {}, 0):
        raise Terminated
    assert list_runs(archive.warehouse.root, 1)[0].message == "interrupted"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (3_140_000, "3.1 MB"),
     (2 * 10**9, "2.0 GB"), (5 * 10**15, "5,000.0 TB")],
)  # fmt: skip
def test_bytes_are_shown_for_people(count: int, text: str) -> None:
    assert render_bytes(count) == text


def test_the_space_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    assert space.measure_space(tmp_path / "a" / "b").total == space.measure_space(tmp_path).total
