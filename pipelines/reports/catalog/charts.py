"""Charts as SVG, drawn by pygal. Their colours are classes that the style sheet of the page knows.

What pygal adds for pages of its own is left out: scripts, styles, random ids and the day.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pygal  # type: ignore[import-untyped]  # It has no type hints.

# pygal looks for maps with a finder that Python 3.11 warns of at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LABELS: Final = 12
"""About how many bars have a label below them."""
_KEPT: Final = ("class", "d", "transform", "x", "y", "width", "height")
_SHAPES: Final = ("g", "path", "rect", "text")
_PLAIN: Final = {
    "css": [],
    "js": [],
    "show_legend": False,
    "truncate_label": -1,
    "show_minor_x_labels": False,
    "margin": 2,
}


def draw_bars(names: Sequence[str], series: Mapping[str, Sequence[int]]) -> str:
    """Bars for each of `names`, those of all `series` on top of each other."""
    chart = pygal.StackedBar(
        **_PLAIN,
        width=960,
        height=260,
        spacing=6,
        max_scale=5,
        x_labels_major_every=max(1, -(-len(names) // _LABELS)),
        value_formatter=lambda value: f"{value:,.0f}",
    )
    return _draw(chart, names, series)


def draw_sparkline(names: Sequence[str], numbers: Sequence[int]) -> str:
    """Small bars without a scale, for a cell of a table."""
    chart = pygal.Bar(
        **_PLAIN, width=140, height=28, spacing=0, show_x_labels=False, show_y_labels=False
    )
    return _draw(chart, names, {"rows": numbers})


def _draw(chart: pygal.Graph, names: Sequence[str], series: Mapping[str, Sequence[int]]) -> str:
    chart.x_labels = list(names)
    for name, numbers in series.items():
        chart.add(name, list(numbers))
    drawn = ElementTree.fromstring(chart.render(is_unicode=True))
    shown = Element("svg", {"viewBox": drawn.attrib["viewBox"], "class": "chart"})
    shown.extend(_simplify(drawn, list(series)))
    return ElementTree.tostring(shown, encoding="unicode")


def _simplify(element: Element, series: list[str], name: str = "") -> Iterator[Element]:
    """The shapes in `element`, each bar with its series, name and number as a title."""
    for child in element:
        tag, kind = str(child.tag).removeprefix(_SVG), child.attrib.get("class", "")
        if tag not in _SHAPES or "overlay" in kind or kind in ("titles", "background"):
            continue
        if kind.startswith("series"):
            name = series[int(kind.rpartition("-")[2])]
        if kind == "bar":
            yield from _draw_bar(child, name)
            continue
        shape = Element(
            tag, {key: _round(child.attrib[key]) for key in _KEPT if key in child.attrib}
        )
        shape.text = child.text
        shape.extend(_simplify(child, series, name))
        yield shape


def _draw_bar(group: Element, series: str) -> Iterator[Element]:
    said = {each.attrib["class"]: each.text or "" for each in group.iter(f"{_SVG}desc")}
    rect = group.find(f"{_SVG}rect")
    if rect is None or not float(rect.attrib["height"]):
        return
    bar = Element("rect", {key: _round(rect.attrib[key]) for key in _KEPT[3:]})
    title = ElementTree.SubElement(bar, "title")
    title.text = f"{said['x_label']}: {said['value']} {series}"
    yield bar


def _round(text: str) -> str:
    """A number with at most one digit behind the point. Other text stays."""
    try:
        return f"{float(text):.1f}".removesuffix(".0")
    except ValueError:
        return text
