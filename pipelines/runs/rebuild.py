"""rebuild: the partitions that are out of date are made again, some at a time, parents first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Final

import polars as pl

from pipelines.changes.staleness import list_stale, list_unviewed
from pipelines.processes.workers import call_each
from pipelines.runs.group import Group
from pipelines.runs.partitioning import Partitioning
from pipelines.runs.progress import OnProgress
from pipelines.runs.rebuild_group import RebuiltGroup, rebuild_group
from pipelines.runs.state import Ingested, Rebuilt
from pipelines.tables.documents import PARTITION
from pipelines.values.groups import split_by_size
from pipelines.values.parts import find_month, overlap
from schemas.language.months import PARTITION_KEY

LARGE_BYTES: Final = 192 * 1024 * 1024
"""Raw bytes from which on workers rebuild partitions. For less, loading the libraries in each takes
longer than it saves."""
TRANSLATED_LARGE_BYTES: Final = 32 * 1024 * 1024
"""The same if posts are translated: Python does that, on one processor at a time."""
WORKER_BYTES: Final = 48 * 1024 * 1024
"""Raw bytes whose documents a process has in memory at once."""
TRANSLATED_WORKER_BYTES: Final = 24 * 1024 * 1024
"""The same if posts are translated. Smaller groups keep all processors busy to the end."""
WRITERS: Final = 2
"""Threads that write files. With one, this process would have nothing to do at the end."""
WORKER_WRITERS: Final = 1
"""The same in a worker. There is one for every processor already, and each holds rows in memory."""
GROUP_BYTES: Final = 96 * 1024 * 1024
"""The same for this process, if it does all. Each table of a group costs a little of its own."""


def rebuild_partitions(
    ingested: Ingested,
    tables: Sequence[str],
    forced: Collection[str],
    executor: Executor,
    on_progress: OnProgress,
    only: Collection[str] | None = None,
) -> Rebuilt:
    """Write the documents that were ingested, and rebuild what is out of date in `tables`.

    The arguments are those of the step `pipelines.runs.steps.rebuild`. If there are partitions in
    `only`, no others are touched.
    """
    partitioning = Partitioning(ingested)
    records = ingested.draft.tables
    stale = (list_stale(records, table) for table in tables)
    keys = sorted({*partitioning.changed, *forced, *list_unviewed(records)}.union(*stale))
    keys = keys if only is None else sorted(only)
    sizes = [partitioning.sizes.get(key, 0) for key in keys]
    is_plain = ingested.mapping.is_plain
    is_large = sum(sizes) >= (LARGE_BYTES if is_plain else TRANSLATED_LARGE_BYTES)
    worker_bytes = WORKER_BYTES if is_plain else TRANSLATED_WORKER_BYTES
    groups = [
        _select_group(ingested, partitioning, group, tables, forced)._replace(
            writers=WORKER_WRITERS if is_large else WRITERS
        )
        for group in split_by_size(keys, sizes, worker_bytes if is_large else GROUP_BYTES)
    ]
    rebuilt: list[RebuiltGroup] = []
    done = 0
    outcomes = (
        call_each(rebuild_group, groups, executor) if is_large else map(rebuild_group, groups)
    )
    for group, each in zip(groups, outcomes, strict=True):
        rebuilt.append(each)
        done += len(group.partitions)
        on_progress("rebuild", done, len(keys))
    return Rebuilt(
        draft=ingested.draft.apply(each for group in rebuilt for each in group.written),
        findings=_replace_findings(ingested, partitioning, rebuilt),
        is_drifting=any(group.is_drifting for group in rebuilt),
        unknown_keys=[group.unknown_keys for group in rebuilt],
        read_partitions=frozenset(
            key for group in rebuilt for key in group.built.get("articles", ())
        ),
    )


def _select_group(
    ingested: Ingested,
    partitioning: Partitioning,
    keys: list[str],
    tables: Sequence[str],
    forced: Collection[str],
) -> Group:
    records = ingested.draft.tables["documents"]
    changed = partitioning.changed.intersection(keys)
    before = list(_list_before(records, changed))
    replaced = ingested.replaced.filter(pl.col(PARTITION).is_in(before))
    return Group(
        partitions=keys,
        draft=ingested.draft.only({*keys, *before}),
        before=before,
        tables=tables,
        changed=changed,
        forced=frozenset(forced).intersection(keys),
        bits=partitioning.bits,
        mapping=ingested.mapping,
        replaced=replaced["source_path"],
        parsed=partitioning.parsed.filter(pl.col(PARTITION).is_in(keys)),
        writers=WRITERS,
    )


def _list_before(records: Iterable[str], changed: Collection[str]) -> Iterator[str]:
    """The partitions that hold the documents of `changed` until now."""
    by_month: dict[str, list[str]] = defaultdict(list)
    for key in changed:
        by_month[find_month(key)].append(key)
    for key in records:
        if any(overlap(key, each) for each in by_month.get(find_month(key), ())):
            yield key


def _replace_findings(
    ingested: Ingested, partitioning: Partitioning, rebuilt: Sequence[RebuiltGroup]
) -> pl.DataFrame:
    """The findings with those of the partitions that were built in place of earlier ones."""
    built = pl.DataFrame(
        list(_list_built(rebuilt)), {"table_name": pl.String, PARTITION: pl.String}, orient="row"
    )
    findings = ingested.findings
    is_built = pl.col("table_name").is_in(built["table_name"].implode())
    columns = ("source_path", "document_id", PARTITION_KEY)
    found = ingested.files.find(findings.filter(is_built)["source_path"].unique(), columns)
    replaced = built.join(partitioning.name(found).select("source_path", PARTITION), on=PARTITION)
    kept = findings.join(replaced, on=["table_name", "source_path"], how="anti")
    return pl.concat([kept, *(group.findings for group in rebuilt)])


def _list_built(rebuilt: Sequence[RebuiltGroup]) -> Iterator[tuple[str, str]]:
    for group in rebuilt:
        yield from ((table, key) for table, keys in group.built.items() for key in keys)
