"""Slow functions of text, computed once for each distinct value."""

from collections.abc import Callable

import polars as pl


def map_distinct(
    values: pl.Series, compute: Callable[[pl.Series], pl.DataFrame | pl.Series]
) -> pl.DataFrame:
    """The result of `compute` for `values`, in their order. It sees each distinct value only once.

    Returns:
        The columns of `compute`; null for null.
    """
    distinct = values.unique().drop_nulls().alias("_value")
    computed = compute(distinct)
    columns = computed.to_frame() if isinstance(computed, pl.Series) else computed
    return (
        values.alias("_value")
        .to_frame()
        .join(columns.with_columns(distinct), on="_value", how="left", maintain_order="left")
        .drop("_value")
    )
