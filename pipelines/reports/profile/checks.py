"""Checks: what may be wrong in a snapshot although every rule is kept.

Each is a file in checks/: its first line says what it finds, further lines of comment say more, and
the SELECT finds it. A new file is a new check.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "checks"
_HEADER: Final = re.compile(r"-- (?:(\w+)(?: = ([0-9.]+))?: )?(.+)")


class Threshold(NamedTuple):
    """A number from which on a check warns."""

    value: float
    description: str


class Check(NamedTuple):
    """One check.

    `says` is a message with the columns of a warning in braces. `sql` gives one row per warning:
    column_name, provider, row_count and examples; and of type, months, of_count, figure, usual and
    detail what it has.
    """

    name: str
    title: str
    means: str
    fix: str
    says: str
    thresholds: Mapping[str, Threshold]
    sql: str


@cache
def load_checks() -> tuple[Check, ...]:
    """Every check, in order of its name."""
    return tuple(map(_read_check, sorted(FOLDER.glob("*.sql"))))


def _read_check(path: Path) -> Check:
    lines = path.read_text(encoding="utf-8").splitlines()
    heads = [line for line in lines[: _count_heads(lines)]]
    words: dict[str, str] = {}
    thresholds = {}
    for line in heads:
        name, value, text = _HEADER.fullmatch(line).groups()
        if value is None:
            words[name or "title"] = text
        else:
            thresholds[name] = Threshold(float(value), text)
    sql = "\n".join(lines[len(heads) :])
    return Check(path.stem, **words, thresholds=thresholds, sql=sql)
