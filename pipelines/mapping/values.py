"""Values: what the sources of a column say, by the kind of its values."""

from collections.abc import Iterable
from typing import Final

from pipelines.mapping.post import Found, Post, find_text
from pipelines.mapping.written_dates import is_date
from schemas.language.shape import Value

_SHOWN: Final = "is_published"
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_FLAGS: Final = _TRUE | _FALSE
_NAMES: Final = ("name", "title", "slug", "id")
"""What stands for an author or a topic that is a mapping."""
_ADDRESS_STARTS: Final = ("http://", "https://", "/")


def find_moment(post: Post, name: str) -> Found | None:
    """The first value that is a date, or else the first text that is neither blank nor a flag.

    Such a text is then reported.
    """
    first: Found | None = None
    for found in post.find_all(name):
        if isinstance(found.value, str):
            if is_date(found.value):
                return found
            if first is None and found.value.strip() and not _is_flag(found):
                first = found
    return first


def find_address(post: Post, name: str, *, is_named: bool) -> Found | None:
    """The first value that is a whole address, or one from the root of its site."""
    first: Found | None = None
    for found in post.find_all(name):
        if isinstance(found.value, str) and (address := found.value.strip()):
            if address.lower().startswith(_ADDRESS_STARTS):
                return found
            if first is None and is_named and not _is_flag(found):
                first = found
    return first


def take_flags(post: Post, name: str, *, is_named: bool) -> Found | None:
    """What the flags for `name` say; the first text if there is none, which is then reported.

    A post is shown if all its flags agree to it. Anything else is true if one flag says so.
    """
    read = [(found, _read_flag(found)) for found in post.find_all(name)]
    flags = [(found, flag) for found, flag in read if flag is not None]
    for found, _ in flags:
        post.take(found)
    decisive = name != _SHOWN
    for found, flag in flags:
        if flag is decisive:
            return Found(_render_flag(flag), found.path)
    if flags:
        return Found(_render_flag(not decisive), flags[0][0].path)
    # `published` may be a date.
    texts = (
        found
        for found, _ in read
        if isinstance(found.value, str) and found.value.strip() and not is_date(found.value)
    )
    return next(texts, None) if is_named else None


def _read_flag(found: Found) -> bool | None:
    word = found.value.strip().lower() if isinstance(found.value, str) else ""
    if word not in _FLAGS:
        return None
    is_inverse = found.source is not None and found.source.is_inverse
    return (word in _TRUE) is not is_inverse


def _render_flag(flag: bool) -> str:
    return "true" if flag else "false"


def _is_flag(found: Found) -> bool:
    return isinstance(found.value, str) and is_flag(found.value)


def is_flag(text: str) -> bool:
    """Whether a text is the value of a flag: an address or a date is none."""
    return text.strip().lower() in _FLAGS


def has_mapping(value: Value) -> bool:
    if isinstance(value, list):
        return dict in map(type, value)
    return isinstance(value, dict)


def list_texts(found: Found) -> list[str] | None:
    """The texts of a list; one text is split at its commas. None if there is no text."""
    value = found.value
    separators = found.source.split if found.source else ()
    if isinstance(value, str):
        return _split([value], separators or (",",))
    items = value if isinstance(value, list) else [value]
    texts = [item if isinstance(item, str) else _name(item) for item in items]
    if None in texts:
        return None
    named = [text for text in texts if text and text.strip()]
    return _split(named, separators) if separators else named


def _split(texts: Iterable[str], separators: Iterable[str]) -> list[str]:
    pieces = list(texts)
    for separator in separators:
        pieces = [piece for text in pieces for piece in text.split(separator)]
    return [piece.strip() for piece in pieces if piece.strip()]


def _name(item: Value) -> str | None:
    """The name of an item, like of an author; "" for null or an empty text, None if it has none."""
    if item is None or isinstance(item, str):
        return item or ""
    if isinstance(item, dict) and (name := find_text(item, _NAMES)):
        return str(name.value)
    return None
