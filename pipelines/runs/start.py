"""The start of a run: the snapshot that it goes on from, and what that snapshot knows."""

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.ledger import Ledger
from pipelines.changes.staleness import is_ingest_current
from pipelines.errors import (
    NothingPublishedError,
    UsageError,
    WarehouseError,
)
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, PostMapping
from pipelines.runs.archives import Kept, choose_archives, open_archives
from pipelines.runs.job import Job
from pipelines.runs.job_settings import (
    find_globs,
    find_job_settings,
    find_limits,
    find_mapping,
)
from pipelines.runs.limits import Limits
from pipelines.runs.parent import (
    check_parent,
    has_our_columns,
    open_parent,
    read_ledger,
    read_rows,
)
from pipelines.runs.replay import check_replayed, choose_rejected
from pipelines.settings.stored import (
    dump_settings,
    leave_out_guards,
    read_mapping,
)
from pipelines.sources.addresses import open_source
from pipelines.sources.globs import Globs
from pipelines.sources.source import Source
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.layout import DRAFT_NAME
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.language.registry import load_tables

if TYPE_CHECKING:
    from pipelines.settings.model import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    `before` is the ledger of the parent snapshot, to compare the new state with. `files`,
    `findings` and the partitions of `draft` are what may be kept of the parent: nothing if all is
    rebuilt. `history` is the ledger that says which files were posts: none in a full build.
    `scratch` is a folder below staging. `globs` say which files of `source` count.
    `listed` is the part of it that is looked at, `kept` are its other archives.
    `mapping` is None if it is still to be chosen. `settings` are those that it has been, or will
    be, adapted by. `limits` are those of the guards.
    """

    source: Source
    listed: Source
    kept: Kept
    globs: Globs
    mapping: PostMapping | None
    settings: "Settings | None"
    parent: Snapshot | None
    draft: Draft
    scratch: Path
    before: Ledger
    history: Ledger
    files: Ledger
    findings: pl.DataFrame
    began_ns: int
    limits: Limits

    @property
    def has_other_settings(self) -> bool:
        """Whether the parent was made by other globs or settings.

        That the same files lie elsewhere is only noted: two hosts may see one folder at two paths.
        """
        if self.parent is None:
            return False
        manifest = self.parent.manifest
        before = (read_globs(manifest), leave_out_guards(manifest.settings))
        return before != (self.globs, leave_out_guards(dump_settings(self.settings)))

    def has_other_mapping(self, mapping: PostMapping) -> bool:
        """Whether the parent was made by another mapping than `mapping`."""
        before = self._find_former_mapping()
        return self.parent is not None and (before is None or before.id != mapping.id)

    def _find_former_mapping(self) -> PostMapping | None:
        """The mapping of the parent; None if another version wrote its settings."""
        if self.parent is None:
            return None
        try:
            return read_mapping(self.parent.manifest)
        except WarehouseError:
            return None

    def list_misread(self) -> list[str]:
        """The files with a repeated key, if the parent was made by another policy for these.

        If the mapping is still to be chosen, the policy may be another one, too. TOML knows only
        one policy, but its few files are read as well.
        """
        if self.parent is None:
            return []
        before = self._find_former_mapping()
        if before and self.mapping and before.repeated_keys == self.mapping.repeated_keys:
            return []
        is_repeated = pl.col("rule") == REPEATED_KEY_RULE
        found = self.findings.filter(is_repeated, table_name="documents")
        return found["source_path"].to_list()

    @property
    def has_new_secrets(self) -> bool:
        """Whether findings of the parent may show what is a secret now."""
        if self.parent is None or self.settings is None:
            return False
        known = self.parent.manifest.settings.get("secrets", [])
        return not set(self.settings.secrets) <= set(known)


def read_globs(manifest: Manifest) -> Globs:
    """Which raw files counted when a snapshot was made."""
    return Globs(manifest.include, manifest.exclude)


def begin_run(job: Job, warehouse: Warehouse) -> Start:
    """Open what `job` starts from, and empty the staging folder.

    Raises:
        NothingPublishedError: There are no documents to rebuild a table from.
        OutdatedError: Other code wrote the warehouse, and the job reads no raw files.
        DamagedError: The parent is damaged. Only a full build can do without it.
    """
    # Read now: somebody may replace the code on disk while this run works.
    for table in load_tables():
        fingerprint_table(table)
    parent = open_parent(job, warehouse)
    if not job.reads_all:
        if parent is None:
            raise nothing_to_rebuild(job)
        check_parent(job, parent)
    staging = warehouse.clear_staging()
    is_empty = parent is None or job.full or not has_our_columns(parent)
    usable = None if is_empty else parent
    # A task of a run that was killed may still write into the folder of then.
    scratch = staging / f"work-{os.urandom(8).hex()}"
    before = read_ledger(job, warehouse, parent)
    settings = find_job_settings(job, parent)
    source, globs = find_source(job, parent, settings)
    listed, kept = choose_archives(source, job.archive)
    if parent and job.name == "replay":
        listed, kept = choose_rejected(job, parent, source)
    if kept.others and not (usable and is_ingest_current(usable.manifest.tables)):
        raise UsageError(
            "the other archives must be read, too: nothing is published yet, or by other code",
            "--archive",
        )
    return Start(
        source=source,
        listed=listed,
        kept=kept,
        globs=globs,
        mapping=find_mapping(job, usable, settings),
        settings=settings,
        parent=parent,
        draft=Draft.begin(staging / DRAFT_NAME, scratch, parent, is_empty=is_empty),
        scratch=scratch,
        before=before,
        history=Ledger() if job.full else before,
        files=before if usable else Ledger(),
        findings=read_rows(usable, "findings"),
        began_ns=time.time_ns(),
        limits=find_limits(job, settings),
    )


def nothing_to_rebuild(job: Job) -> NothingPublishedError:
    """The error of the flow of a table that finds no documents."""
    return NothingPublishedError(
        f"{job.warehouse}: nothing is published here, so there are no documents for {job.name}",
        job.warehouse,
        raw=job.raw,
    )


def find_source(
    job: Job, parent: Snapshot | None, settings: "Settings | None"
) -> tuple[Source, Globs]:
    """Where the raw files lie, and which of them count.

    Raises:
        RawError: The run would read raw files, and they are not there.
    """
    source = open_archives(job, settings if job.reads_all else None)
    globs = find_globs(job, settings, parent)
    if parent is None:
        return source, globs
    known = open_source(parent.manifest.raw)
    if job.name == "replay":
        check_replayed(job, known)
    if not job.reads_all:
        # The lines of findings in documents are where those were read.
        return known, read_globs(parent.manifest)
    choose_archives(source, job.archive)[0].check_readable()
    if source.address != known.address:
        # %r: a name may hold control characters, which a terminal would obey.
        logger.warning("the raw folder changed from %r to %r", str(known), str(source))
    # `run ingest` has no --include: the files that counted in the last build count.
    return source, read_globs(parent.manifest) if job.name == "ingest" else globs
