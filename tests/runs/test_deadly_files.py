"""A file that kills its workers, perhaps for want of memory, is tried again in every build."""

import multiprocessing
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.reports.status import describe_status
from pipelines.sources.folder import Folder
from pipelines.sources.source import RawContent
from tests.conftest import Archive, post

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class DeadlyFolder(Folder):
    """A folder in which deadly.md kills every worker while there is no file `memory` beside it.

    `readers` beside it gets a line for each process that reads deadly.md.
    """

    def read(self, source_path: str) -> RawContent:
        if source_path == "deadly.md":
            with self.root.with_name("readers").open("a") as file:
                file.write(f"{os.getpid()}\n")
            if multiprocessing.parent_process() and not self.root.with_name("memory").exists():
                os.kill(os.getpid(), signal.SIGKILL)
        return super().read(source_path)


@pytest.fixture
def deadly(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive that was built while deadly.md killed every worker."""
    monkeypatch.setattr(
        "pipelines.runs.archives.open_source", lambda path: DeadlyFolder(Path(path))
    )
    archive.write("a.md", post())
    archive.write("deadly.md", post())
    archive.age()
    with monkeypatch.context() as patch:
        # A first build of so little would do without workers.
        patch.setattr("pipelines.runs.steps.SMALL_BYTES", 0)
        archive.run()
    assert archive.statuses() == {"a.md": "loaded", "deadly.md": "rejected"}
    assert archive.findings("source_path", "rule") == [("deadly.md", "is_parsable")]
    readers(archive).unlink()
    return archive


def readers(archive: Archive) -> Path:
    return archive.raw.with_name("readers")


def test_a_deadly_file_is_loaded_by_the_next_build_though_nothing_changed(deadly: Archive) -> None:
    deadly.raw.with_name("memory").touch()
    record = deadly.run()
    assert (record.status, record.changes["changed"]) == ("published", 1)
    assert deadly.statuses() == {"a.md": "loaded", "deadly.md": "loaded"}
    assert deadly.findings("source_path") == []
    assert deadly.hashes() == deadly.hashes_from_nothing()
    readers(deadly).unlink()
    assert deadly.run().status == "unchanged"
    assert not readers(deadly).exists()


@pytest.mark.parametrize("full", [False, True])
def test_a_build_tries_a_deadly_file_again_in_a_worker(deadly: Archive, full: bool) -> None:
    assert deadly.run(full=full).status == "unchanged"
    first, *_ = readers(deadly).read_text().split()
    assert int(first) != os.getpid()
    assert deadly.findings("source_path", "rule") == [("deadly.md", "is_parsable")]


def test_a_deadly_file_counts_as_one_to_be_read_again(deadly: Archive) -> None:
    status = describe_status(deadly.warehouse, deadly.snapshot)["raw"]
    assert (status["new"], status["to_be_read_again"]) == (0, 1)
