"""Excerpts as plain text."""

import re
from typing import Final

import polars as pl

from pipelines.values.distinct import map_distinct
from pipelines.values.entities import decode_entities

_COMMENT: Final = re.compile(r"<!--.*?-->", re.S)
_TAG: Final = re.compile(
    r"<(?:/?(?P<block>address|article|aside|blockquote|br|center|dd|details|div|dl|dt|figcaption"
    r"|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td"
    r"|tfoot|th|thead|tr|ul)(?=[\s/>])|/?[a-z]|[!?])"
    r"(?:(?:[^<>='\"]+|=\s*(?:\"[^\"]{0,2000}\"|'[^']{0,2000}')|[='\"]){0,60}+>|[^<>]*>)",
    re.I,
)
"""As in HTML, a `<` is text unless a name, `!` or `?` follows. A `block` is what browsers show on
lines or in a cell of its own, and `br`. Values in quotes may hold `<` and `>`; they have an end,
since to look for one takes time with every `<`."""


def strip_markup(text: str) -> str:
    """`text` without tags and comments, its entities decoded once, its white space folded.

    Words that a tag puts on lines of their own stay words of their own.
    """
    if "<" in text:
        # Behind the last `-->`, every search for one would go on to the end.
        commented, end, rest = text.rpartition("-->")
        text = _COMMENT.sub("", commented + end) + rest
        text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return " ".join(decode_entities(text).split())


def strip_markups(texts: pl.Series) -> pl.Series:
    """Every text as plain text; null where nothing remains."""
    return map_distinct(texts, _strip_distinct).to_series()


def _strip_distinct(texts: pl.Series) -> pl.Series:
    return pl.Series("plain", [strip_markup(text) or None for text in texts], dtype=pl.String)
