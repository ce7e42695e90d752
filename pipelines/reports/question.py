"""The questions that people ask of an archive: each is a file of SQL that explains itself.

A file in `questions/` begins with comments. The first paragraph is the question, the second says
what is easily got wrong. Then each line describes a parameter or a column:

    -- $since month = '0000-00': only months from this one on
    -- article_count: all articles of the month
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from pipelines.errors import UsageError

Kind: TypeAlias = Literal["month", "day", "number", "snapshot"]
Value: TypeAlias = str | int | date | None

FOLDER: Final = Path(__file__).with_name("questions")
EXPECTED: Final[dict[Kind, str]] = {
    "month": "a month like 2021-02",
    "day": "a day like 2021-02-14",
    "number": "a whole number, 0 or more",
    "snapshot": "the number of a snapshot",
}
MAX_NUMBER: Final = 10**9
_WIDTH: Final = 100

_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_PLACE: Final = re.compile(r"\$(\w+)")
_PARAMETER: Final = re.compile(r"\$(\w+) (\w+)(?: = (.+?))?: (.+)")
_COLUMN: Final = re.compile(r"(\w+): (.+)")


class Parameter(NamedTuple):
    """What can be chosen about a question. Without a default, its SQL finds one in the data."""

    name: str
    kind: Kind
    default: Value
    meaning: str

    @property
    def flag(self) -> str:
        """How it is called on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def usage(self) -> str:
        """The same, with what it takes."""
        return f"{self.flag} {'N' if self.kind == 'number' else self.kind.upper()}"

    def read(self, text: str) -> Value:
        """The value that `text` means.

        Raises:
            UsageError: It is none of this kind.
        """
        try:
            return _read_value(self.kind, text.strip())
        except ValueError:
            problem = f'found "{text}", expected {EXPECTED[self.kind]}'
            raise UsageError(problem, self.flag) from None


class Question(NamedTuple):
    """A named question in SQL, over the views of a snapshot."""

    name: str
    sentence: str
    trap: str
    parameters: tuple[Parameter, ...]
    columns: Mapping[str, str]
    """What each column of the answer means."""
    sql: str

    @property
    def compares(self) -> bool:
        """Whether it takes an earlier snapshot."""
        return any(each.kind == "snapshot" for each in self.parameters)

    def bind(self, given: Mapping[str, str]) -> dict[str, Value]:
        """A value for each parameter: those that were given as text, and defaults.

        Raises:
            UsageError: A value makes no sense, or the question does not take it.
        """
        taken = {each.name: each for each in self.parameters}
        for name in sorted(given.keys() - taken.keys()):
            flags = " and ".join(each.flag for each in self.parameters) or "no options"
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{self.name} does not take it; it takes {flags}", flag)
        defaults = {each.name: each.default for each in self.parameters}
        return defaults | {name: taken[name].read(text) for name, text in given.items()}

    def render_sql(self, values: Mapping[str, Value]) -> str:
        """The SQL with these values in the places of their parameters."""
        return _PLACE.sub(
            lambda found: _render(values[found[1]]) if found[1] in values else found[0], self.sql
        )

    def explain(self) -> str:
        """The question, its trap and its columns, as a comment of SQL.

        Lines that begin with -- would be taken for options where the SQL is an argument.
        """
        described = [f"{name}: {meaning}" for name, meaning in self.columns.items()]
        paragraphs = [wrap(self.sentence, _WIDTH), wrap(self.trap, _WIDTH), described]
        return "/*\n{}\n*/".format("\n\n".join("\n".join(lines) for lines in paragraphs))

    def describe(self) -> dict[str, object]:
        """All of it, for machines."""
        taken = [each._asdict() for each in self.parameters]
        return {**self._asdict(), "parameters": taken, "columns": dict(self.columns)}


@cache
def list_questions() -> dict[str, Question]:
    """All questions by name, in the order in which people ask them."""
    found = [read_question(path) for path in sorted(FOLDER.glob("*.sql"))]
    return {each.name: each for each in found}


def read_question(path: Path) -> Question:
    """The question of a file like `07-most-linked.sql`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    count = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    sentence, trap, *described = _split_paragraphs([line[2:].strip() for line in lines[:count]])
    parameters: list[Parameter] = []
    columns: dict[str, str] = {}
    for line in (line for paragraph in described for line in paragraph):
        if found := _PARAMETER.fullmatch(line):
            parameters.append(_read_parameter(*found.groups()))
        elif found := _COLUMN.fullmatch(line):
            columns[found[1]] = found[2]
        else:
            raise ValueError(f'{path.name}: found "{line}", expected "column: meaning"')
    return Question(
        name=path.stem.partition("-")[2],
        sentence=" ".join(sentence),
        trap=" ".join(trap),
        parameters=tuple(parameters),
        columns=columns,
        sql="\n".join(lines[count:]).strip().removesuffix(";"),
    )


def _split_paragraphs(lines: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return paragraphs


def _read_parameter(name: str, kind: str, default: str | None, meaning: str) -> Parameter:
    for known in get_args(Kind):
        if known == kind:
            value = None if default is None else _read_value(known, default)
            return Parameter(name, known, value, meaning)
    raise ValueError(f'${name}: found the kind "{kind}", expected one of {get_args(Kind)}')


def _read_value(kind: Kind, text: str) -> Value:
    if kind == "day" and _DAY.fullmatch(text):
        return date.fromisoformat(text)
    if kind == "month" and _MONTH.fullmatch(text):
        return text
    if kind in ("number", "snapshot") and _NUMBER.fullmatch(text) and int(text) <= MAX_NUMBER:
        return int(text)
    raise ValueError(text)


def _render(value: Value) -> str:
    """A literal of SQL. No text gets here that is no month or day."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return f"DATE '{value}'" if isinstance(value, date) else f"'{value}'"
