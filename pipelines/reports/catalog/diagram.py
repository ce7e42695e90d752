"""The diagram of joins: where its boxes stand, and how its lines run."""

from typing import Any, Final, NamedTuple

WIDTH: Final = 168
HEIGHT: Final = 58
GAP_X: Final = 118
GAP_Y: Final = 34
MARGIN: Final = 12
_PLACES: Final = {"files": 0, "findings": 0, "documents": 1, "articles": 2}
"""In which column the tables stand that every warehouse has. What hangs on articles comes last."""
_LAST: Final = 3


class Box(NamedTuple):
    """A table in the diagram."""

    name: str
    rows: int
    x: int
    y: int


class Line(NamedTuple):
    """A join in the diagram: the path of its line, and its label with where that stands."""

    path: str
    label: str
    x: float
    y: float
    finds_one: bool


class Diagram(NamedTuple):
    """All of it, and how large it is."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def draw_diagram(tables: list[dict[str, Any]], joins: list[dict[str, Any]]) -> Diagram:
    """Boxes in columns, from what is read on the left to what is made of it on the right."""
    columns: dict[int, list[dict[str, Any]]] = {}
    for table in tables:
        columns.setdefault(_PLACES.get(table["table"], _LAST), []).append(table)
    tallest = max(map(len, columns.values()), default=0)
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    boxes = {
        table["table"]: Box(
            table["table"],
            table["rows"],
            MARGIN + place * (WIDTH + GAP_X),
            _find_top(number, len(listed), height),
        )
        for place, listed in columns.items()
        for number, table in enumerate(listed)
    }
    width = 2 * MARGIN + (_LAST + 1) * (WIDTH + GAP_X) - GAP_X
    lines = [_draw_line(boxes[join["table"]], boxes[join["target"]], join) for join in joins]
    return Diagram(width, height, list(boxes.values()), lines)


def _find_top(number: int, count: int, height: int) -> int:
    """Where the box of this number begins, if `count` boxes stand in the middle of `height`."""
    block = count * (HEIGHT + GAP_Y) - GAP_Y
    return (height - block) // 2 + number * (HEIGHT + GAP_Y)


def _draw_line(start: Box, end: Box, join: dict[str, Any]) -> Line:
    names = [
        column if column == target else f"{column} = {target}"
        for column, target in zip(join["columns"], join["target_columns"], strict=True)
    ]
    label = ", ".join(names)
    middle = (start.y + end.y + HEIGHT) / 2
    if start.x == end.x:
        x = start.x + WIDTH
        path = f"M{x} {start.y + 20} C{x + 44} {start.y + 20} {x + 44} {end.y + 38} {x} {end.y + 38}"
        return Line(path, label, x + 38, middle, join["finds_one"])
    left, right = (start.x, end.x + WIDTH) if start.x > end.x else (start.x + WIDTH, end.x)
    bend = (left + right) / 2
    from_y, to_y = start.y + HEIGHT / 2, end.y + HEIGHT / 2
    path = f"M{left} {from_y:g} C{bend:g} {from_y:g} {bend:g} {to_y:g} {right} {to_y:g}"
    return Line(path, label, bend, middle, join["finds_one"])
