"""What the settings of an archive mean for a job: which files count, and by which mapping."""

import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pipelines.mapping.built_in import BUILT_IN, CHOSEN_MAPPING, WEB
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.job import Job
from pipelines.runs.limits import Limits
from pipelines.settings.stored import adapt_mapping, load_settings, restore_settings
from pipelines.sources.globs import EVERY_FILE, EVERYTHING, Globs
from pipelines.warehouse.layout import SETTINGS_NAME
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.snapshot import Snapshot

if TYPE_CHECKING:
    from pipelines.settings.model import Settings

logger = logging.getLogger(__name__)


def find_job_settings(job: Job, parent: Snapshot | None) -> "Settings | None":
    """What the file of settings says; what it said for the parent, if this job reads none.

    Raises:
        SettingsError: The file makes no sense.
    """
    is_build = job.name == "build"
    if is_build and job.mapping != CHOSEN_MAPPING:
        return None
    said = load_settings(job.config, job.raw) if is_build else None
    if said or parent is None:
        return said
    known = restore_settings(parent.manifest.settings)
    if known and is_build:
        logger.warning(
            "%s is not there: its settings of snapshot %d are used; --mapping does without",
            SETTINGS_NAME,
            parent.number,
        )
    return known


def find_mapping(
    job: Job, parent: Snapshot | None, settings: "Settings | None"
) -> PostMapping | None:
    """The mapping that was asked for, or else that of the parent if it has documents."""
    base = settings.base if settings and settings.base else job.mapping
    if settings and settings.archives and base == CHOSEN_MAPPING:
        # Files of one archive say nothing about another one.
        base = WEB.name
    if base != CHOSEN_MAPPING:
        return adapt_mapping(BUILT_IN[base], settings)
    if parent is None or (job.reads_raw and not parent.count_rows("documents")):
        return None
    return adapt_mapping(BUILT_IN[parent.manifest.mapping], settings)


def find_globs(job: Job, settings: "Settings | None", parent: Snapshot | None) -> Globs:
    """Which raw files count: as the job says, or else the settings, or else the last build."""
    if job.globs:
        is_all = job.globs == Globs(include=(EVERYTHING,))
        return EVERY_FILE if is_all else job.globs
    said = Globs(tuple(settings.include), tuple(settings.exclude)) if settings else EVERY_FILE
    return said or (remember_globs(parent.manifest) if parent else EVERY_FILE)


def remember_globs(manifest: Manifest) -> Globs:
    """The globs of a snapshot, if an option gave them. Those of a file end with the file."""
    known = Globs(manifest.include, manifest.exclude)
    stored = manifest.settings
    said = Globs(tuple(stored.get("include", ())), tuple(stored.get("exclude", ())))
    return EVERY_FILE if known == said else known


def find_limits(job: Job, settings: "Settings | None") -> Limits:
    """The limits of `job`: an option comes before `settings`, which come before the usual ones.

    Flows by hand read no file for their tables, but they keep the limits that it says now.
    """
    is_build = job.name == "build"
    said = settings if is_build else load_settings(job.config, job.raw) or settings
    limits: dict[str, Any] = {}
    if said:
        limits = said.guards.model_dump() if said.guards else {}
        limits["settle"] = said.settle
    limits |= {
        name: given
        for name in (each.name for each in fields(Limits))
        if (given := getattr(job, name, None)) is not None
    }
    if job.full:
        # Everything is read: there is no former state to keep.
        limits["settle"] = 0
    return Limits(**{name: value for name, value in limits.items() if value is not None})
