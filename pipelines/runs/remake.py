"""Remaking: the files of a published snapshot are made again, from documents or from raw files.

Whether they are those that were published, their hashes decide. So nothing here has to be trusted.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.ledger import Ledger, open_ledger
from pipelines.documents.batches import finish_batches, split_batches, start_batches
from pipelines.documents.parsed import Parsed
from pipelines.errors import WarehouseError
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs import steps
from pipelines.runs.archives import NOTHING_KEPT
from pipelines.runs.group import Group
from pipelines.runs.ingest import check_readable
from pipelines.runs.limits import Limits
from pipelines.runs.progress import ignore_progress
from pipelines.runs.rebuild_group import rebuild_group
from pipelines.runs.start import Start, read_globs
from pipelines.runs.state import STRETCH_TYPES, ParsedDocuments
from pipelines.settings.stored import read_mapping, restore_settings
from pipelines.sources.addresses import open_source
from pipelines.sources.source import Source
from pipelines.tables.own_columns import find_table
from pipelines.values.parts import list_bits, name_partitions
from pipelines.warehouse.damage import DamagedFile
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.snapshot import Snapshot
from schemas.findings import FINDINGS
from schemas.language.registry import list_derived

NAMED_FILES = 3
"""How many raw files that changed are named."""


class Remaker:
    """Makes files of `snapshot` again, in the folder `scratch`. Nothing of the snapshot changes.

    All methods raise a `PipelineError` if something that they need is missing or damaged.
    """

    def __init__(self, snapshot: Snapshot, scratch: Path, executor: Executor) -> None:
        self.snapshot = snapshot
        self.scratch = scratch
        self.executor = executor

    def remake(self, file: DamagedFile) -> tuple[Path, str]:
        """One file of documents, or of a table made from them, and what it was made from.

        Raises:
            WarehouseError: There are too few documents or raw files to make it.
        """
        if not file.record.rows:
            return self._write_empty(file), "nothing, since it has no rows"
        if file.table in list_derived():
            group = self._select(file.partition, [file.table])
            return _find_path(rebuild_group(group).written, file), "documents"
        return self._remake_documents(file)

    def remake_all(self) -> Draft:
        """The whole snapshot, from all raw files as they are now. Files that are whole are left."""
        source = self._open_source()
        manifest = self.snapshot.manifest
        start = Start(
            source=source,
            listed=source,
            kept=NOTHING_KEPT,
            globs=read_globs(manifest),
            mapping=self._mapping,
            settings=restore_settings(manifest.settings),
            parent=self.snapshot,
            draft=self._begin(is_empty=True),
            scratch=self.scratch,
            before=Ledger(),
            history=Ledger(),
            files=Ledger(),
            findings=FINDINGS_NONE,
            began_ns=time.time_ns(),
            limits=Limits(),
        )
        ingested = steps.ingest(start, self.executor, ignore_progress)
        rebuilt = steps.rebuild(ingested, list_derived(), [], self.executor, ignore_progress)
        return steps.conclude(start, ingested, rebuilt).draft

    def _write_empty(self, file: DamagedFile) -> Path:
        table = find_table(file.table, self._mapping)
        rows = pl.DataFrame(schema=table.dtypes)
        draft = self._begin()
        return _find_path(
            [draft.write(table, file.partition, rows, file.record, is_kept_empty=True)], file
        )

    def _remake_documents(self, file: DamagedFile) -> tuple[Path, str]:
        """The documents of one partition, from those of their raw files."""
        known = pl.concat(self._list_files(file.partition))
        source = self._open_source()
        batches = split_batches(
            source,
            steps.adapt_archive(self._mapping),
            self._mapping,
            known.select("source_path", "size_bytes", pl.lit(None, pl.String)).iter_rows(),
            self.scratch,
        )
        finished = finish_batches(start_batches(batches, self.executor))
        parsed = [each for some in finished for each in some.parsed]
        check_readable(parsed, source)
        if changed := _list_changed(known, parsed):
            more = len(changed) - NAMED_FILES
            named = ", ".join(changed[:NAMED_FILES])
            others = f" and {more:,} more" if more > 0 else ""
            raise WarehouseError(f"raw files changed since: {named}{others}")
        group = self._select(file.partition, [])
        without = {**group.draft.tables, "documents": {}}
        group = group._replace(
            draft=replace(group.draft, tables=without),
            changed=frozenset([file.partition]),
            parsed=_collect(parsed, file.partition),
        )
        count = f"{len(known):,} raw files" if len(known) > 1 else "its raw file"
        return _find_path(rebuild_group(group).written, file), count

    def _list_files(self, partition: str) -> Iterator[pl.DataFrame]:
        """The files whose documents are in `partition`."""
        bits = list_bits(self.snapshot.manifest.tables["documents"])
        columns = ("document_id", "published_month", "source_path", "size_bytes", "content_sha256")
        ledger = open_ledger(self.snapshot)
        for bucket in ledger.buckets:
            rows = ledger.read(bucket, columns).drop_nulls("document_id")
            yield rows.filter(name_partitions(rows, bits) == partition)

    def _select(self, partition: str, tables: list[str]) -> Group:
        """A group of one partition, of which the first of `tables` is rebuilt."""
        return Group(
            partitions=[partition],
            draft=self._begin().only([partition]),
            before=[],
            tables=tables,
            changed=frozenset(),
            forced=frozenset([partition]),
            bits=list_bits(self.snapshot.manifest.tables["documents"]),
            mapping=self._mapping,
            replaced=pl.Series("source_path", [], pl.String),
            parsed=ParsedDocuments(),
            writers=1,
        )

    def _begin(self, *, is_empty: bool = False) -> Draft:
        return Draft.begin(self.scratch / "draft", self.scratch, self.snapshot, is_empty=is_empty)

    @cached_property
    def _mapping(self) -> PostMapping:
        return read_mapping(self.snapshot.manifest)

    def _open_source(self) -> Source:
        source = open_source(self.snapshot.manifest.raw)
        source.check_readable()
        return source


FINDINGS_NONE = pl.DataFrame(schema=FINDINGS.dtypes)


def _find_path(written: list[Written], file: DamagedFile) -> Path:
    """Where the file of the table and partition of `file` was written.

    Raises:
        WarehouseError: It has no rows any more.
    """
    for each in written:
        if (each.table, each.partition) == (file.table, file.partition) and each.path:
            return each.path
    raise WarehouseError("what it was made from has no rows for it")


def _list_changed(known: pl.DataFrame, parsed: list[Parsed]) -> list[str]:
    """The raw files that do not have the bytes that `known` says."""
    found = dict(
        pair
        for each in parsed
        for pair in zip(*_read(each.ledger, "source_path", "content_sha256"), strict=True)
    )
    pairs = known.select("source_path", "content_sha256").iter_rows()
    return [source_path for source_path, sha256 in pairs if found.get(source_path) != sha256]


def _read(path: Path, *columns: str) -> list[list[str]]:
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
        return [table[name].to_pylist() for name in columns]


def _collect(parsed: list[Parsed], partition: str) -> ParsedDocuments:
    """The documents of `parsed`, all of one partition."""
    files = [each.documents for each in parsed if each.documents]
    counts = [len(_read(path, "source_path")[0]) for path in files]
    rows = [(partition, number, 0, count) for number, count in enumerate(counts)]
    return ParsedDocuments(files, pl.DataFrame(rows, STRETCH_TYPES, orient="row"))
