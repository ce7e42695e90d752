"""A task may run twice at once, as when its worker is given up but lives on."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pipelines.processes.workers import Workers
from pipelines.runs.run import run_job
from pipelines.warehouse.damage import list_damages
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, post, split_finely

BUILDS = 20

T = TypeVar("T")


class Twice(Executor):
    """Gives every task to two workers at once, and takes the answer that comes first."""

    def __init__(self) -> None:
        self.workers = Workers(2)
        self.tasks = 0
        self._lock = threading.Lock()

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        self.tasks += 1
        answer: Future[T] = Future()

        def take(found: Future[T]) -> None:
            with self._lock:
                if not answer.done():
                    answer.set_result(found.result())

        for _ in range(2):
            self.workers.submit(call, *args, **kwargs).add_done_callback(take)
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """The second attempts of a step go on while the next step works."""


@pytest.mark.slow
def test_builds_whose_every_task_runs_twice_at_once_are_all_the_same(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        month = (MARCH, APRIL, {"publishedDateTime": "2024-05-05"})[number % 3]
        archive.write(f"{number}.md", post(month | CHILDREN | {"heat": str(number)}))
    archive.write("bad.md", post(MARCH | {"title": None}))
    archive.write("broken.md", "---\ntitle: x\n")
    split_finely(monkeypatch, large_bytes=0, batch_files=8)
    monkeypatch.setattr("pipelines.values.parts.PART_BYTES", 1_000)
    expected = archive.hashes_from_nothing()
    twice = Twice()
    with twice.workers:
        for number in range(BUILDS):
            fresh = Archive(tmp_path / str(number), raw=archive.raw)
            run_job(fresh.job(), workers=twice)  # type: ignore[arg-type]
            assert fresh.hashes() == expected
            assert list_damages(fresh.snapshot.folder) == []
    # Batches and groups: there is more than one task in each build.
    assert twice.tasks >= 10 * BUILDS
