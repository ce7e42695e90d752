"""Lines of columns, for a terminal and for a log."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.reports.text import escape_text

_NUMBER: Final = re.compile(r"[<>]?[0-9,]+%?")


def align_columns(
    header: Sequence[str], rows: Sequence[Sequence[int | str]], most: int | None = None
) -> Iterator[str]:
    """Lines of columns, numbers to the right. The last column is as wide as it wants."""
    shown = rows if most is None or len(rows) <= most + 1 else rows[:most]
    texts = [
        [f"{cell:,}" if isinstance(cell, int) else escape_text(cell) for cell in row]
        for row in shown
    ]
    is_right = [all(map(_NUMBER.fullmatch, column)) for column in zip(*texts, strict=True)]
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    for line in (header, *texts):
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_right, strict=True)
        ]
        yield "  ".join(cells).rstrip()
    if len(shown) < len(rows):
        rest = rows[len(shown) :]
        sums = sum(row[0] for row in rest if isinstance(row[0], int))
        yield f"{sums:>{widths[0]},}  in {len(rest):,} more, which --all shows"
