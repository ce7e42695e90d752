"""Checks of a warehouse: its lock, its snapshots, its settings, its raw files, its last run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from pipelines.errors import LockedError, WarehouseError
from pipelines.reports.advice import advise
from pipelines.reports.commands import render_command
from pipelines.reports.health import Check, fail, ok, warn
from pipelines.runs.archives import open_archives
from pipelines.runs.job import Job
from pipelines.settings.stored import load_settings, locate_settings
from pipelines.sources.addresses import open_source
from pipelines.warehouse.hold import find_hold
from pipelines.warehouse.holder import describe_seconds, find_holder
from pipelines.warehouse.runs import is_in_future, list_runs
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.space import measure_staging, render_bytes
from pipelines.warehouse.warehouse import Warehouse

COUNTED_FILES: Final = 100_000
"""Of more raw files, the rest is not counted."""


def check_holder(root: Path) -> Iterator[Check]:
    """Who holds the lock, and whether that run works."""
    holder = find_holder(root)
    if holder is None:
        yield ok("holder", "no run is at work")
    elif holder.is_stopped or holder.is_quiet:
        yield warn("holder", f"locked by {holder}", advise(LockedError(str(holder), holder)) or "")
    else:
        yield ok("holder", f"locked by {holder}")


def check_hold(root: Path) -> Iterator[Check]:
    """Whether somebody said that nothing is to be published."""
    if hold := find_hold(root):
        release = render_command("release", warehouse=root)
        yield warn("hold", str(hold), f"nothing is published until `{release}`")
    else:
        yield ok("hold", "nobody holds it back")


def check_settings(raw: str) -> Iterator[Check]:
    """Whether the settings of the archive make sense."""
    path = locate_settings(None, raw)
    if path is None:
        yield ok("settings", "there is no matterhouse.toml, and none is needed")
        return
    load_settings(None, raw)
    yield ok("settings", f"{path}: it makes sense")


def check_raw(job: Job, current: Snapshot | None) -> Iterator[Check]:
    """Whether the raw files can be listed, and how many there are."""
    is_known = job.raw == Job.raw and current is not None
    settings = load_settings(None, job.raw)
    if is_known and current and not (settings and settings.archives):
        source = open_source(current.manifest.raw)
    else:
        source = open_archives(job, settings)
    source.check_readable()
    count = sum(1 for _ in islice(source.list_files(), COUNTED_FILES))
    if count == 0:
        yield warn("raw", f"{source}: holds no files", "check that its disk is mounted")
    else:
        more = " or more" if count == COUNTED_FILES else ""
        yield ok("raw", f"{source}: {count:,} files{more}")


def check_snapshots(warehouse: Warehouse) -> Iterator[Check]:
    """Whether something is published, and no file of it is missing. Reads no file."""
    warehouse.check_folder()
    current = warehouse.current()
    if current is None:
        build = render_command("build", warehouse=warehouse.root)
        yield warn("warehouse", f"{warehouse.root}: nothing is published", f"run `{build}`")
        return
    current.check_files()
    count = len(warehouse.numbers())
    published = current.manifest.created_at
    found = f"{warehouse.root}: snapshot {current.number} of {count}, published {published}"
    if is_in_future(published):
        yield warn("warehouse", f"{found}, which is in the future", "set the clock by NTP")
    else:
        verify = render_command("verify", warehouse=warehouse.root)
        yield ok("warehouse", f"{found}; all files are there (`{verify}` reads them)")


def check_staging(warehouse: Warehouse) -> Iterator[Check]:
    """What earlier runs left."""
    size = measure_staging(warehouse.root)
    if not size:
        yield ok("staging", "it is empty")
    elif find_holder(warehouse.root):
        yield ok("staging", f"{render_bytes(size)}, of the run that is at work")
    else:
        try:
            warehouse.staged()
        except WarehouseError:
            left = f"{render_bytes(size)} that a killed run left"
            yield warn("staging", left, "the next build removes it")
            return
        look = render_command("rejects", "--staged", warehouse=warehouse.root)
        yield ok("staging", f"{render_bytes(size)} that were not published: see `{look}`")


def _describe_age(started_at: str) -> str:
    try:
        began = datetime.fromisoformat(started_at).astimezone(UTC)
    except (ValueError, TypeError):
        # Somebody else wrote the record.
        return "at an unknown time"
    return describe_seconds((datetime.now(UTC) - began).total_seconds())


def check_last_run(root: Path) -> Iterator[Check]:
    """How the last run ended."""
    run = next(iter(list_runs(root, 1)), None)
    if run is None:
        yield ok("last run", "there is none")
        return
    found = f"{run.job}, {_describe_age(run.started_at)}: {run.status}"
    said = f"{found}: {run.message}" if run.message else found
    if run.status == "damaged":
        repair = render_command("verify", "--all", "--repair", warehouse=root)
        yield fail("last run", said, f"run `{repair}`")
    elif run.status == "refused":
        staged = ("--staged", "--new") if measure_staging(root) else ()
        look = render_command("rejects", *staged, warehouse=root)
        yield warn("last run", said, f"look with `{look}`, put it right, and build again")
    elif run.status == "failed":
        yield warn("last run", said, "put that right, then run it again")
    elif run.status == "running" and not find_holder(root):
        yield warn("last run", f"{found}, but its process is gone: it was killed", "run it again")
    else:
        yield ok("last run", said)
