"""Steps of time that a chart or a grid has room for, and articles by them."""

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from pipelines.reports.catalog.asking import Ask

Step = Literal["month", "quarter", "year"]
STEPS: Final[tuple[Step, ...]] = ("month", "quarter", "year")
MOST_STEPS: Final = 24
"""How many columns a grid has at most."""
MOST_BARS: Final = 120
MOST_SMALL_BARS: Final = 60


class Scale(NamedTuple):
    """The steps of a chart or a grid, from the earliest to the latest."""

    step: Step
    steps: list[str]


def choose_scale(months: Iterable[str], most: int) -> Scale:
    """The finest scale of at most `most` steps, from the first of `months` to the last.

    If that is too many years, the scale has only years that occur, and of these the latest: a
    single wrong date must not stretch it over millennia.
    """
    listed = sorted(set(months))
    for step in STEPS:
        if _count_steps(listed, step) <= most:
            return Scale(step, _list_steps(listed, step))
    return Scale("year", list(dict.fromkeys(month[:4] for month in listed))[-most:])


def name_step(month: str, step: Step) -> str:
    """The step that a month is in, like `2024-03`, `2024 Q1` or `2024`."""
    year, number = month.split("-")
    if step == "year":
        return year
    return f"{year} Q{(int(number) + 2) // 3}" if step == "quarter" else month


def sum_steps(counts: Iterable[tuple[str, int]], scale: Scale) -> list[int]:
    """For each step of `scale` the sum of the counts of its months."""
    sums = dict.fromkeys(scale.steps, 0)
    for month, count in counts:
        if (name := name_step(month, scale.step)) in sums:
            sums[name] += count
    return list(sums.values())


def count_articles(ask: Ask) -> dict[str, Any]:
    """How many articles are public and hidden in each step.

    `undated` are the articles without a month, `left_out` those for which there was no room.
    """
    rows = ask(
        "SELECT published_month AS month, count(*) FILTER (is_public) AS public, "
        "count(*) FILTER (NOT is_public) AS hidden FROM articles GROUP BY ALL ORDER BY month"
    )
    dated = [row for row in rows if row["month"]]
    scale = choose_scale((row["month"] for row in dated), MOST_BARS)
    public, hidden = (
        sum_steps(((row["month"], row[name]) for row in dated), scale)
        for name in ("public", "hidden")
    )
    every = sum(row["public"] + row["hidden"] for row in rows)
    shown = sum(public) + sum(hidden)
    undated = sum(row["public"] + row["hidden"] for row in rows if not row["month"])
    return {
        "step": scale.step,
        "steps": [
            {"step": name, "public": shown, "hidden": not_shown}
            for name, shown, not_shown in zip(scale.steps, public, hidden, strict=True)
        ],
        "undated": undated,
        "left_out": every - shown - undated,
    }


def _count_steps(months: list[str], step: Step) -> int:
    if not months:
        return 0
    size = {"month": 1, "quarter": 3, "year": 12}[step]
    return _number(months[-1]) // size - _number(months[0]) // size + 1


def _list_steps(months: list[str], step: Step) -> list[str]:
    """Every step from the first of `months` to the last, without a gap."""
    if not months:
        return []
    numbers = range(_number(months[0]), _number(months[-1]) + 1)
    names = (f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers)
    return list(dict.fromkeys(name_step(name, step) for name in names))


def _number(month: str) -> int:
    """Which month it is since the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1
