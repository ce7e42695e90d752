"""A run: which steps it takes, in which order, under the lock."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import DERIVED_TABLES, list_inputs
from pipelines.commands import render_command
from pipelines.errors import (
    NewerFormatError,
    PipelineError,
    RawError,
    RefusedError,
    WarehouseError,
)
from pipelines.processes.workers import Workers
from pipelines.runs import steps
from pipelines.runs.job import Job
from pipelines.runs.parent import (
    check_parent,
    has_our_columns,
    open_parent,
    read_ledger,
    read_whole,
)
from pipelines.runs.summary import summarize_work
from pipelines.runs.work import OnProgress, Work, ignore_progress
from pipelines.sources.folder import check_root, identify_root
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.layout import DRAFT_NAME
from pipelines.warehouse.listing import NEVER_NS, Listing, note_listing, read_listing
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas import TABLE_NAMES
from schemas.language.months import UNKNOWN_MONTH

logger = logging.getLogger(__name__)


class Call(Protocol):
    """How an engine calls a step: at once, or as a task of its own."""

    def __call__(self, name: str, step: Callable[..., Any], /, *arguments: Any) -> Any: ...


def call_directly(_name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
    """The local engine: call the step here and now."""
    return step(*arguments)


def run_job(
    job: Job,
    engine: str = "local",
    call: Call = call_directly,
    on_progress: OnProgress = ignore_progress,
    workers: Workers | None = None,
) -> RunRecord:
    """Do `job` under the lock of its warehouse, and leave a record of it whatever happens.

    Raises:
        LockedError: Another run holds the lock.
        RefusedError: The guard rails refuse the new state; it stays in staging.
        PipelineError: The run could not be finished; nothing was published.
    """
    _check_folders(job)
    warehouse = Warehouse(job.warehouse)
    options = _describe_options(job)
    with (
        record_run(warehouse.root, job.name, engine, options, job.wait_seconds) as record,
        nullcontext(workers) if workers else Workers(job.jobs) as executor,
        _swept_if_failed(warehouse, executor),
    ):
        _run_steps(job, warehouse, record, call, on_progress, executor)
    return record


def _check_folders(job: Job) -> None:
    """Refuse what could only be a mistake before a folder is made for it."""
    try:
        str(job.warehouse).encode()
    except UnicodeEncodeError as error:
        raise WarehouseError(f"{str(job.warehouse)!r}: found a name that is no UTF-8") from error
    try:
        resolved = {folder: folder.resolve() for folder in (job.raw, job.warehouse)}
    except RuntimeError as error:
        # Before Python 3.13, links that lead in a circle.
        raise RawError(f"{error}, expected a folder") from error
    if job.warehouse.exists() and not job.warehouse.is_dir():
        raise WarehouseError(f"{job.warehouse}: found a file, expected a folder")
    for outer, inner in ((job.raw, job.warehouse), (job.warehouse, job.raw)):
        if resolved[inner].is_relative_to(resolved[outer]):
            raise RawError(f"{outer}: contains {inner}, expected two folders beside each other")
    if not job.warehouse.exists():
        if not job.reads_raw:
            raise _nothing_to_make_from(job)
        check_root(job.raw)


def _nothing_to_make_from(job: Job) -> WarehouseError:
    build = render_command("build", warehouse=job.warehouse, raw=job.raw)
    return WarehouseError(
        f"{job.warehouse}: nothing is published here, expected documents to make {job.name} "
        f"from: run `{build}` first"
    )


def _run_steps(
    job: Job,
    warehouse: Warehouse,
    record: RunRecord,
    call: Call,
    on_progress: OnProgress,
    executor: Executor,
) -> None:
    work = _begin_work(job, warehouse, on_progress)
    parent = work.draft.parent
    record.parent = parent.number if parent else None
    if job.reads_raw:
        call("ingest", steps.ingest, work, executor)
        # These keep the memory that parsing took, though what they parsed is on the disk: whatever
        # is left to do in workers, new ones do.
        executor.shutdown(wait=False)
    tables = _list_tables(job.name)
    forced = _list_months(job, work, tables[0])
    call("rebuild", steps.rebuild, work, tables, forced, executor)
    call("conclude", steps.conclude, work)
    summarize_work(work, record)
    is_changed = work.is_changed
    number = warehouse.next_number()
    if is_changed:
        # Before the audit, since a refused state is to be looked at.
        work.draft.seal(
            Manifest(
                snapshot=number,
                parent=record.parent,
                run_id=record.run_id,
                created_at=record.started_at,
                raw=str(work.raw),
                listed_ns=work.listing.listed_ns,
                raw_id=work.listing.raw_id,
                include=work.include,
            )
        )
    call("audit", steps.audit, work, job)
    if is_changed and job.is_dry:
        # What was only tried stays in staging, as what was refused does, to be looked at.
        record.status = "dry_run"
        return
    if is_changed:
        call("publish", steps.publish, warehouse, work, number)
        record.status, record.snapshot = "published", number
    else:
        record.status, record.snapshot = "unchanged", record.parent
    _sweep(warehouse)
    if not job.is_dry:
        _tidy(job, warehouse, work, record.status)


def _tidy(job: Job, warehouse: Warehouse, work: Work, status: str) -> None:
    """What is left to do when nothing is left to publish."""
    if status == "unchanged":
        warehouse.link_tables()
        if work.draft.parent and job.reads_raw:
            note_listing(warehouse.root, work.draft.parent.manifest, work.listing)
    if job.name == "build":
        _prune(warehouse)


@contextmanager
def _swept_if_failed(warehouse: Warehouse, executor: Executor) -> Iterator[None]:
    """Give back the space that a run took which fails; a refused state stays, to be looked at."""
    try:
        yield
    except (RefusedError, NewerFormatError):
        raise
    except BaseException:
        executor.shutdown(cancel_futures=True)
        _sweep(warehouse)
        raise


def _sweep(warehouse: Warehouse) -> None:
    """Empty staging; what was published stays published if something there resists."""
    try:
        warehouse.clear_staging()
    except OSError as error:
        logger.warning("staging could not be emptied: %s", error)


def _prune(warehouse: Warehouse) -> None:
    """Remove old snapshots; one that resists is only logged."""
    try:
        warehouse.prune(datetime.now(UTC))
    except OSError as error:
        logger.warning("old snapshots could not be removed: %s", error)


def _begin_work(job: Job, warehouse: Warehouse, on_progress: OnProgress) -> Work:
    # Read now: the code on the disk may be replaced while this run works.
    for table in TABLE_NAMES:
        fingerprint_table(table)
    parent = open_parent(job, warehouse)
    if parent is None and not job.reads_raw:
        raise _nothing_to_make_from(job)
    if parent is not None and not job.reads_raw:
        check_parent(job, parent)
    staging = warehouse.clear_staging()
    is_empty = parent is None or job.is_full or not has_our_columns(parent)
    usable = None if is_empty else parent
    before = read_ledger(job, warehouse, parent)
    raw, include, listing = _find_raw(job, warehouse, parent)
    return Work(
        raw=raw,
        include=include,
        listing=listing,
        draft=Draft(staging / DRAFT_NAME, parent, is_empty=is_empty),
        workers_folder=staging / "workers",
        before=before,
        files=before if usable else read_whole(None, "files"),
        findings=read_whole(usable, "findings"),
        on_progress=on_progress,
    )


def _find_raw(
    job: Job, warehouse: Warehouse, parent: Snapshot | None
) -> tuple[Path, str | None, Listing]:
    """Where the raw files are, which of them count, and the listing by which they are known."""
    raw = job.raw.resolve()
    if parent is None:
        return raw, job.include, Listing(NEVER_NS, identify_root(raw))
    known_raw = Path(parent.manifest.raw).resolve()
    listing = read_listing(warehouse.root, parent.manifest)
    if not job.reads_raw:
        # What is found in documents has its lines where they were read.
        return known_raw, parent.manifest.include, listing
    # `run ingest` has no --include: the files that counted in the last build count.
    include = parent.manifest.include if job.name == "ingest" else job.include
    if raw != known_raw:
        # %r: a name may hold what a terminal obeys.
        logger.warning(
            "the raw files are those of %r now, before they were those of %r",
            str(raw),
            str(known_raw),
        )
    seen = Listing(listing.listed_ns, identify_root(raw))
    if raw != known_raw or seen != listing:
        # Its files may be others that show the same times.
        seen = replace(seen, listed_ns=NEVER_NS)
    return raw, include, seen


def _list_tables(name: str) -> tuple[str, ...]:
    """The tables that the job of this name makes anew, parents first."""
    if name in ("build", "ingest", "articles"):
        return DERIVED_TABLES
    return (name,)


def _list_months(job: Job, work: Work, table: str) -> list[str]:
    """The months that are made anew though they may not be stale: those asked for by hand."""
    if job.name != table:
        return []
    months = list_inputs(work.draft.tables, table).keys()
    if not (job.months or job.since or job.until):
        return sorted(months)
    dated = {month for month in months if month != UNKNOWN_MONTH}
    first, last = job.since or min(dated, default=""), job.until or max(dated, default="")
    is_range = job.since or job.until
    if is_range and not dated:
        raise PipelineError(
            f"{table}: found only undated documents, expected months to choose from"
        )
    chosen = {month for month in dated if is_range and first <= month <= last} | set(job.months)
    if not chosen:
        raise PipelineError(
            f"{table}: found no documents from {first} to {last}, expected months among "
            f"{', '.join(sorted(dated)) or 'none'}"
        )
    return sorted(chosen)


def _describe_options(job: Job) -> dict[str, Any]:
    options = asdict(job)
    del options["name"], options["warehouse"]
    return {key: str(value) if isinstance(value, Path) else value for key, value in options.items()}
