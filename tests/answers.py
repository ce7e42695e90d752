"""Answers of queries, as tests compare them."""

from typing import Any

from pipelines.reports.query import Answer


def name_values(answer: Answer) -> list[dict[str, Any]]:
    """Every row of `answer`, its values by the names of their columns."""
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
