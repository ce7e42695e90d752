"""Checks of the machine: versions, its disks, and what they can do."""

import hashlib
import os
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.reports.health import Check, fail, ok, warn
from pipelines.warehouse.probe import Probe, probe_disk
from pipelines.warehouse.space import count_free_inodes, find_existing, measure_space, render_bytes
from schemas.language.registry import load_tables

LIBRARIES: Final = ("polars", "pyarrow", "duckdb", "pandera", "prefect", "rapidyaml", "pyyaml")
LITTLE_SHARE: Final = 0.05
"""A disk with a smaller share of free bytes is nearly full."""
LITTLE_BYTES: Final = 10 * 10**9
"""Unless it has more than this."""
FEW_INODES: Final = 10_000
CLOCK_SECONDS: Final = 2.0
"""How far the clock of a disk may be off. Those of FAT are as coarse."""


def check_versions() -> Iterator[Check]:
    """Our version and code, that of Python, and those of the libraries that decide the bytes."""
    codes = "".join(map(fingerprint_table, load_tables()))
    code = hashlib.sha256(codes.encode()).hexdigest()[:12]
    found = {each: _find_version(each) for each in ("matterhouse", *LIBRARIES)}
    listed = ", ".join(f"{name} {found[name] or 'missing'}" for name in LIBRARIES)
    ours = f"matterhouse {found['matterhouse'] or 'not installed'}, code {code}"
    python = f"Python {platform.python_version()}"
    if all(found[name] for name in LIBRARIES):
        yield ok("versions", f"{ours}; {python}; {listed}")
    else:
        yield fail("versions", f"{ours}; {python}; {listed}", "install what is missing")


def _find_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_platform() -> Iterator[Check]:
    """The system and its size."""
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    yield ok(
        "platform",
        f"{platform.platform()}, {processors} processors, {render_bytes(pages)} of memory",
    )


def check_disks(root: Path) -> Iterator[Check]:
    """The room on the disks of the warehouse and of temporary files."""
    yield _check_disk("disk", root)
    yield _check_disk("temporary", Path(tempfile.gettempdir()))
    parts = [each for name in ("staging", "snapshots") if (each := root / name).is_dir()]
    if len({each.stat().st_dev for each in (find_existing(root), *parts)}) > 1:
        yield fail(
            "disk",
            f"{root}: staging and snapshots lie on different disks, so nothing can be published",
            "put the whole warehouse on one disk",
        )


def _check_disk(name: str, folder: Path) -> Check:
    free, total = measure_space(folder)
    inodes = count_free_inodes(folder)
    # Some file systems, like btrfs, count no inodes.
    counted = "" if inodes is None else f", with room for {inodes:,} more files"
    message = f"{folder}: {render_bytes(free)} of {render_bytes(total)} are free{counted}"
    advice = "remove old snapshots with `matterhouse prune`, or make other room"
    if free == 0 or inodes == 0:
        return fail(name, message, advice)
    is_low = free < min(total * LITTLE_SHARE, LITTLE_BYTES)
    if is_low or (inodes is not None and inodes < FEW_INODES):
        return warn(name, message, advice)
    return ok(name, message)


def check_abilities(root: Path) -> Iterator[Check]:
    """Locks, links and the clock, tried out on the disk of the warehouse."""
    folder = find_existing(root)
    probe = probe_disk(folder)
    where = "put the warehouse on another disk"
    if probe.locks:
        yield fail("locks", f"{folder}: {probe.locks}: no locks (flock)", where)
    else:
        yield ok("locks", "the disk has locks (flock)")
    yield from _check_links(folder, probe, where)
    yield _check_clock(probe)


def _check_links(folder: Path, probe: Probe, where: str) -> Iterator[Check]:
    if probe.symbolic_links:
        yield fail("links", f"{folder}: {probe.symbolic_links}: no symbolic links", where)
    if probe.hard_links:
        found = f"{folder}: {probe.hard_links}: no hard links, so each snapshot is a whole copy"
        yield warn("links", found, where)
    if not (probe.symbolic_links or probe.hard_links):
        yield ok("links", "the disk has hard and symbolic links")


def _check_clock(probe: Probe) -> Check:
    off = probe.clock_seconds
    if abs(off) <= CLOCK_SECONDS:
        return ok("clock", "the clocks of this machine and of the disk agree")
    side = "ahead of" if off > 0 else "behind"
    found = f"the clock of the disk is {abs(off):.0f} seconds {side} that of this machine"
    return warn("clock", found, "set both by NTP")
