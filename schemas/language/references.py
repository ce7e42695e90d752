"""References: columns of a table whose values stand in a column of another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """How rows of a table find rows of another: `columns` equal `target_columns` of `target`.

    `is_complete` says that every value that is not null is found there. Otherwise some rows join
    nothing. Whether a row finds one row or several, the key of the target decides:
    see `finds_one` in the registry.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    is_complete: bool = True


def refers(
    column: str, target: str, target_column: str = "", *, is_complete: bool = True
) -> Reference:
    """A reference of one column. The column of the target has the same name, if none is given."""
    return Reference((column,), target, (target_column or column,), is_complete)
