"""The steps of a run: plain functions that get values and return values, for any engine.

They decide what is to be done. The code that does it is imported only if there is something to do,
so a run without changes loads neither pandera nor the code of the tables.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Final

import polars as pl

from pipelines.changes.comparison import Unsettled, compare_buckets, list_deadly
from pipelines.changes.differences import Differences
from pipelines.changes.file_changes import compare_ledgers
from pipelines.changes.listing import Listing
from pipelines.changes.staleness import (
    is_dating_current,
    is_ingest_current,
    list_gone,
    list_inputs,
    list_outdated,
    list_stale,
    list_unviewed,
    note_mapping,
)
from pipelines.documents.batches import split_batches, start_batches
from pipelines.errors import PipelineError, RawError, RefusedError, UsageError
from pipelines.mapping.built_in import EVERYDAY
from pipelines.mapping.choice import SAMPLE_FILES, choose_mapping
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.archives import list_archives
from pipelines.runs.guards import list_objections
from pipelines.runs.job import Job
from pipelines.runs.left_out import find_left_out
from pipelines.runs.progress import OnProgress
from pipelines.runs.reader_files import prepare_for_readers
from pipelines.runs.start import Start
from pipelines.runs.state import Concluded, Ingested, Rebuilt
from pipelines.settings.stored import adapt_mapping
from pipelines.sources.source import Source
from pipelines.values.parts import find_month
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.layout import UNPARTITIONED
from pipelines.warehouse.warehouse import Warehouse
from schemas.documents import ARCHIVE
from schemas.language.archive import Archive, fold_keys

SMALL_BYTES: Final = 512 * 1024
"""This process parses as much as this sooner than a worker starts."""


def ingest(start: Start, executor: Executor, on_progress: OnProgress) -> Ingested:
    """Parse the raw files that changed. `executor` parses batches of files.

    Raises:
        RawError: The raw files cannot be listed, or none matches the globs.
        UsageError: One archive is to be read alone, and the settings concern all.
    """
    files = list_archives(start.listed, start.globs, start.kept, start.files)
    listing = Listing(files, start.scratch)
    if start.globs and not listing.count:
        raise RawError(f"{start.source}: no file matches {start.globs}")
    is_parser_unchanged = is_ingest_current(start.draft.tables) and not start.has_new_secrets
    misread = start.list_misread()
    if start.kept.others and (misread or start.has_new_secrets):
        raise UsageError(
            "the other archives must be read, too: the settings change what is read of a file",
            "--archive",
        )
    compared = compare_buckets(
        listing,
        start.files,
        is_parser_unchanged=is_parser_unchanged,
        misread=misread,
        reread=start.kept.chosen or (),
        is_kept=start.kept.find(pl.col("source_path")),
        unsettled=Unsettled.within(start.limits.settle),
    )
    differences = Differences(compared, start.scratch)
    mapping = start.mapping
    if mapping is None:
        mapping = choose_by_looking(start.source, _list_paths(differences), differences.count)
        mapping = adapt_mapping(mapping, start.settings)
    if not differences.buckets:
        ingested = Ingested(start.draft, mapping, True, start.files, start.findings)
        return _date(start, _note_waiting(ingested, differences))
    archive, suspects = adapt_archive(mapping), differences.list_suspects()
    batches = split_batches(start.source, archive, mapping, suspects, start.scratch)
    is_small = differences.size_bytes <= SMALL_BYTES and not _is_any_deadly(start, differences)
    promises = start_batches(batches, None if is_small else executor)
    # Imports take their time, so the workers got their batches before.
    from pipelines.runs.ingest import ingest_files

    if differences.count and not is_small:
        # Needed later. While the workers parse, loading it costs nothing.
        import pipelines.runs.conclude
        import pipelines.runs.conclude_files
        import pipelines.runs.rebuild  # noqa: F401

    ingested = ingest_files(start, listing, differences, promises, mapping, on_progress)
    return _date(start, _note_waiting(ingested, differences))


def _note_waiting(ingested: Ingested, differences: Differences) -> Ingested:
    return replace(ingested, waiting=differences.waiting, first_waiting=differences.first_waiting)


def adapt_archive(mapping: PostMapping) -> Archive:
    """The keys that the parser looks at, with the secrets of `mapping`."""
    secret_keys = fold_keys(ARCHIVE.secret_keys.union(mapping.secret_keys))
    return replace(ARCHIVE, secret_keys=secret_keys)


def skip_ingest(start: Start) -> Ingested:
    """The state of a run that reads no raw files."""
    mapping = start.mapping or EVERYDAY
    return _date(start, Ingested(start.draft, mapping, False, start.files, start.findings))


def choose_by_looking(source: Source, source_paths: Iterable[str], count: int) -> PostMapping:
    """The mapping that fits the posts among some of `count` files, spread over the archive."""
    sample = islice(source_paths, 0, None, count // SAMPLE_FILES + 1)
    return choose_mapping(_read_posts(source, sample), ARCHIVE.date_key)


def _read_posts(source: Source, source_paths: Iterable[str]) -> Iterator[bytes]:
    from pipelines.documents.fences import explain_ignored

    for source_path in source_paths:
        # A file that cannot be read does not matter here.
        with suppress(OSError):
            data = source.read(source_path).data
            if explain_ignored(data, source_path) is None:
                yield data


def _list_paths(differences: Differences) -> Iterator[str]:
    return (source_path for source_path, _, _ in differences.list_suspects())


def _is_any_deadly(start: Start, differences: Differences) -> bool:
    """Whether a worker died of one of the files. Such a file must not take this process along."""
    columns = ("source_path", "size_bytes", "content_sha256")
    source_paths = pl.Series(_list_paths(differences), dtype=pl.String)
    return len(list_deadly(start.before.find(source_paths, columns))) > 0


def _date(start: Start, ingested: Ingested) -> Ingested:
    """The state in which every document is in the month that its date gives it now."""
    records = ingested.draft.tables
    ingested = replace(ingested, draft=_note_mapping(ingested.draft, ingested.mapping))
    if is_dating_current(records, ingested.mapping) or not is_ingest_current(records):
        return ingested
    from pipelines.runs.redate import redate_documents

    return redate_documents(ingested, start.scratch)


def _note_mapping(draft: Draft, mapping: PostMapping) -> Draft:
    """The draft in which tables that were made by another mapping are out of date."""
    records = draft.tables["documents"]
    noted = {key: note_mapping(record, mapping) for key, record in records.items()}
    changed = [key for key in records if noted[key] is not records[key]]
    if not changed:
        return draft
    # Other keys are unknown now.
    stale = draft.mark_stale([("findings", UNPARTITIONED)])
    return stale.apply(Written("documents", key, noted[key]) for key in changed)


def rebuild(
    ingested: Ingested,
    tables: Sequence[str],
    forced: Collection[str],
    executor: Executor,
    on_progress: OnProgress,
    is_trial: bool = False,
) -> Rebuilt:
    """Write the documents that were ingested, and rebuild what is out of date in `tables`.

    Args:
        ingested: The state after parsing.
        tables: The tables to rebuild, parents first.
        forced: The months of which the first table is rebuilt in any case.
        executor: Takes groups of partitions, if there are many.
        on_progress: Hears how many partitions are done.
        is_trial: Leave all months but those that are forced as they are, even if out of date.

    Raises:
        PipelineError: There are no documents of one of the months.
    """
    records = ingested.draft.tables
    partitions = list(list_inputs(records, tables[0]))
    months = {find_month(key) for key in partitions}
    if unknown := sorted(set(forced) - months):
        raise PipelineError(
            f"{tables[0]}: no documents of {', '.join(unknown)}; there are months: "
            f"{', '.join(sorted(months)) or 'none'}"
        )
    rebuilt = Rebuilt(ingested.draft, ingested.findings)
    is_stale = bool(list_unviewed(records)) or any(list_stale(records, each) for each in tables)
    if ingested.is_changed or forced or is_stale:
        from pipelines.runs.rebuild import rebuild_partitions

        chosen = [key for key in partitions if find_month(key) in forced]
        only = chosen if is_trial else None
        rebuilt = rebuild_partitions(ingested, tables, chosen, executor, on_progress, only)
    return replace(rebuilt, draft=_drop_gone(rebuilt.draft, tables))


def _drop_gone(draft: Draft, tables: Sequence[str]) -> Draft:
    """The draft without the partitions of `tables` that have no documents any more."""
    return draft.apply(
        Written(table, key, None) for table in tables for key in list_gone(draft.tables, table)
    )


def conclude(start: Start, ingested: Ingested, rebuilt: Rebuilt) -> Concluded:
    """Write the tables that depend on all others: findings, with their lines, and files."""
    draft, files, findings = rebuilt.draft, ingested.files, rebuilt.findings
    is_outdated = any(list_outdated(draft.tables).values())
    if not (draft.is_changed or start.has_other_settings or files.changed or is_outdated):
        changes = compare_ledgers(start.before, files)
        return Concluded(draft, ingested.mapping, files, findings, changes, is_changed=False)
    from pipelines.runs.conclude import conclude_findings
    from pipelines.runs.conclude_files import conclude_files, prove_loaded

    draft, findings = conclude_findings(start.source, ingested, rebuilt)
    draft, files = conclude_files(
        draft,
        files,
        start.findings,
        findings,
        ingested.mapping,
        is_mapping_new=start.has_other_mapping(ingested.mapping),
    )
    changes = compare_ledgers(start.before, files)
    prove_loaded(draft, changes.statuses)
    is_changed = draft.is_changed or start.has_other_settings
    return Concluded(draft, ingested.mapping, files, findings, changes, is_changed)


def conclude_and_observe(
    start: Start, ingested: Ingested, rebuilt: Rebuilt, is_full: bool = False
) -> Concluded:
    """`conclude`, and add to the history what is seen of articles now.

    `is_full` if the run does without damaged files of the history.

    Raises:
        DamagedError: One is damaged.
    """
    concluded = conclude(start, ingested, rebuilt)
    if not (concluded.is_changed or is_full):
        return concluded
    from pipelines.runs.conclude_observations import conclude_observations

    draft = conclude_observations(concluded.draft, start.began_ns, is_full=is_full)
    return replace(concluded, draft=draft, is_changed=concluded.is_changed or draft.is_changed)


def audit(start: Start, concluded: Concluded, job: Job) -> None:
    """Judge the state to be published.

    Raises:
        RefusedError: A guard objects.
    """
    objections = list_objections(
        concluded.changes,
        concluded.findings,
        start.limits,
        find_left_out(start, concluded),
        concluded.mapping,
    )
    if objections:
        raise RefusedError(objections, job, is_staged=concluded.is_changed)


def publish(warehouse: Warehouse, concluded: Concluded, number: int) -> None:
    """Make the sealed state the current snapshot, under `number`."""
    warehouse.publish(number, concluded.draft.folder, prepare_for_readers)
