"""The scope of a run: which tables it rebuilds, and which of their months in any case."""

from pipelines.changes.staleness import list_inputs, list_stale
from pipelines.errors import PipelineError
from pipelines.runs.job import Job
from pipelines.runs.start import Start
from pipelines.runs.state import Ingested
from pipelines.values.parts import find_month
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import list_derived


def list_tables(name: str) -> list[str]:
    """The tables that the job of this name rebuilds, parents first."""
    derived = list_derived()
    return derived if name in ("build", "ingest", "replay", derived[0]) else [name]


def list_forced_months(job: Job, start: Start, table: str) -> list[str]:
    """The months that are rebuilt though they may be up to date: those asked for by hand."""
    if job.name != table:
        return []
    months = {find_month(key) for key in list_inputs(start.draft.tables, table)}
    if not job.chooses_months:
        return sorted(months)
    dated = {month for month in months if month != UNKNOWN_MONTH}
    first, last = job.since or min(dated, default=""), job.until or max(dated, default="")
    is_range = job.since or job.until
    if is_range and not dated:
        raise PipelineError(
            f"{table}: all documents are undated, so there are no months to choose from"
        )
    chosen = {month for month in dated if is_range and first <= month <= last} | set(job.months)
    if not chosen:
        raise PipelineError(
            f"{table}: no documents from {first} to {last}; there are months: "
            f"{', '.join(sorted(dated)) or 'none'}"
        )
    return sorted(chosen)


def list_other_stale_months(
    job: Job, ingested: Ingested, tables: list[str], forced: list[str]
) -> list[str]:
    """The months that are out of date, if others were asked for. They are rebuilt, too."""
    if not job.chooses_months:
        return []
    records = ingested.draft.tables
    stale = {find_month(key) for table in tables for key in list_stale(records, table)}
    return sorted(stale.difference(forced))
