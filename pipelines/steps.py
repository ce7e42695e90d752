"""The steps of a run: plain functions, whatever engine calls them.

They decide what is to be done. What does it is imported only where there is something to do, so
that a run in which nothing changed loads neither pandera nor the code of the tables.
"""

import time
from collections.abc import Collection
from concurrent.futures import Executor

from pipelines.errors import PipelineError, RefusedError
from pipelines.guards import Limits, list_objections
from pipelines.ledger import compare_listing, count_changes, frame_listing
from pipelines.raw import list_files
from pipelines.staleness import is_ingest_current, list_gone, list_inputs, list_stale
from pipelines.warehouse import Warehouse
from pipelines.work import Work


def ingest(work: Work, include: str | None, executor: Executor | None) -> None:
    """Bring documents, their findings and the ledger up to date with raw/.

    Args:
        work: The work of the run.
        include: A glob over the source path; other files count as not there.
        executor: Parses batches of files; null parses them in this process.

    Raises:
        RawError: raw/ cannot be listed.
    """
    is_trusted = is_ingest_current(work.draft.tables)
    started_ns = time.time_ns()
    listing = frame_listing(list_files(work.raw, include))
    comparison = compare_listing(listing, work.files, work.listed_ns, is_trusted=is_trusted)
    if comparison.suspects.height or comparison.gone.height or comparison.unopened.height:
        from pipelines.ingest import ingest_files

        ingest_files(work, comparison, executor)
    work.listed_ns = started_ns


def rebuild(work: Work, table: str, months: Collection[str] | None = None) -> None:
    """Make `table` anew where it is stale, or in the given months, stale or not.

    Raises:
        PipelineError: There are no documents of one of the months.
    """
    tables = work.draft.tables
    wanted = list_stale(tables, table)
    if months is not None:
        inputs = list_inputs(tables, table)
        if unknown := sorted(set(months) - inputs.keys()):
            raise PipelineError(
                f"{table}: found no documents of {', '.join(unknown)}, expected months among "
                f"{', '.join(sorted(inputs)) or 'none'}"
            )
        wanted = {month: inputs[month] for month in months}
    gone = list_gone(tables, table)
    if wanted or gone:
        from pipelines.rebuild import rebuild_months

        rebuild_months(work, table, wanted, gone)


def conclude(work: Work) -> None:
    """Write the tables that hang on all others: findings, with their lines, and files."""
    if work.is_changed:
        from pipelines.conclude import conclude_work

        conclude_work(work)


def audit(work: Work, limits: Limits) -> None:
    """Judge the state to be published.

    Raises:
        RefusedError: A guard rail objects.
    """
    changes = count_changes(work.before, work.files)
    errors = work.findings.filter(severity="error").height
    # A state that is the parent's again is not staged.
    look = "matterhouse rejects --staged" if work.is_changed else "matterhouse rejects"
    # A post that lost its fence is no less lost than one that is gone.
    lost = changes["deleted"] + changes["newly ignored"]
    objections = list_objections(work.before, work.files, lost, errors, limits, look)
    if objections:
        raise RefusedError("; ".join(objections))


def publish(warehouse: Warehouse, work: Work, number: int) -> None:
    """Make the sealed state the current snapshot, under `number`."""
    warehouse.publish(number, work.draft.folder)
