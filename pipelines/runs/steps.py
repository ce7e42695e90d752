"""The steps of a run: plain functions, whatever engine calls them.

They decide what is to be done. What does it is imported only where there is something to do, so
that a run in which nothing changed loads neither pandera nor the code of the tables.
"""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from pipelines.changes.ledger import compare_listing, list_lost
from pipelines.changes.staleness import (
    is_ingest_current,
    list_gone,
    list_inputs,
    list_outdated,
    list_stale,
)
from pipelines.documents.batches import start_batches
from pipelines.errors import PipelineError, RawError, RefusedError
from pipelines.runs.guards import list_objections
from pipelines.runs.job import Job
from pipelines.runs.work import Work
from pipelines.sources.folder import list_files
from pipelines.warehouse.warehouse import Warehouse


def ingest(work: Work, executor: Executor) -> None:
    """Parse the raw files that changed; their documents wait for `rebuild`.

    Args:
        work: The work of the run.
        executor: Parses batches of files.

    Raises:
        RawError: raw/ cannot be listed, or nothing in it is included.
    """
    is_trusted = is_ingest_current(work.draft.tables)
    started_ns = time.time_ns()
    files = list_files(work.raw, work.include, known_ns=work.listing.listed_ns)
    if work.include is not None and not files:
        raise RawError(f"{work.raw}: no file matches {work.include!r}, expected some to look at")
    comparison = compare_listing(files, work.files, is_trusted=is_trusted)
    if comparison.suspects.height or comparison.gone.height or comparison.unopened.height:
        suspects = comparison.suspects.rows()
        batches = start_batches(work.raw, suspects, work.workers_folder, executor)
        # Loading takes its time, so the workers were given their work before it.
        from pipelines.runs.ingest import ingest_files

        if batches and batches[0].promise:
            # Needed only later, but as long as the workers parse, to load it costs nothing.
            import pipelines.runs.conclude
            import pipelines.runs.rebuild  # noqa: F401

        ingest_files(work, comparison, batches, executor)
    work.listing = replace(work.listing, listed_ns=started_ns)
    work.is_ingested = True


def rebuild(work: Work, tables: Sequence[str], forced: Collection[str], executor: Executor) -> None:
    """Write the documents that were ingested, and make anew what of `tables` is stale.

    Args:
        work: The work of the run.
        tables: Those to be made anew, parents first.
        forced: The months of which the first of them is made anew, stale or not.
        executor: Takes groups of months, where there are many.

    Raises:
        PipelineError: There are no documents of one of the months.
    """
    records = work.draft.tables
    inputs = list_inputs(records, tables[0])
    if unknown := sorted(set(forced) - inputs.keys()):
        raise PipelineError(
            f"{tables[0]}: found no documents of {', '.join(unknown)}, expected months among "
            f"{', '.join(sorted(inputs)) or 'none'}"
        )
    if work.changed_months or forced or any(list_stale(records, table) for table in tables):
        from pipelines.runs.rebuild import rebuild_months

        rebuild_months(work, tables, forced, executor)
    for table in tables:
        for month in list_gone(records, table):
            work.draft.drop(table, month)


def conclude(work: Work) -> None:
    """Write the tables that hang on all others: findings, with their lines, and files."""
    if work.is_changed or any(list_outdated(work.draft.tables).values()):
        from pipelines.runs.conclude import conclude_work

        conclude_work(work)


def audit(work: Work, job: Job) -> None:
    """Judge the state to be published.

    Raises:
        RefusedError: A guard rail objects.
    """
    # A post that lost its fence is no less lost than one that is gone.
    lost = list_lost(work.before, work.files)
    errors = work.findings.filter(severity="error").height
    # A state that is the parent's again is not staged.
    look = job.look(is_staged=work.is_changed)
    objections = list_objections(work.before, work.files, lost, errors, job, look)
    if objections:
        raise RefusedError("; ".join(objections))


def publish(warehouse: Warehouse, work: Work, number: int) -> None:
    """Make the sealed state the current snapshot, under `number`."""
    warehouse.publish(number, work.draft.folder)
