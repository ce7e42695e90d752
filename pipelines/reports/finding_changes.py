"""Which findings of a snapshot are new, and which of an earlier one are gone."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from pipelines.reports.secrets import HIDDEN, find_secrets
from pipelines.warehouse.snapshot import Snapshot
from schemas.findings import FINDINGS

_ORDINAL: Final = "_ordinal"
_ORDER: Final = ["severity", "source_path", "line", "column_number"]
_SAID: Final = ("value", "expected", "message", "row")


class FindingChanges(NamedTuple):
    """Findings that only one of two snapshots has: errors first, then file by file."""

    new: pl.DataFrame
    closed: pl.DataFrame

    def count_kinds(self) -> Iterator[tuple[str, str, int]]:
        """What there is of each, as (new or closed, severity, count)."""
        for kind, rows in self._asdict().items():
            counts = rows.group_by("severity").len().sort("severity")
            yield from ((kind, str(severity), count) for severity, count in counts.iter_rows())


def list_finding_changes(old: Snapshot | None, new: Snapshot) -> FindingChanges:
    """Compare the findings of two snapshots. A finding is the same in another line, too.

    Raises:
        DamagedError: A file of them is damaged.
    """
    after = new.read("findings")
    before = old.read("findings") if old else after.clear()
    secrets = find_secrets(old.manifest if old else None, new.manifest)
    return FindingChanges(
        new=_find_others(after, before, is_hidden=secrets.hides_new),
        closed=_find_others(before, after, is_hidden=secrets.hides_old),
    )


def _find_others(rows: pl.DataFrame, others: pl.DataFrame, *, is_hidden: bool) -> pl.DataFrame:
    """Those of `rows` that are not among `others`."""
    matched = [each.cast(pl.String).alias(f"_{n}") for n, each in enumerate(FINDINGS.match)]
    names = [each.meta.output_name() for each in matched]
    on = [*names, _ORDINAL]
    ours, theirs = (
        each.with_columns(matched).with_columns(pl.int_range(pl.len()).over(names).alias(_ORDINAL))
        for each in (rows, others)
    )
    found = ours.join(theirs, on=on, how="anti", nulls_equal=True).drop(on).sort(_ORDER)
    if not is_hidden:
        return found
    # Something that is a secret in the other snapshot may stand here.
    return found.with_columns(pl.lit(HIDDEN).alias(name) for name in _SAID)
