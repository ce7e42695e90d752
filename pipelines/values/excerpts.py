"""Excerpts and titles as plain text."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import polars as pl

from pipelines.values.distinct import map_distinct
from pipelines.values.entities import decode_entities

_REST_OF_TAG: Final = (
    r"(?:(?:[^<>='\"]+|=\s*(?:\"[^\"]{0,2000}\"|'[^']{0,2000}')|[='\"]){0,60}+>|[^<>]*>)"
)
_TAG: Final = re.compile(
    r"<(?:/?(?P<block>address|article|aside|blockquote|br|center|dd|details|div|dl|dt|figcaption"
    r"|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td"
    rf"|tfoot|th|thead|tr|ul)(?=[\s/>])|/?[a-z]|[!?]){_REST_OF_TAG}",
    re.I,
)
"""A tag. As in HTML, a `<` is text unless a name, `!` or `?` follows. A `block` is a tag that
browsers show on lines or in a cell of its own, or `br`. Quoted values may contain `<` and `>`.
Their length has a limit, since looking for their end takes time at every `<`."""
_UNSEEN: Final = ("style", "script", "template", "noscript")
"""Elements of which no reader sees the content."""
_IN_MARKUP: Final = re.compile(r"</[a-z]|<br\s*/?>|<wbr\s*/?>|<img\s|<!--", re.I)
"""What only a title in HTML has: `The <dialog> element` and `List<T>` are plain text."""
_UNSEEN_ELEMENT: Final = re.compile(
    rf"<(?P<name>{'|'.join(_UNSEEN)})(?=[\s/>]){_REST_OF_TAG}", re.I
)
_UNSEEN_PART: Final = re.compile(rf"<!--|{_UNSEEN_ELEMENT.pattern}", re.I)
_END: Final = {name: re.compile(rf"</{name}(?=[\s/>])[^<>]*>?", re.I) for name in _UNSEEN}


def strip_markup(text: str) -> str:
    """`text` without tags, comments, and elements like styles and scripts, which no reader sees.

    Its entities are decoded once, its white space is folded. Words that a tag puts on separate
    lines stay separate words.
    """
    if "<" in text:
        seen = "".join(_list_seen(text))
        text = _TAG.sub(lambda tag: " " if tag["block"] else "", seen)
    return " ".join(decode_entities(text).split())


def _list_seen(text: str) -> Iterator[str]:
    """The parts of `text` before, between and after those that no reader sees.

    As in browsers, an element without its end reaches to the end of the text. A comment without its
    end is text.
    """
    shown = 0
    beginning = _UNSEEN_PART
    while unseen := beginning.search(text, shown):
        if name := unseen["name"]:
            found = _END[name.lower()].search(text, unseen.end())
            end = found.end() if found else len(text)
        elif (closing := text.find("-->", unseen.end())) >= 0:
            end = closing + len("-->")
        else:
            # From here on, each search for an end would go through the rest of the text.
            beginning = _UNSEEN_ELEMENT
            continue
        yield text[shown : unseen.start()]
        shown = end
    yield text[shown:]


def strip_title(title: str) -> str:
    """`title` as plain text. Only if it closes a tag, or the like, its tags are markup.

    An excerpt is always HTML. Most titles are not, and many name a tag or a type.
    """
    if "<" in title and not _IN_MARKUP.search(title):
        return " ".join(decode_entities(title).split())
    return strip_markup(title)


def strip_titles(titles: pl.Series) -> pl.Series:
    """Every title as plain text; null if nothing remains."""
    return map_distinct(titles, partial(_strip_distinct, strip=strip_title)).to_series()


def strip_markups(texts: pl.Series) -> pl.Series:
    """Every text as plain text; null if nothing remains."""
    return map_distinct(texts, _strip_distinct).to_series()


def _strip_distinct(texts: pl.Series, strip: Callable[[str], str] = strip_markup) -> pl.Series:
    return pl.Series("plain", [strip(text) or None for text in texts], dtype=pl.String)
