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
"""A tag. As in HTML, a `<` is text unless a name, `!` or `?` follows. A `block` is a tag that
browsers show on lines or in a cell of its own, or `br`. Quoted values may contain `<` and `>`.
Their length has a limit, since looking for their end takes time at every `<`."""


def strip_markup(text: str) -> str:
    """`text` without tags and comments. Its entities are decoded once, its white space is folded.

    Words that a tag puts on separate lines stay separate words.
    """
    if "<" in text:
        # After the last `-->`, each search for one would go through the rest of the text.
        commented, end, rest = text.rpartition("-->")
        text = _COMMENT.sub("", commented + end) + rest
        text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return " ".join(decode_entities(text).split())


def strip_markups(texts: pl.Series) -> pl.Series:
    """Every text as plain text; null if nothing remains."""
    return map_distinct(texts, _strip_distinct).to_series()


def _strip_distinct(texts: pl.Series) -> pl.Series:
    return pl.Series("plain", [strip_markup(text) or None for text in texts], dtype=pl.String)
