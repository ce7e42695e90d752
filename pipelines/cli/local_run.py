"""A run in this process, without Prefect."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.documents.batches import load_parsers
from pipelines.processes.workers import Workers
from pipelines.runs.job import Job

if TYPE_CHECKING:
    from pipelines.warehouse.runs import RunRecord


def run_here(job: Job) -> "RunRecord":
    """Do `job`, with progress on the terminal."""
    with terminable(), Workers(job.jobs) as workers:
        if job.parses_all:
            # They start while this process loads the rest.
            workers.warm_up(load_parsers)
        from pipelines.cli.console import show_progress
        from pipelines.reports.catalog.publishing import publish_page
        from pipelines.runs.run import run_job

        with show_progress() as on_progress:
            record = run_job(job, on_progress=on_progress, workers=workers)
        publish_page(job, record)
        return record


@contextmanager
def terminable() -> Iterator[None]:
    """Handle SIGTERM, which schedulers send, like Ctrl-C: end the workers, empty staging."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
