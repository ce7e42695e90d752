"""replay: only the raw files that have errors now are read again."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.errors import UsageError
from pipelines.runs.archives import Kept
from pipelines.runs.job import Job
from pipelines.runs.sightings import drop_known
from pipelines.sources.addresses import open_source
from pipelines.sources.mounts import Mounts
from pipelines.sources.source import Source
from pipelines.tables.finding_search import match_findings
from pipelines.warehouse.snapshot import Snapshot

NAMED_ERRORS: Final = 20
"""How many errors of each kind the record of a run keeps."""
_ORDER: Final = ("source_path", "line", "column_number")
_SHOWN: Final = ("severity", "table_name", *_ORDER, "field_path", "rule", "message")


def check_replayed(job: Job, known: Source) -> None:
    """Refuse another raw folder than that of the snapshot: most files are not read there.

    Raises:
        UsageError: `job` names one.
    """
    if job.raw != Job.raw and open_source(job.raw).address != known.address:
        raise UsageError(
            f"replay reads files where the last build did, in {known}; after a move, build again",
            "--raw",
        )


def choose_rejected(job: Job, parent: Snapshot, source: Source) -> tuple[Source, Kept]:
    """The part of `source` with the files that `job` asks for. All other files are kept.

    Raises:
        UsageError: The path that it asks for is no glob.
        RawError: The raw files are not there.
    """
    # Accept a path as it is printed, too.
    below = (job.path and source.find_path(str(Path(job.path).resolve()))) or job.path
    errors = {"severity": "error", "table_name": job.table, "rule": job.rule}
    rows = parent.read("findings").lazy()
    try:
        found = match_findings(
            rows, pl.LazyFrame.collect, errors, path=below, field=job.field_path
        ).collect()
    except ValueError as error:
        raise UsageError(str(error), "--path") from error
    paths = frozenset(found["source_path"])
    if paths and isinstance(source, Mounts):
        source = source.select(tuple({path.partition("/")[0] for path in paths}))
    if paths:
        source.check_readable()
    return source, Kept(chosen=paths)


def describe_replay(
    chosen: Collection[str] | None, before: pl.DataFrame, after: pl.DataFrame
) -> dict[str, Any]:
    """What became of the errors of the files that were read again; empty if none were chosen.

    `before` are the findings of the parent snapshot, `after` those of now. A place in a list is no
    part of an error, since an item above it moves it.
    """
    if chosen is None:
        return {}
    was, now = (_list_errors(findings, chosen) for findings in (before, after))
    closed = drop_known(was, now)
    return {
        "files": len(chosen),
        "closed": closed.height,
        "left": now.height,
        "first_closed": closed.select(_SHOWN).head(NAMED_ERRORS).to_dicts(),
        "first_left": now.select(_SHOWN).head(NAMED_ERRORS).to_dicts(),
    }


def _list_errors(findings: pl.DataFrame, source_paths: Collection[str]) -> pl.DataFrame:
    is_wanted = pl.col("source_path").is_in(list(source_paths))
    return findings.filter(is_wanted, severity="error").sort(_ORDER, maintain_order=True)
