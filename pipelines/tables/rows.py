"""From candidate rows, still text, to the valid rows of a table and the findings of the rest."""

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import polars as pl

from pipelines.errors import SchemaMismatchError
from pipelines.tables.casting import cast_columns
from pipelines.tables.failures import Failures, concat_failures
from pipelines.tables.findings import build_findings
from pipelines.tables.validation import find_failures
from schemas.front_matter import Shape
from schemas.language.table import Table


class Built(NamedTuple):
    """The rows that go into a table, with `published_month`, and the findings of all candidates."""

    rows: pl.DataFrame
    findings: pl.DataFrame


def key_columns(table: Table, shape: Shape, field: Callable[[str], pl.Expr]) -> dict[str, pl.Expr]:
    """An expression for every column that `table` reads from a key of the front matter.

    Args:
        table: The table; `provider.name` is the key `name` of the mapping `provider`.
        shape: The keys of the mapping that holds a row.
        field: Gives the expression of one of them.

    Raises:
        SchemaMismatchError: A column reads a key that no document has.
    """
    columns: dict[str, pl.Expr] = {}
    for name in table.columns:
        if key := table.front_matter_key(name):
            if not _has_key(shape, key):
                raise SchemaMismatchError(
                    f"schemas/{table.name}.py: {name} is read from the key {key!r}, expected one "
                    "that is in schemas/front_matter.py"
                )
            root, *inner = key.split(".")
            columns[name] = reduce(lambda outer, step: outer.struct.field(step), inner, field(root))
    return columns


def _has_key(shape: Shape, key: str) -> bool:
    first, _, rest = key.partition(".")
    if not isinstance(shape, dict) or first not in shape:
        return False
    return not rest or _has_key(shape[first], rest)


def build_rows(
    table: Table,
    candidates: pl.DataFrame,
    derive: Callable[[pl.DataFrame], pl.DataFrame],
    known: Failures | None = None,
) -> Built:
    """Type, complete and judge `candidates`; every one is in `rows` or has a finding.

    Args:
        table: The table that they are for.
        candidates: Rows as text, in the order of the table, with `published_month` and what
            `build_findings` needs.
        derive: Adds the columns that are computed from typed ones.
        known: Failures that were found before, and are not said twice.

    Raises:
        SchemaMismatchError: `table` has a column that nobody makes.
    """
    typed, unreadable = cast_columns(candidates.with_row_index("row_index"), table)
    failures = concat_failures([unreadable] if known is None else [known, unreadable])
    # The first round judges every row, so that all that is wrong with one is said at once. Rounds
    # end when no row fails: derive may look at neighbours, and those must be in the table.
    while True:
        derived = derive(typed)
        if missing := [name for name in table.columns if name not in derived.columns]:
            raise SchemaMismatchError(
                f"schemas/{table.name}.py: {', '.join(missing)}: expected a key of the front "
                f"matter, or an expression in pipelines/{table.name}.py"
            )
        broken = find_failures(derived.select(*table.columns), table)
        if broken.height:
            failures = _add_unsaid(failures, broken, typed["row_index"])
        # Warnings keep no row out.
        failed = failures.filter(severity="error")["row_index"].unique()
        valid = typed.filter(~pl.col("row_index").is_in(failed.implode())) if len(failed) else typed
        if valid.height == typed.height:
            break
        typed = valid
    return Built(
        derived.select(*table.columns, "published_month"),
        build_findings(failures, candidates, table),
    )


def _add_unsaid(failures: Failures, broken: Failures, row_index: pl.Series) -> Failures:
    """`failures`, and those of `broken` in columns of which they say no error yet.

    `row_index` numbers the rows that were judged.
    """
    broken = broken.with_columns(row_index=row_index.gather(broken["row_index"]))
    # What could not be read is null by now, and so is an item of a list. That it must not be null
    # would be the same mistake told twice: so the whole column of the row counts as said.
    root = pl.col("column").str.extract(r"^([^\[]+)")
    said = failures.filter(severity="error").select("row_index", root)
    return concat_failures([failures, broken.join(said, on=["row_index", "column"], how="anti")])
