"""What moved since a plan was made: snapshots, code, settings, raw files."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import polars as pl

from pipelines.changes.comparison import Unsettled, compare_buckets
from pipelines.changes.ledger import Ledger, open_ledger
from pipelines.changes.listing import Listing
from pipelines.changes.staleness import note_mapping
from pipelines.runs.archives import Kept, choose_archives, list_archives
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.planned import fingerprint_code
from pipelines.runs.start import find_source, read_globs
from pipelines.settings.stored import dump_settings, read_mapping
from pipelines.sources.globs import Globs
from pipelines.sources.source import Source
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.runs import find_start
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.staged_plan import StagedPlan
from pipelines.warehouse.warehouse import Warehouse

NAMED_FILES: Final = 3
"""How many of the raw files that moved are named."""


def list_moved(plan: StagedPlan, job: Job, warehouse: Warehouse, staged: Snapshot) -> Iterator[str]:
    """What changed since the plan was made, in words; nothing if nothing did.

    Raises:
        RawError: The raw files cannot be listed.
    """
    current = warehouse.current()
    yield from _list_moved_snapshots(warehouse, current, staged.manifest)
    code = fingerprint_code()
    if changed := [name for name in code if plan.code.get(name) != code[name]]:
        yield f"the code of {', '.join(changed)} changed"
    settings = find_job_settings(job, current)
    if dump_settings(settings) != staged.manifest.settings:
        yield "the settings changed"
    elif not _is_mapping_same(staged.manifest):
        yield "the mapping changed"
    elif job.reads_raw:
        # Only with the same settings is it known which files count.
        source, globs = find_source(job, current, settings)
        yield from _list_moved_raw(job, source, globs, staged, _find_unsettled(plan))


def _list_moved_snapshots(
    warehouse: Warehouse, current: Snapshot | None, manifest: Manifest
) -> Iterator[str]:
    found = current.number if current else None
    if found != manifest.parent:
        yield f"current is {_name(found)}, and the plan was made for {_name(manifest.parent)}"
    elif warehouse.next_number() != manifest.snapshot:
        yield f"snapshot {manifest.snapshot} was published meanwhile"


def _name(number: int | None) -> str:
    return "nothing" if number is None else f"snapshot {number}"


def _is_mapping_same(manifest: Manifest) -> bool:
    """Whether the mapping means the same to the code of now."""
    mapping = read_mapping(manifest)
    records = manifest.tables["documents"].values()
    return all(note_mapping(record, mapping) is record for record in records)


def _find_unsettled(plan: StagedPlan) -> Unsettled | None:
    """The times of the files that were too young for the plan, so it kept what was known of them.

    They wait for the next build, after `apply`, too.
    """
    started = find_start(plan.record["run_id"])
    settle = plan.record["options"].get("settle")
    return Unsettled.before(int(started.timestamp() * 1e9), settle) if started and settle else None


def _list_moved_raw(
    job: Job, source: Source, globs: Globs, staged: Snapshot, unsettled: Unsettled | None
) -> Iterator[str]:
    if globs != read_globs(staged.manifest):
        yield f"the globs changed to {globs or 'none'}"
    elif source.address != staged.manifest.raw:
        yield f"the raw files lie in {source}"
    else:
        listed, kept = choose_archives(source, job.archive)
        ledger = open_ledger(staged)
        listing = Listing(list_archives(listed, globs, kept, ledger))
        yield from _list_moved_files(source, listing, ledger, kept, unsettled)


def _list_moved_files(
    source: Source, listing: Listing, ledger: Ledger, kept: Kept, unsettled: Unsettled | None
) -> Iterator[str]:
    """Which raw files changed since the plan was made, found as a build would find them."""
    found: dict[str, list[str]] = {"new": [], "changed": [], "gone": []}
    is_kept = kept.find(pl.col("source_path"))
    for _, compared in compare_buckets(listing, ledger, is_kept=is_kept, unsettled=unsettled):
        suspects = compared.suspects["source_path"]
        known = ledger.find(suspects, ["source_path", "content_sha256", "size_bytes"])
        hashes = {path: sha256 for path, sha256, _ in known.iter_rows()}
        for path in suspects:
            if path not in hashes:
                found["new"].append(path)
            elif _is_other(source, path, hashes[path]):
                found["changed"].append(path)
        found["changed"] += compared.unopened["source_path"].to_list()
        found["gone"] += compared.gone["source_path"].to_list()
    for kind, paths in found.items():
        if paths:
            more = ", ..." if len(paths) > NAMED_FILES else ""
            names = ", ".join(sorted(paths)[:NAMED_FILES])
            files = "file is" if len(paths) == 1 else "files are"
            yield f"{len(paths):,} raw {files} {kind}: {names}{more}"


def _is_other(source: Source, path: str, sha256: str | None) -> bool:
    """Whether a file has other bytes. One that crashed its parser has no known hash."""
    with suppress(OSError):
        return sha256 is not None and source.read(path).sha256 != sha256
    return True
