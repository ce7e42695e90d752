"""Articles by the month in which they were published, in steps that a chart has room for."""

from collections.abc import Iterable
from typing import Any, Final, Literal

from pipelines.reports.catalog.asking import Ask

Step = Literal["month", "quarter", "year"]
MOST_STEPS: Final = 24
"""How many columns a grid of months has at most."""
_MONTHS: Final[dict[Step, int]] = {"month": 1, "quarter": 3, "year": 12}


def count_articles(ask: Ask, most: int = 120) -> dict[str, Any]:
    """How many articles are public and hidden, in at most about `most` steps without a gap.

    `undated` are the articles without a month.
    """
    rows = ask(
        "SELECT published_month AS month, count(*) FILTER (is_public) AS public, "
        "count(*) FILTER (NOT is_public) AS hidden FROM articles GROUP BY ALL ORDER BY month"
    )
    dated = [row for row in rows if row["month"]]
    step = choose_step((row["month"] for row in dated), most)
    steps = {
        name: {"step": name, "public": 0, "hidden": 0}
        for name in list_steps([row["month"] for row in dated], step)
    }
    for row in dated:
        into = steps[name_step(row["month"], step)]
        into["public"] += row["public"]
        into["hidden"] += row["hidden"]
    undated = sum(row["public"] + row["hidden"] for row in rows if not row["month"])
    return {"step": step, "steps": list(steps.values()), "undated": undated}


def choose_step(months: Iterable[str], most: int) -> Step:
    """The smallest step that needs no more than `most` of them."""
    listed = sorted(months)
    for step in _MONTHS:
        if len(list_steps(listed, step)) <= most:
            return step
    return "year"


def name_step(month: str, step: Step) -> str:
    """The step that a month is in, like `2024-03`, `2024 Q1` or `2024`."""
    year, number = month.split("-")
    if step == "year":
        return year
    return f"{year} Q{(int(number) + 2) // 3}" if step == "quarter" else month


def list_steps(months: list[str], step: Step) -> list[str]:
    """Every step from the first of `months` to the last, without a gap."""
    if not months:
        return []
    first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (min(months), max(months)))
    names = (f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))
    return list(dict.fromkeys(name_step(name, step) for name in names))
