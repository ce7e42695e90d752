"""The page of the catalog: facts in, HTML out. Jinja escapes every value that a template shows."""

import base64
import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.reports.catalog.charts import draw_bars, draw_sparkline
from pipelines.reports.catalog.diagram import draw_diagram
from pipelines.reports.catalog.months import (
    MOST_SMALL_BARS,
    Scale,
    choose_scale,
    sum_steps,
)
from pipelines.reports.text import escape_text

_TEMPLATES: Final = files("pipelines.reports.catalog") / "templates"
NOTHING: Final = "\N{EN DASH}"
"""What stands where there is no value. The script that sorts knows it, too."""
MOST_SHOWN: Final = 300
"""How many characters are shown of a text that somebody else wrote."""
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def render_catalog(facts: dict[str, Any], key: str) -> str:
    """The page of `facts`. It bears `key`, by which one sees later whether it is still right."""
    style, script = _read("style.css"), _read("script.js")
    return (
        _open_templates()
        .get_template("page.html")
        .render(
            facts,
            key=key,
            style=Markup(style),
            script=Markup(script),
            policy=_write_policy(style, script),
            chart=_draw_articles(facts["articles"]["steps"]),
            scale=_choose_scale(facts["tables"]),
            diagram=draw_diagram(facts["tables"], facts["joins"]),
        )
    )


def _write_policy(style: str, script: str) -> str:
    """Nothing runs and nothing is loaded but what we wrote ourselves, whatever the posts hold."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _open_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.reports.catalog"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "brief": show_brief,
        "bytes": show_bytes,
        "code": _show_code,
        "level": find_level,
        "marked": _show_marked,
        "moment": show_moment,
        "number": show_number,
        "share": show_share,
        "sparkline": _draw_months,
    }
    return environment


def _show(value: Any) -> Any:
    """A value as text that hides and turns no other text."""
    return value if isinstance(value, Markup) else escape_text(value)


def _show_code(text: str) -> Markup:
    """Text of several lines."""
    return Markup("\n").join(escape(escape_text(line)) for line in text.split("\n"))


def _show_marked(text: str) -> Markup:
    """Text in which names stand between `backticks`."""
    parts = (escape(escape_text(part)) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def show_brief(text: Any) -> str:
    """The beginning of a text that may be of any length."""
    shown = str(text)
    return shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}..."


def show_number(value: Any) -> str:
    """A number with commas; a dash if there is none."""
    if value is None:
        return NOTHING
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else f"{value:,}"


def show_share(share: float | None) -> str:
    """A share as a percentage. What is not all is never shown as all, and some never as none."""
    if share is None:
        return NOTHING
    if 0 < share < 0.001:
        return "< 0.1%"
    if 0.999 < share < 1:
        return "> 99.9%"
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def show_bytes(count: int) -> str:
    """A size in the unit that gives it one to three digits."""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return (
        f"{size:.3g} {_UNITS[unit]}" if size < 999.5 or not unit else f"{size:.0f} {_UNITS[unit]}"
    )


def show_moment(text: str | None) -> str:
    """A moment of a record as people write it, in UTC; other text as it is."""
    try:
        return f"{datetime.fromisoformat(text or ''):%Y-%m-%d %H:%M}"
    except ValueError:
        return text or NOTHING


def find_level(value: float | None, lowest: float, highest: float) -> str:
    """The class of a cell of a grid: how deep its colour is, from 1 to 5; none without a value."""
    if value is None or highest <= lowest:
        return "level-0"
    return f"level-{1 + round(4 * (value - lowest) / (highest - lowest))}"


def _draw_articles(steps: list[dict[str, Any]]) -> Markup | None:
    """Public and hidden articles as bars; None if no article has a date."""
    if not steps:
        return None
    series = {name: [each[name] for each in steps] for name in ("public", "hidden")}
    return Markup(draw_bars([each["step"] for each in steps], series))


def _choose_scale(tables: list[dict[str, Any]]) -> Scale:
    """The scale of small charts, which is the same for all tables."""
    return choose_scale((month for table in tables for month in table["months"]), MOST_SMALL_BARS)


def _draw_months(months: dict[str, int], scale: Scale) -> Markup | str:
    if not months or len(scale.steps) < 2:
        return ""
    return Markup(draw_sparkline(scale.steps, sum_steps(months.items(), scale)))
