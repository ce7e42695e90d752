"""Excerpts as plain text."""

import polars as pl

from pipelines.distinct import map_distinct
from pipelines.entities import decode_entities


def strip_markup(text: str) -> str:
    """`text` without tags, its entities decoded once, its white space folded."""
    if "<" in text:
        # Few excerpts have tags, and it loads the modules of HTTP and TLS.
        from w3lib.html import remove_tags

        text = remove_tags(text)
    return " ".join(decode_entities(text).split())


def strip_markups(texts: pl.Series) -> pl.Series:
    """Every text as plain text; null where nothing remains."""
    return map_distinct(texts, _strip_distinct).to_series()


def _strip_distinct(texts: pl.Series) -> pl.Series:
    return pl.Series("plain", [strip_markup(text) or None for text in texts], dtype=pl.String)
