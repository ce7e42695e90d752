"""Excerpts as plain text."""

import re
from typing import Final

import polars as pl

from pipelines.distinct import map_distinct
from pipelines.entities import decode_entities

_BREAK: Final = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)[\s/>])",
    re.I,
)
"""Where a tag begins that ends a line or a cell: what browsers show as a block, and `br`."""


def strip_markup(text: str) -> str:
    """`text` without tags, its entities decoded once, its white space folded.

    Words that a tag puts on lines of their own stay words of their own.
    """
    if "<" in text:
        # Few excerpts have tags, and it loads the modules of HTTP and TLS.
        from w3lib.html import remove_tags

        # What follows the last `>` is no tag.
        tags, end, rest = text.rpartition(">")
        text = remove_tags(_BREAK.sub(" <", tags + end)) + rest
    return " ".join(decode_entities(text).split())


def strip_markups(texts: pl.Series) -> pl.Series:
    """Every text as plain text; null where nothing remains."""
    return map_distinct(texts, _strip_distinct).to_series()


def _strip_distinct(texts: pl.Series) -> pl.Series:
    return pl.Series("plain", [strip_markup(text) or None for text in texts], dtype=pl.String)
