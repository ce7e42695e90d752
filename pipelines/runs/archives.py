"""Archives: where the raw files of a job lie, and which of them it looks at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipelines.changes.ledger import Ledger
from pipelines.errors import RawError, UsageError
from pipelines.runs.job import Job
from pipelines.sources.addresses import open_source
from pipelines.sources.globs import Globs
from pipelines.sources.mounts import Mount, Mounts
from pipelines.sources.source import RawFile, Source

if TYPE_CHECKING:
    from pipelines.settings.model import Settings


@dataclass(frozen=True)
class Kept:
    """The archives that a job does not look at: their files stay as the ledger has them.

    `prefixes` are their names with a slash.
    """

    prefixes: tuple[str, ...] = ()

    def list_files(self, ledger: Ledger) -> Iterator[RawFile]:
        """The files as they were listed when they were read."""
        for bucket in ledger.buckets if self.prefixes else ():
            rows = ledger.read(bucket).filter(self.find(pl.col("source_path")))
            unopened = pl.when(pl.col("size_bytes").is_null()).then("reason")
            columns = ("source_path", "size_bytes", "modified_ns", "identity")
            yield from map(RawFile._make, rows.select(*columns, unopened).iter_rows())

    def find(self, source_paths: pl.Expr) -> pl.Expr:
        """Whether each file is one of them."""
        return pl.any_horizontal(
            pl.lit(value=False), *(source_paths.str.starts_with(each) for each in self.prefixes)
        )


NOTHING_KEPT = Kept()


def open_archives(job: Job, settings: "Settings | None") -> Source:
    """The source of the raw files of `job`: its raw folder, or the archives that settings name.

    Raises:
        UsageError: One archive is asked for, and there is only the raw folder.
        RawError: An address is of a kind that is not supported.
    """
    if settings and settings.archives:
        return Mounts(
            tuple(
                Mount(name, open_source(each.raw), Globs(tuple(each.include), tuple(each.exclude)))
                for name, each in sorted(settings.archives.items())
            )
        )
    if job.archive:
        raise UsageError("the settings name no archives", "--archive")
    return open_source(job.raw)


def choose_archives(source: Source, names: tuple[str, ...]) -> tuple[Source, Kept]:
    """The part of `source` that is looked at, and what is kept as it is.

    Raises:
        RawError: There is no archive of one of these names.
    """
    if not isinstance(source, Mounts) or not names:
        return source, NOTHING_KEPT
    chosen = source.select(names)
    kept = (each.prefix for each in source.mounts if each not in chosen.mounts)
    return chosen, Kept(tuple(kept))


def list_archives(source: Source, globs: Globs, kept: Kept, ledger: Ledger) -> Iterator[RawFile]:
    """Every file of `source`, and those that are kept.

    Raises:
        RawError: A part of `source` cannot be listed, or an archive has no files any more: its
            folder is there, but what was mounted there is not.
    """
    if not isinstance(source, Mounts):
        yield from source.list_files(globs)
        return
    counts: Counter[str] = Counter()
    for file in source.list_files(globs):
        counts[file.source_path.partition("/")[0]] += 1
        yield file
    for mount in source.mounts:
        if not counts[mount.name] and (known := _count_known(ledger, mount.prefix)):
            raise RawError(
                f"archive {mount.name}: {mount.source.address} holds no files, and the last "
                f"snapshot has {known:,} from there; if it is really empty, take it out of the "
                "settings"
            )
    yield from kept.list_files(ledger)


def _count_known(ledger: Ledger, prefix: str) -> int:
    is_there = pl.col("source_path").str.starts_with(prefix)
    return sum(
        ledger.read(bucket, ["source_path"]).filter(is_there).height for bucket in ledger.buckets
    )
