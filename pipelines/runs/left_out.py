"""What is left out: posts whose files are still there, but which other globs do not match."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from pipelines.runs.start import Start, read_globs
from pipelines.runs.state import Concluded
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.mounts import Mounts
from pipelines.sources.source import RawFile, Source


class LeftOut(NamedTuple):
    """The posts that are left out, and which files are chosen: before, and now."""

    posts: pl.Series
    before: Globs = EVERY_FILE
    now: Globs = EVERY_FILE


def find_left_out(start: Start, concluded: Concluded) -> LeftOut:
    """The lost posts whose files are still there. Only another choice of files leaves any out.

    Raises:
        RawError: A part of the source cannot be listed.
    """
    lost = concluded.changes.lost
    if start.parent is None or lost.is_empty() or not _has_other_globs(start):
        return LeftOut(lost.clear())
    # What is newly ignored counts, though it is no post.
    gone = lost.filter(
        ~lost.is_in(concluded.files.find(lost, ["source_path"]).to_series().implode())
    )
    wanted = set(gone)
    found = [file.source_path for file in _list_all(start.listed) if file.source_path in wanted]
    return LeftOut(gone.filter(gone.is_in(found)), read_globs(start.parent.manifest), start.globs)


def _has_other_globs(start: Start) -> bool:
    """Whether the parent was made from other files, by its globs or by those of its archives."""
    if start.parent is None:
        return False
    manifest = start.parent.manifest
    return (manifest.raw, read_globs(manifest)) != (start.source.address, start.globs)


def _list_all(source: Source) -> Iterator[RawFile]:
    """Every file of `source`, whatever the globs of its archives say."""
    if isinstance(source, Mounts):
        mounts = (replace(mount, globs=EVERY_FILE) for mount in source.mounts)
        source = Mounts(tuple(mounts))
    return source.list_files()
