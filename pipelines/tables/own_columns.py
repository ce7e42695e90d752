"""Own columns: the table articles of an archive that adds columns to it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

import polars as pl

from pipelines.mapping.own_column import OwnColumn, OwnType
from pipelines.mapping.post_mapping import PostMapping
from schemas.articles import ARTICLES
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables
from schemas.language.rules import IS_URL, Limits, Rule, is_at_least, is_one_of, matches
from schemas.language.shape import TEXT, Shape
from schemas.language.table import UTC_TIMESTAMP, Column, Table

_LAST: Final = "extra"
"""The column that own ones come before."""
_SHOWN_TEXTS: Final = 10
"""How many of the texts that a column may have are named in messages."""
_DTYPES: Final[Mapping[OwnType, pl.DataType]] = {
    "text": pl.String(),
    "url": pl.String(),
    "integer": pl.Int32(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "timestamp": UTC_TIMESTAMP,
    "list": pl.List(pl.String),
}


@cache
def extend_articles(own_columns: tuple[OwnColumn, ...]) -> Table:
    """Articles with the columns of an archive."""
    columns = dict(ARTICLES.columns)
    last = columns.pop(_LAST)
    own = {each.name: _make_column(each) for each in own_columns}
    return replace(ARTICLES, columns={**columns, **own, _LAST: last}) if own else ARTICLES


def find_table(name: str, mapping: PostMapping) -> Table:
    """The table called `name` as an archive has it."""
    return extend_articles(mapping.columns) if name == ARTICLES.name else load_tables()[name]


@cache
def extend_shape(own_columns: tuple[OwnColumn, ...]) -> Mapping[str, Shape]:
    """The keys that have a column, with those of an archive."""
    own: dict[str, Shape] = {
        each.key: [TEXT] if each.type == "list" else TEXT for each in own_columns
    }
    return {**ARCHIVE.shape, **own}


def _make_column(own: OwnColumn) -> Column:
    is_list = own.type == "list"
    return Column(
        _DTYPES[own.type],
        own.type,
        own.description,
        tuple(_list_rules(own)),
        own.key,
        is_required=own.is_required or is_list,
    )


def _list_rules(own: OwnColumn) -> Iterator[Rule]:
    is_list = own.type == "list"
    if own.type == "url":
        yield IS_URL
    if is_list and own.is_required:
        yield Rule("is_not_empty", "at least one text", lambda value: value.list.len() > 0)
    if (least := own.minimum) is not None:
        yield is_at_least("is_at_least", f"a number from {least:g} upwards", least)
    if (most := own.maximum) is not None:
        limits = Limits(maximum=most)
        yield Rule("is_at_most", f"a number up to {most:g}", lambda value: value <= most, limits)
    if (pattern := own.pattern) is not None:
        expected = f"text in which {pattern} is found"
        yield _rule_texts(matches("matches_pattern", expected, pattern), is_list=is_list)
    if own.one_of:
        others = len(own.one_of) - _SHOWN_TEXTS
        more = f" and {others:,} more" if others > 0 else ""
        expected = f"one of {', '.join(own.one_of[:_SHOWN_TEXTS])}{more}"
        yield _rule_texts(is_one_of("is_one_of", expected, own.one_of), is_list=is_list)


def _rule_texts(rule: Rule, *, is_list: bool) -> Rule:
    """A rule for a text, or for every text of a list."""
    if not is_list:
        return rule
    return replace(rule, holds=lambda value: value.list.eval(rule.holds(pl.element())).list.all())
