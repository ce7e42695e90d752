"""Quality by provider and month: who publishes how much, how good, and what is missing."""

from typing import Any, Final

from pipelines.reports.catalog.asking import Ask, Row
from pipelines.reports.catalog.months import MOST_STEPS, Step, choose_scale

MOST_PROVIDERS: Final = 25

_ARTICLES: Final = (
    "(SELECT articles.*, provider FROM articles "
    "JOIN (SELECT article_id, provider FROM article_providers) USING (article_id))"
)
"""The articles, each with its publisher under one name."""
_MEASURES: Final = """
    count(*) AS articles, count(*) FILTER (is_public) AS public, median(quality) AS quality,
    avg((excerpt_text IS NULL)::INT) AS without_teaser, avg((image_count = 0)::INT) AS without_image
"""

_LABELS: Final = {
    "quality": "median quality",
    "articles": "articles",
    "without_teaser": "without teaser",
    "without_image": "without image",
}
"""The measures of the grid."""


def describe_providers(ask: Ask) -> dict[str, Any]:
    """The largest providers, each with its articles, quality and gaps, over all time and by step.

    Articles without a provider are one row, whose `provider` is null.
    """
    rows = ask(
        f"SELECT provider, {_MEASURES}, min(published_on) AS first, "
        f"max(published_on) AS last FROM {_ARTICLES} GROUP BY ALL ORDER BY articles DESC, provider"
    )
    shown = rows[:MOST_PROVIDERS]
    for row in shown:
        row |= {name: row[name] and str(row[name]) for name in ("first", "last")}
    return {
        "count": sum(row["provider"] is not None for row in rows),
        "rows": shown,
        "more": len(rows) - len(shown),
        "grid": _describe_grid(ask, shown),
    }


def _describe_grid(ask: Ask, shown: list[Row]) -> dict[str, Any]:
    """The same measures for each of the providers shown and each step of time."""
    months = [
        row["month"]
        for row in ask(
            "SELECT DISTINCT published_month AS month FROM articles "
            "WHERE published_month IS NOT NULL ORDER BY month"
        )
    ]
    step, steps = choose_scale(months, MOST_STEPS)
    cells: dict[Any, dict[str, Row]] = {row["provider"]: {} for row in shown}
    for row in ask(
        f"SELECT provider, {_select_step(step)} AS step, {_MEASURES} "
        f"FROM {_ARTICLES} WHERE published_month IS NOT NULL GROUP BY ALL"
    ):
        if row["provider"] in cells:
            cells[row.pop("provider")][row.pop("step")] = row
    measures = (_describe_measure(name, cells, steps) for name in _LABELS)
    return {
        "step": step,
        "steps": steps,
        "measures": [each for each in measures if each["highest"] is not None],
    }


def _describe_measure(
    name: str, cells: dict[Any, dict[str, Row]], steps: list[str]
) -> dict[str, Any]:
    """One measure of every provider and step, and its range; null where there is no value."""
    rows = [
        {"provider": provider, "figures": [found.get(step, {}).get(name) for step in steps]}
        for provider, found in cells.items()
    ]
    known = [value for row in rows for value in row["figures"] if value is not None]
    return {
        "name": name,
        "label": _LABELS[name],
        "is_share": name.startswith("without_"),
        "lowest": min(known, default=None),
        "highest": max(known, default=None),
        "rows": rows,
    }


def _select_step(step: Step) -> str:
    """SQL for `name_step` of the month."""
    year = "published_month[:4]"
    if step == "year":
        return year
    quarter = f"{year} || ' Q' || ((published_month[6:]::INT + 2) // 3)"
    return quarter if step == "quarter" else "published_month"
