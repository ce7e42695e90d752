"""Joins between tables, in words."""

from collections.abc import Iterator

from pipelines.reports.dictionary import DescribedTable
from schemas.language.references import Reference
from schemas.language.registry import finds_one, load_tables


def list_joins(table: DescribedTable) -> Iterator[str]:
    """A sentence for each way from `table` to another one, and for each way back."""
    for reference in table.references:
        yield f"Joins {reference.target} on {_condition(reference)}: {count_found(reference)}."
    for source in load_tables().values():
        for reference in source.references:
            if reference.target == table.name:
                yield f"Joined by {source.name} on {_condition(reference)}."


def count_found(reference: Reference) -> str:
    """How many rows of the target a row finds."""
    if finds_one(reference):
        return "exactly one row" if reference.is_complete else "one row or none"
    return "one row or several" if reference.is_complete else "no row, one or several"


def _condition(reference: Reference) -> str:
    pairs = zip(reference.columns, reference.target_columns, strict=True)
    return " and ".join(own if own == other else f"{own} = {other}" for own, other in pairs)
