"""The tables that checks look at: the articles of a snapshot, by column instead of by row."""

from collections.abc import Iterator
from typing import Final

from pipelines.database.engine import quote_text
from pipelines.reports.profile.database import Columns
from schemas.language.table import Column

MOST_EXAMPLES: Final = 5
"""How many examples a warning has."""
_SENTENCES: Final = ("excerpt", "featured_content")
_ABOUT: Final = (
    "article_id, published_at, published_month, coalesce(type, '') AS type, "
    "coalesce(provider_name, '') AS provider"
)
_HOST: Final = r"regexp_extract(lower({}), '^[a-z]+://(?:www\.)?([^/:?#]+)', 1)"

_PICK: Final = f"""CREATE OR REPLACE TEMP MACRO pick(id, moment, is_wanted) AS
  (list(id ORDER BY moment DESC NULLS LAST, id) FILTER (is_wanted))[:{MOST_EXAMPLES}]"""
_POSTS: Final = f"""CREATE OR REPLACE TEMP TABLE posts AS
  SELECT {_ABOUT}, archive, published_precision, url_id FROM chosen"""
_SHIFTS: Final = """CREATE OR REPLACE TEMP TABLE shifts AS
  WITH monthly AS (
    SELECT column_name, type, published_month, count(*) AS n,
      count(*) FILTER (is_missing) AS missing
    FROM cells
    WHERE published_month IS NOT NULL
    GROUP BY ALL
  ), sides AS (
    SELECT column_name, type, published_month AS since,
      sum(n) OVER older AS before_n, sum(missing) OVER older / before_n AS before,
      sum(n) OVER newer AS after_n, sum(missing) OVER newer / after_n AS after
    FROM monthly
    WINDOW
      older AS (PARTITION BY column_name, type ORDER BY published_month
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
      newer AS (PARTITION BY column_name, type ORDER BY published_month
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  )
  SELECT *
  FROM sides
  WHERE before_n > 0 AND least(before, after) <= 0.1 AND greatest(before, after) >= 0.9
  QUALIFY row_number() OVER (
    PARTITION BY column_name, type
    ORDER BY (before - after) ^ 2 * before_n * after_n / (before_n + after_n) DESC, since
  ) = 1"""


def list_statements(columns: Columns, made_at: str, where: str = "true") -> Iterator[str]:
    """What makes the tables, in order. They read the articles that `where` chooses.

    posts: one row per article, with `provider` and `type` that are never null.
    texts: one row per text, lists taken apart, with `is_plain` (no markup), `is_sentence`
        and `is_derived` (as title_text from title).
    numbers: one row per number that a file gives.
    cells: one row per article and column that files may give, with `is_missing`.
    singles: one row per value that a file gives and that is neither list nor flag, as text.
    comparables: the same, by `kind`; of an address only its host.
    made: one row, when the tables were made, as `made_at`.
    shifts: one row per column and type of post that has nearly no values before a month or since.
    """
    yield _PICK
    # A table, since all others read it. Of a body, only whether there is one counts.
    short = " REPLACE (left(body, 1) AS body)" if "body" in columns else ""
    yield f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT *{short} FROM articles WHERE {where}"
    yield _POSTS
    yield _stack("texts", _list_texts(columns))
    yield _stack("numbers", _list_numbers(columns))
    yield _stack("cells", _list_cells(columns))
    yield _stack("singles", _list_singles(columns))
    yield _stack("comparables", _list_comparables(columns))
    yield _SHIFTS
    # The session is in UTC.
    moment = f"{quote_text(made_at)}::TIMESTAMPTZ::TIMESTAMP"
    yield f"CREATE OR REPLACE TEMP TABLE made AS SELECT {moment} AS made_at"


Selects = Iterator[tuple[str, str]]
"""What to select for a column, and of which posts."""


def _stack(name: str, selects: Selects) -> str:
    """A table that has below each other what is selected of the articles for each column."""
    parts = [f"SELECT {_ABOUT}, {values} FROM chosen WHERE {where}" for values, where in selects]
    return f"CREATE OR REPLACE TEMP TABLE {name} AS\n" + "\nUNION ALL\n".join(parts)


def _list_texts(columns: Columns) -> Selects:
    for name, column in columns.items():
        is_derived = column.key is None and name.endswith("_text")
        if not (is_derived or column.kind in ("text", "list")) or name == "body":
            continue
        raw = name.removesuffix("_text")
        is_sentence = raw in _SENTENCES
        is_plain = is_derived or not (is_sentence or _find_plain(name, columns))
        value = f'unnest("{name}")' if column.kind == "list" else f'"{name}"'
        kind = f"{is_sentence} AS is_sentence, {is_plain} AS is_plain, {is_derived} AS is_derived"
        yield f"{_name(name)}, {value} AS value, {kind}", f'"{name}" IS NOT NULL'


def _list_numbers(columns: Columns) -> Selects:
    for name, column in columns.items():
        if column.key and column.dtype.is_numeric():
            yield f'{_name(name)}, "{name}"::DOUBLE AS value', f'"{name}" IS NOT NULL'


def _list_cells(columns: Columns) -> Selects:
    for name, column in columns.items():
        # Of a teaser with nothing but markup, nothing is left.
        plain = _find_plain(name, columns) or name
        if not column.key or (column.is_required and column.kind != "list"):
            continue
        if column.kind == "list":
            is_missing = f'len("{plain}") = 0'
        else:
            is_missing = f"coalesce(trim(\"{plain}\"::VARCHAR), '') = ''"
        yield f"{_name(plain)}, {is_missing} AS is_missing", "true"


def _list_singles(columns: Columns) -> Selects:
    for name, _ in _list_short(columns):
        yield f'{_name(name)}, "{name}"::VARCHAR AS value', f"trim(\"{name}\"::VARCHAR) <> ''"


def _list_comparables(columns: Columns) -> Selects:
    for name, column in _list_short(columns):
        kind = "number" if column.dtype.is_numeric() else "host" if column.kind == "url" else "text"
        value = _HOST.format(f'"{name}"') if kind == "host" else f'"{name}"::VARCHAR'
        yield f"{_name(name)}, '{kind}' AS kind, {value} AS value", f"{value} <> ''"


def _list_short(columns: Columns) -> Iterator[tuple[str, Column]]:
    """The columns that a file gives as one short text or number."""
    for name, column in columns.items():
        is_short = column.kind in ("text", "url", "integer", "number")
        if column.key and is_short and name not in (*_SENTENCES, "body"):
            yield name, column


def _find_plain(name: str, columns: Columns) -> str | None:
    """The column that has the text of another one without markup; None if there is none."""
    plain = columns.get(f"{name}_text")
    return f"{name}_text" if plain and plain.key is None else None


def _name(column: str) -> str:
    return f"'{column}' AS column_name"
