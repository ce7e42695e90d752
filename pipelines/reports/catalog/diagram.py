"""The diagram of joins: where its boxes stand, and how its lines run."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

WIDTH: Final = 172
HEAD: Final = 52
"""The height of the name of a table and its rows."""
ROW: Final = 20
"""The height of the name of a column."""
GAP_X: Final = 96
GAP_Y: Final = 28
MARGIN: Final = 44
"""Room at the sides for lines that go round a box."""
EDGE: Final = 20
_PLACES: Final = {"files": 0, "findings": 0, "documents": 1, "articles": 2}
"""In which column the tables stand that every warehouse has. What hangs on articles comes last."""
_LAST: Final = 3


class Box(NamedTuple):
    """A table in the diagram, with the columns that join."""

    name: str
    rows: int
    columns: list[str]
    x: int
    y: int

    @property
    def height(self) -> int:
        """How high it is."""
        return _measure(self.columns)

    def find_row(self, column: str) -> int:
        """Where a line to `column` ends."""
        return self.y + HEAD + self.columns.index(column) * ROW + ROW // 2 - 4


class Line(NamedTuple):
    """A join in the diagram. If not `finds_one`, a row may find several."""

    path: str
    finds_one: bool


class Diagram(NamedTuple):
    """All of it, and how large it is."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def draw_diagram(tables: list[dict[str, Any]], joins: list[dict[str, Any]]) -> Diagram:
    """Boxes in columns, from what is read on the left to what is made of it on the right."""
    places: dict[int, list[Box]] = {}
    for table in tables:
        columns = _list_columns(table["table"], joins)
        box = Box(table["table"], table["rows"], columns, 0, 0)
        places.setdefault(_PLACES.get(box.name, _LAST), []).append(box)
    height = max(map(_measure_stack, places.values()), default=0) + 2 * EDGE
    boxes = {box.name: box for place, stack in places.items() for box in _put(stack, place, height)}
    lines = [_draw_line(boxes[join["table"]], boxes[join["target"]], join) for join in joins]
    width = 2 * MARGIN + (_LAST + 1) * (WIDTH + GAP_X) - GAP_X
    return Diagram(width, height, list(boxes.values()), lines)


def _list_columns(table: str, joins: list[dict[str, Any]]) -> list[str]:
    """The columns of `table` that join to another, or that another joins to."""
    named: list[str] = []
    for join in joins:
        named += join["columns"][-1:] if join["table"] == table else []
        named += join["target_columns"][-1:] if join["target"] == table else []
    return list(dict.fromkeys(named))


def _measure(columns: list[str]) -> int:
    return HEAD + ROW * len(columns) + (4 if columns else 0)


def _measure_stack(stack: Iterable[Box]) -> int:
    return sum(box.height + GAP_Y for box in stack) - GAP_Y


def _put(stack: list[Box], place: int, height: int) -> Iterable[Box]:
    """The boxes of one column, in the middle of `height`."""
    top = (height - _measure_stack(stack)) // 2
    for box in stack:
        yield box._replace(x=MARGIN + place * (WIDTH + GAP_X), y=top)
        top += box.height + GAP_Y


def _draw_line(start: Box, end: Box, join: dict[str, Any]) -> Line:
    """From the side of one box to that of another; beside two that stand above each other."""
    from_y = start.find_row(join["columns"][-1])
    to_y = end.find_row(join["target_columns"][-1])
    if start.x == end.x:
        is_first = start.x == MARGIN
        x = start.x if is_first else start.x + WIDTH
        bend = x + (-34 if is_first else 34)
        path = f"M{x} {from_y} C{bend} {from_y} {bend} {to_y} {x} {to_y}"
        return Line(path, join["finds_one"])
    left, right = (start.x, end.x + WIDTH) if start.x > end.x else (start.x + WIDTH, end.x)
    reach = (right - left) // 2
    if abs(start.x - end.x) > WIDTH + GAP_X:
        # Below the box between them.
        low = max(start.y + start.height, end.y + end.height) + ROW
        bends = f"{left + reach // 4} {low} {right - reach // 4} {low}"
        return Line(f"M{left} {from_y} C{bends} {right} {to_y}", join["finds_one"])
    bends = f"{left + reach} {from_y} {left + reach} {to_y}"
    return Line(f"M{left} {from_y} C{bends} {right} {to_y}", join["finds_one"])
