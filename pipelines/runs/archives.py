"""Archives: where the raw files of a job lie, and which of them it looks at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
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
    """The files that a job does not look at: they stay as they are.

    `others` are the names of the archives that it looks at, with a slash; none if it looks at all.
    `chosen` are the files that it looks at; None if they are not chosen one by one.
    """

    others: tuple[str, ...] = ()
    chosen: frozenset[str] | None = None

    @property
    def is_any(self) -> bool:
        """Whether any file is kept."""
        return bool(self.others) or self.chosen is not None

    def is_looked_at(self, file: RawFile) -> bool:
        """Whether the job looks at a file that was listed."""
        return self.chosen is None or file.source_path in self.chosen

    def list_files(self, ledger: Ledger) -> Iterator[RawFile]:
        """These files, as `ledger` has them from their last run."""
        for bucket in ledger.buckets if self.is_any else ():
            rows = ledger.read(bucket).filter(self.find(pl.col("source_path")))
            unopened = pl.when(pl.col("size_bytes").is_null()).then("reason")
            columns = ("source_path", "size_bytes", "modified_ns", "identity")
            yield from map(RawFile._make, rows.select(*columns, unopened).iter_rows())

    def find(self, source_paths: pl.Expr) -> pl.Expr:
        """Whether each file is one of these."""
        if self.chosen is not None:
            return ~source_paths.is_in(list(self.chosen))
        if not self.others:
            return pl.lit(value=False)
        return ~pl.any_horizontal(source_paths.str.starts_with(each) for each in self.others)


NOTHING_KEPT = Kept()


def open_archives(job: Job, settings: "Settings | None") -> Source:
    """The source of the raw files of `job`: its raw folder, or the archives that settings name.

    Raises:
        UsageError: One archive is asked for, and there is only the raw folder; or a raw folder is,
            and there are archives.
        RawError: An address is of a kind that is not supported.
    """
    if settings and settings.archives:
        if job.raw != Job.raw:
            raise UsageError(
                "the settings name archives and where they lie; choose some with --archive",
                "--raw",
            )
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
    return chosen, Kept(tuple(each.prefix for each in chosen.mounts))


def list_archives(source: Source, globs: Globs, kept: Kept, ledger: Ledger) -> Iterator[RawFile]:
    """Every file of `source` that is looked at, and those that are kept.

    Raises:
        RawError: A part of `source` cannot be listed, or an archive has no files any more: its
            folder is there, but what was mounted there is not.
    """
    if kept.chosen is None:
        yield from _list_files(source, globs, ledger)
    elif kept.chosen:
        yield from filter(kept.is_looked_at, _list_files(source, globs, ledger, is_some=True))
    yield from kept.list_files(ledger)


def _list_files(
    source: Source, globs: Globs, ledger: Ledger, *, is_some: bool = False
) -> Iterator[RawFile]:
    """Every file of `source`. A folder may have no files any more, unless `is_some` are needed."""
    if not isinstance(source, Mounts):
        files = source.list_files(globs)
        first = next(files, None) if is_some else None
        if is_some and first is None:
            raise RawError(f"{source}: holds no files, and the last snapshot has some of them")
        yield from files if first is None else chain([first], files)
        return
    counts: Counter[str] = Counter()
    for file in source.list_files(globs):
        counts[file.source_path.partition("/")[0]] += 1
        yield file
    for mount in source.mounts:
        if not counts[mount.name] and (known := _count_known(ledger, mount.prefix)):
            raise RawError(
                f"archive {mount.name}: {_describe_nothing(mount, globs)}, and the last snapshot "
                f"has {known:,} of its files; if they are to go, take it out of the settings"
            )


def _describe_nothing(mount: Mount, globs: Globs) -> str:
    narrowed = globs if globs.include else mount.globs
    return f"no file matches {narrowed}" if narrowed.include else f"{mount.source} holds no files"


def _count_known(ledger: Ledger, prefix: str) -> int:
    is_there = pl.col("source_path").str.starts_with(prefix)
    return sum(
        ledger.read(bucket, ["source_path"]).filter(is_there).height for bucket in ledger.buckets
    )
