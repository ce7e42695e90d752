"""conclude, after all: what is seen of articles now is added to what was seen before."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.tables.observations import (
    SUBJECT,
    VALUES,
    observe,
    select_changed,
    sort_observations,
)
from pipelines.tables.validation import check_rows
from pipelines.values.groups import split_by_size
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.inheritance import Inherited, inherit_history
from pipelines.warehouse.layout import UNPARTITIONED
from pipelines.warehouse.manifest import Partition
from schemas.articles import ARTICLES
from schemas.observations import OBSERVATIONS

FILE_ROWS: Final = 100_000
"""A file with so many rows is full. What is seen later in its month goes into a new one, so a run
writes about as much however long the history is."""
GROUP_ROWS: Final = 1_000_000
"""Articles that are compared at once."""
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def conclude_observations(draft: Draft, began_ns: int, *, is_full: bool) -> Draft:
    """The draft with a row for each article that is not as it was seen last.

    The run began at `began_ns`. If `is_full`, it does without damaged files.

    Raises:
        DamagedError: A file with what was seen before is damaged.
    """
    # Polars would take a float, which is not exact.
    observed_at = _EPOCH + timedelta(microseconds=began_ns // 1000)
    inherited = inherit_history(draft, OBSERVATIONS.name, is_full=is_full)
    draft = inherited.draft
    for keys in _group_unseen(inherited):
        seen = observe_articles(draft, keys, observed_at)
        draft = _add(draft, select_changed(seen, _read_known(draft, seen)), f"{observed_at:%Y-%m}")
    return _keep_one_file(draft)


def replace_observations(draft: Draft, rows: pl.DataFrame) -> Draft:
    """The draft with `rows`, which are settled, in place of all that was seen before.

    If it has just these, it stays as it is.
    """
    rows = sort_observations(rows)
    had = draft.read(OBSERVATIONS.name)
    if had is not None and sort_observations(had).equals(rows):
        return draft
    wanted = dict(_cut(rows))
    gone = [
        Written(OBSERVATIONS.name, key, None)
        for key in draft.tables[OBSERVATIONS.name].keys() - wanted.keys()
    ]
    return _keep_one_file(draft.apply([*gone, *(_write(draft, *each) for each in wanted.items())]))


def observe_articles(
    draft: Draft, partitions: list[str] | None, observed_at: datetime
) -> pl.DataFrame:
    """A row for each article in some partitions, or in all."""
    articles = draft.read(ARTICLES.name, partitions, lambda rows: rows.select(*SUBJECT, *VALUES))
    return observe(
        pl.DataFrame(schema=OBSERVATIONS.dtypes) if articles is None else articles, observed_at
    )


def _group_unseen(inherited: Inherited) -> Iterator[list[str]]:
    """Groups of partitions of articles whose rows are not those that were seen last."""
    records = inherited.draft.tables[ARTICLES.name]
    seen = inherited.origin.manifest.tables[ARTICLES.name] if inherited.origin else {}
    unseen = {
        key: record
        for key, record in sorted(records.items())
        if record.rows and (key not in seen or seen[key].sha256 != record.sha256)
    }
    ours = fingerprint_table(ARTICLES.name)
    current = [key for key, record in unseen.items() if record.fingerprint == ours]
    yield from split_by_size(current, (unseen[key].rows for key in current), GROUP_ROWS)
    # Other code may have written other columns. What lacks ours is seen when it is rebuilt.
    others = unseen.keys() - set(current)
    yield from ([key] for key in sorted(others) if _has_columns(inherited.draft, key))


def _has_columns(draft: Draft, partition: str) -> bool:
    found = draft.read(ARTICLES.name, [partition], lambda rows: rows.limit(0))
    return found is not None and {*SUBJECT, *VALUES} <= set(found.columns)


def _read_known(draft: Draft, seen: pl.DataFrame) -> pl.DataFrame:
    """What was seen before of the articles of `seen`."""
    is_wanted = pl.col("article_id").is_in(seen["article_id"].implode())
    known = draft.read(OBSERVATIONS.name, select=lambda rows: rows.filter(is_wanted))
    return seen.clear() if known is None else known


def _add(draft: Draft, rows: pl.DataFrame, month: str) -> Draft:
    """Put new rows into the last file of the month, or into a new one if that is full."""
    if not len(rows):
        return draft
    records = draft.tables[OBSERVATIONS.name]
    key = _choose_partition(records, month)
    had = draft.read(OBSERVATIONS.name, [key])
    rows = rows if had is None else pl.concat([had, rows])
    return draft.apply([_write(draft, key, sort_observations(rows))])


def _choose_partition(records: Mapping[str, Partition], month: str) -> str:
    number = 1
    while (record := records.get(_name(month, number))) and record.rows >= FILE_ROWS:
        number += 1
    return _name(month, number)


def _name(month: str, number: int) -> str:
    """The partition of one file of a month. All files lie in one folder."""
    return f"{UNPARTITIONED}/{month}-{number:04}"


def _cut(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows by partition: those of a month of observing, at most `FILE_ROWS` of them."""
    month = pl.col("observed_at").dt.strftime("%Y-%m")
    for (name,), some in rows.group_by(month, maintain_order=True):
        for number, start in enumerate(range(0, some.height, FILE_ROWS), start=1):
            yield _name(str(name), number), some.slice(start, FILE_ROWS)


def _write(draft: Draft, partition: str, rows: pl.DataFrame) -> Written:
    record = Partition({}, fingerprint_table(OBSERVATIONS.name), rows.height)
    return draft.write(OBSERVATIONS, partition, check_rows(rows, OBSERVATIONS), record)


def _keep_one_file(draft: Draft) -> Draft:
    return draft.keep_one_file(OBSERVATIONS, UNPARTITIONED, fingerprint_table(OBSERVATIONS.name))
