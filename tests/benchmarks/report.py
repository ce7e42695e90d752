"""The report: what was measured, as Markdown tables."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from tests.benchmarks.rounds import divide
from tests.benchmarks.target import Comparison, Curve, Section, Target


def render_report(
    intro: str, facts: dict[str, str], sections: Sequence[Section], profile: str | None
) -> str:
    """All of it; `facts` say what was measured, on what, `profile` where the time goes."""
    parts = [
        "# Benchmarks",
        intro,
        _render_list(f"{name}: {fact}" for name, fact in facts.items()),
        "## Targets",
        _render_targets([target for section in sections for target in section.targets]),
        *(part for section in sections for part in _render_section(section)),
    ]
    if profile is not None:
        parts += ["## Where the time goes", profile.strip()]
    return "\n\n".join(parts) + "\n"


def _render_targets(targets: Iterable[Target]) -> str:
    rows = [
        (
            target.claim,
            f"{'≥' if target.is_at_least else '≤'} {target.limit:.3g}{target.unit}",
            *_spread(target.values),
            "met" if target.is_met else "**missed**",
        )
        for target in targets
    ]
    return _render_table(("target", "limit", "median", "min", "max", "verdict"), rows)


def _render_section(section: Section) -> Iterable[str]:
    yield f"## {section.title}"
    if section.comparison:
        yield _render_comparison(section.comparison)
    if section.curve:
        yield _render_curve(section.curve)
    if section.notes:
        yield _render_list(section.notes)


def _render_comparison(comparison: Comparison) -> str:
    base = comparison.samples[comparison.baseline]
    rows = [
        [name, *_spread(values), *_spread(divide(values, base))]
        for name, values in comparison.samples.items()
    ]
    unit = comparison.unit
    ratio = f"to `{comparison.baseline}`"
    header = ["", f"median {unit}", f"min {unit}", f"max {unit}", ratio, "min", "max"]
    if comparison.cpu_seconds:
        header.append("median CPU s")
        for row, values in zip(rows, comparison.cpu_seconds.values(), strict=True):
            row.append(_number(median(values)))
    return _render_table(header, rows)


def _render_curve(curve: Curve) -> str:
    """Growth is linear if no file costs more than those before it.

    All seconds are shared by all files, or what a step takes by those that it adds.
    """
    counts = list(curve.seconds)
    added = ["", *(_cost_of_added(curve, *pair) for pair in pairwise(counts))]
    rows = [
        (f"{count:,}", *_spread(values), _number(median(values) / count * 1e6), cost)
        for (count, values), cost in zip(curve.seconds.items(), added, strict=True)
    ]
    header = ("files", "median s", "min s", "max s", "µs a file", "µs an added file")
    return _render_table(header, rows)


def _cost_of_added(curve: Curve, few: int, many: int) -> str:
    seconds = median(
        more - less for less, more in zip(curve.seconds[few], curve.seconds[many], strict=True)
    )
    return _number(seconds / (many - few) * 1e6)


def _spread(values: Sequence[float]) -> tuple[str, str, str]:
    return _number(median(values)), _number(min(values)), _number(max(values))


def _number(value: float) -> str:
    """Three digits that count; nothing is 0."""
    if value == 0:
        return "0"
    digits = next((n for n, limit in enumerate((100, 10, 1)) if abs(value) >= limit), 3)
    return f"{value:,.{digits}f}"


def _render_list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _render_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first hold numbers, and stand to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))
