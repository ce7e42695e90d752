"""Checks: what may be wrong in a snapshot although every rule is kept.

Each is a file in checks/. Its first line says what it finds, more lines of comment say what that
means and how to fix it, and its SELECT finds it. A new file is a new check.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "checks"
GROUPS: Final[Mapping[str, str]] = {
    "gaps": "What is missing",
    "values": "What looks wrong",
    "columns": "What tells nothing",
}
"""The groups of checks, in the order in which people read them."""
_HEAD_LINE: Final = re.compile(r"-- (?:(\w+)(?: = ([0-9.]+))?: )?(.+)")


class Threshold(NamedTuple):
    """A number from which on a check warns."""

    value: float
    description: str


class Check(NamedTuple):
    """One check.

    `says` is a message with the columns of its answer in braces. `sql` reads what
    `workspace.list_statements` makes, and gives one row per warning: column_name, provider,
    row_count, examples (ids of articles), and of type, months, of_count, figure, usual and detail
    what it has.
    """

    name: str
    title: str
    means: str
    fix: str
    group: str
    says: str
    thresholds: Mapping[str, Threshold]
    sql: str

    @property
    def parameters(self) -> dict[str, float]:
        """The thresholds as the parameters of `sql`."""
        return {name: threshold.value for name, threshold in self.thresholds.items()}


@cache
def load_checks() -> tuple[Check, ...]:
    """Every check, by group and name."""
    checks = map(read_check, sorted(FOLDER.glob("*.sql")))
    return tuple(sorted(checks, key=lambda check: (list(GROUPS).index(check.group), check.name)))


def adapt_checks(
    skip: Collection[str], thresholds: Mapping[str, Mapping[str, float]]
) -> list[Check]:
    """The checks without those of `skip`, with other `thresholds`, by check and name.

    Raises:
        ValueError: There is no such check or threshold.
    """
    checks = {check.name: check for check in load_checks()}
    for name in (*skip, *thresholds):
        _check_name(name, checks, "check")
    for name, values in thresholds.items():
        checks[name] = _adapt(checks[name], values)
    return [check for name, check in checks.items() if name not in skip]


def _adapt(check: Check, values: Mapping[str, float]) -> Check:
    adapted = dict(check.thresholds)
    for name, value in values.items():
        _check_name(name, adapted, f"threshold of {check.name}")
        usual = adapted[name]
        if isinstance(usual.value, int) and value != int(value):
            raise ValueError(f"{check.name}.{name}: found {value:g}, expected a whole number")
        adapted[name] = usual._replace(value=type(usual.value)(value))
    return check._replace(thresholds=adapted)


def _check_name(name: str, known: Iterable[str], what: str) -> None:
    names = list(known)
    if name not in names:
        close = get_close_matches(name, names)
        meant = f"is {' or '.join(close)} meant?" if close else f"there are {', '.join(names)}"
        raise ValueError(f'there is no {what} "{name}"; {meant}')


def read_check(path: Path) -> Check:
    head, sql = _split_head(path.read_text(encoding="utf-8"))
    words: dict[str, str] = {}
    thresholds: dict[str, Threshold] = {}
    for line in head:
        found = _HEAD_LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{path.name}: expected `-- name: text`, found `{line}`")
        name, number, text = found.groups()
        if number is None:
            words[name or "title"] = text
        else:
            value = float(number) if "." in number else int(number)
            thresholds[name] = Threshold(value, text)
    return Check(path.stem, **words, thresholds=thresholds, sql=sql)


def _split_head(text: str) -> tuple[list[str], str]:
    """The comments at the beginning, and what follows."""
    lines = text.splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return lines[:end], "\n".join(lines[end:])
