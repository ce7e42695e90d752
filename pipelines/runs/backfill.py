"""backfill: what the history of a git repository says of articles, added to observations."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import polars as pl

from pipelines.changes.fingerprints import name_version
from pipelines.changes.staleness import is_ingest_current
from pipelines.errors import BackfillError, OutdatedError
from pipelines.processes.workers import Workers
from pipelines.runs.conclude_observations import replace_observations
from pipelines.runs.finish import empty_staging, emptying_staging_on_failure
from pipelines.runs.git_archive import GitArchive, find_git_archive
from pipelines.runs.history import date_states, read_history
from pipelines.runs.job import Job
from pipelines.runs.observing import observing
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.runs.read_states import States, load_states, read_states
from pipelines.runs.reader_files import prepare_for_readers
from pipelines.runs.sightings import read_first_runs
from pipelines.runs.signs import beat_on_progress
from pipelines.runs.steps import adapt_archive
from pipelines.runs.summary import summarize_draft
from pipelines.settings.stored import read_mapping
from pipelines.sources.git_blobs import GitBlobs
from pipelines.sources.git_repository import OpenedGit, open_git
from pipelines.tables.observations import settle_observations
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.hold import check_not_held
from pipelines.warehouse.identities import keep_identities
from pipelines.warehouse.inheritance import inherit_history
from pipelines.warehouse.layout import DRAFT_NAME, SIGHTINGS_NAME, UNPARTITIONED
from pipelines.warehouse.notes import write_note
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.observations import OBSERVATIONS

logger = logging.getLogger(__name__)

_SHOWN_ID: Final = 12
"""How much of the id of a commit is shown."""


@dataclass(frozen=True)
class Backfill:
    """What is asked for: the history of `repository` up to `revision`, from `since` on.

    `folder` and `archive` are those of `find_git_archive`.
    """

    warehouse: Path
    repository: str
    revision: str = "HEAD"
    folder: str | None = None
    since: datetime | None = None
    archive: str | None = None
    dry_run: bool = False
    jobs: int | None = None
    wait_seconds: float = 0

    def describe(self) -> dict[str, Any]:
        """What it asks for, as the record of its run keeps it."""
        since = self.since.isoformat() if self.since else None
        return {
            "repository": str(Path(self.repository).absolute()),
            **{name: getattr(self, name) for name in ("revision", "folder", "archive", "jobs")},
            "since": since,
            "is_dry": self.dry_run,
        }


def run_backfill(asked: Backfill, on_progress: OnProgress = ignore_progress) -> RunRecord:
    """Add the history to what is known, and publish. It leaves a record, whatever happens.

    Raises:
        GitError: The history cannot be read.
        BackfillError: It is not the history of this archive.
        NothingPublishedError: There is no snapshot to go on from.
        OutdatedError: Other code made it.
        HeldError: Somebody wants nothing to be published now.
        LockedError: Another run holds the lock.
    """
    warehouse = Warehouse(asked.warehouse)
    # Before the lock, which would make the folder.
    warehouse.pin()
    opened = open_git(asked.repository)
    with (
        observing(Job("backfill", asked.warehouse)) as observed,
        record_run(
            asked.warehouse, "backfill", "local", asked.describe(), asked.wait_seconds
        ) as record,
        observed.begin(record),
        Workers(asked.jobs) as workers,
    ):
        _check_not_held(asked)
        workers.warm_up(load_states)
        on_progress = beat_on_progress(asked.warehouse, observed.follow(on_progress))
        with emptying_staging_on_failure(warehouse, workers):
            _run(asked, opened, warehouse, record, workers, on_progress)
    return record


def _run(
    asked: Backfill,
    opened: OpenedGit,
    warehouse: Warehouse,
    record: RunRecord,
    workers: Workers,
    on_progress: OnProgress,
) -> None:
    snapshot = _open_parent(warehouse)
    now = datetime.now(UTC)
    record.version, record.raw = name_version(), snapshot.manifest.raw
    record.parent, record.mapping = snapshot.number, snapshot.manifest.mapping
    archive = find_git_archive(opened, snapshot.manifest, asked.folder, asked.archive)
    scratch = warehouse.clear_staging() / f"work-{os.urandom(8).hex()}"
    with _timed(record, "history"):
        history = read_history(archive, asked.revision, asked.since, now, on_progress)
        record.backfilled = history.describe()
    with _timed(record, "parse"):
        mapping = read_mapping(snapshot.manifest)
        source = GitBlobs(archive.opened.repository, archive.name)
        states = read_states(
            source, history.versions, adapt_archive(mapping), mapping, scratch, workers, on_progress
        )
        workers.shutdown(wait=False)
    record.backfilled |= states.counts
    _check_fits(states, snapshot, archive)
    with _timed(record, "merge"):
        draft = Draft.begin(scratch.parent / DRAFT_NAME, scratch, snapshot)
        draft = inherit_history(draft, OBSERVATIONS.name, is_full=False).draft
        known = _read_known(draft)
        merged = _merge(known, date_states(states.rows, history, now))
        record.backfilled["added"] = _count_others(merged, known)
        record.backfilled["replaced"] = _count_others(known, merged)
        draft = replace_observations(draft, merged)
    record.message = _summarize(record.backfilled)
    summarize_draft(record, draft)
    _publish(asked, warehouse, snapshot, draft, record)


def _open_parent(warehouse: Warehouse) -> Snapshot:
    """The current snapshot, if this code made it: its articles are those that are observed."""
    snapshot = warehouse.pin()
    snapshot.check_files()
    manifest = snapshot.manifest
    if not is_ingest_current(manifest.tables) or OBSERVATIONS.name not in manifest.tables:
        raise OutdatedError("other code made the snapshot", warehouse.root, manifest.raw)
    return snapshot


def _check_fits(states: States, snapshot: Snapshot, archive: GitArchive) -> None:
    """Refuse the history of another archive. What is added once, no run takes out again."""
    ours = snapshot.scan("articles").select("article_id").collect()["article_id"]
    if not len(ours) or states.rows["article_id"].is_in(ours.implode()).any():
        return
    place = f"the folder {archive.folder}" if archive.folder else "the root"
    raise BackfillError(
        f"{archive.opened.repository}: {place} never had a version of an article of the warehouse, "
        f"which has {len(ours):,}"
    )


def _summarize(found: dict[str, Any]) -> str:
    """What lists of runs show."""
    return (
        f"added {found['added']:,} observations, from {found['commits']:,} commits up to "
        f"{found['commit'][:_SHOWN_ID]}"
    )


def _read_known(draft: Draft) -> pl.DataFrame:
    known = draft.read(OBSERVATIONS.name)
    return pl.DataFrame(schema=OBSERVATIONS.dtypes) if known is None else known


def _merge(known: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """What is known, and what was `seen` in the history, in order."""
    # First alone, so that what is known already stays as it is known.
    return settle_observations(pl.concat([known, settle_observations(seen)]))


def _count_others(rows: pl.DataFrame, known: pl.DataFrame) -> int:
    """How many of `rows` are not among `known`."""
    return rows.join(known, on=rows.columns, how="anti", nulls_equal=True).height


def _publish(
    asked: Backfill, warehouse: Warehouse, parent: Snapshot, draft: Draft, record: RunRecord
) -> None:
    if not draft.is_changed:
        record.status, record.snapshot = "unchanged", parent.number
    elif asked.dry_run:
        record.status = "dry_run"
    else:
        number = warehouse.next_number()
        _seal(draft, parent, record, number)
        check_not_held(asked.warehouse)
        with _timed(record, "publish"):
            warehouse.publish(number, draft.folder, prepare_for_readers)
        record.status, record.snapshot = "published", number
    empty_staging(warehouse)


def _seal(draft: Draft, parent: Snapshot, record: RunRecord, number: int) -> None:
    """Make the state a whole snapshot in staging. All but observations is as in its parent."""
    manifest = draft.seal(
        replace(
            parent.manifest,
            snapshot=number,
            parent=parent.number,
            run_id=record.run_id,
            created_at=record.started_at,
        )
    )
    for bucket in parent.manifest.tables["files"]:
        keep_identities(parent.folder, draft.folder, bucket)
    note = manifest.tables["findings"][UNPARTITIONED]
    write_note(draft.folder, SIGHTINGS_NAME, note, read_first_runs(parent))


def _check_not_held(asked: Backfill) -> None:
    if not asked.dry_run:
        check_not_held(asked.warehouse)


@contextmanager
def _timed(record: RunRecord, step: str) -> Iterator[None]:
    began = monotonic()
    try:
        yield
    finally:
        record.steps[step] = round(monotonic() - began, 3)
