"""Translation: front matter as written becomes front matter with the keys of the tables."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pipelines.mapping.images import take_images
from pipelines.mapping.post import Found, Post, find_text
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.titles import find_heading, render_title, split_name
from pipelines.mapping.written_dates import (
    find_date_in_address,
    find_date_in_path,
    is_date,
)
from schemas.language.archive import MAPPED
from schemas.language.shape import Value

UNUSED_KEY: Final = f"{MAPPED}unused"
"""It holds the values of keys that have the name of a key of the tables, if another key was taken
for that one. So they are in `extra`, like all that has no column."""

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_NAMES: Final = ("name", "title", "slug", "id")
"""What stands for an author or a topic that is a mapping."""
_LINK_KEYS: Final = ("webUrl", "url", "link", "href")
_ADDRESS_STARTS: Final = ("http://", "https://", "/")
_PATH: Final = re.compile(r"(?:[^\s:{}?#]*/)?([^\s/:{}?#]+?)(?:\.html?)?/*")
"""A path within a site, and its last segment. One with `:title` or `{{ title }}` is a pattern."""


class Translated(NamedTuple):
    """Front matter with the keys of the tables.

    `origins` has for each of these keys the field path in the file that gave its value, or None if
    the path or the body of the file gave it. Keys that it lacks are named as in the file.
    """

    values: dict[str, Value]
    origins: dict[str, str | None]


def find_published(
    front_matter: Mapping[str, Value], source_path: str, mapping: PostMapping, date_key: str
) -> str | None:
    """The text that says when a post was published, as written; None if nothing does.

    `date_key` is the key of the tables that dates a post.
    """
    if mapping.is_plain:
        value = front_matter.get(date_key)
        return value if isinstance(value, str) else None
    published = _find_published(Post(front_matter, mapping), source_path)
    return str(published.value) if published else None


def translate(
    front_matter: Mapping[str, Value],
    source_path: str,
    body: str | None,
    mapping: PostMapping,
    date_key: str,
) -> Translated:
    """The front matter of one post with the keys of the tables. What they do not use, it keeps.

    `date_key` is the key of the tables that dates a post.
    """
    post = Post(front_matter, mapping)
    translator = _Translator(post, {}, {})
    name, language = split_name(source_path)
    translator.put("category", post.find_text("category"))
    translator.put("type", post.find_text("type"))
    translator.put("title", post.find_text("title") or Found(_find_title(body, name)))
    translator.put("excerpt", post.find_text("excerpt"))
    translator.put(date_key, _find_published(post, source_path))
    translator.put(f"{MAPPED}updated", _find_moment(post.find_text("updated_at")))
    translator.put("webUrl", _find_address(post.find_all("web_url")))
    translator.put("originalUrl", _find_address(post.find_all("original_url")))
    translator.put_list("topics", post.find_all("topics"))
    translator.put_list(f"{MAPPED}authors", post.find_all("authors"))
    translator.put(f"{MAPPED}language", post.find_text("language") or _derive(language))
    translator.put(f"{MAPPED}slug", _find_slug(post) or _derive(name))
    translator.put("published", _take_flags(post))
    translator.put_images()
    return translator.finish()


def translate_item(item: Value) -> Value:
    """One related item with the keys of the tables. A text is its address."""
    if isinstance(item, str):
        return {"webUrl": item}
    if not isinstance(item, dict) or "webUrl" in item:
        return item
    address = find_text(item, _LINK_KEYS)
    if address is None:
        return item
    return {"webUrl": address.value, **{key: item[key] for key in item if key != address.path[0]}}


class _Translator(NamedTuple):
    """A translation in the making."""

    post: Post
    values: dict[str, Value]
    origins: dict[str, str | None]

    def put(self, key: str, found: Found | None) -> None:
        """Give `key` the value that was found."""
        if found is not None:
            self.values[key] = found.value
            self.origins[key] = found.field_path if found.path else None
            if found.path and not found.is_part:
                self.post.take(found)

    def put_list(self, key: str, found: Iterable[Found]) -> None:
        """Give `key` the texts of all lists that were found, each text once."""
        texts: dict[str, None] = {}
        for each in found:
            listed = None if each.path in self.post.taken else _list_texts(each.value)
            if listed is None:
                continue
            texts.update(dict.fromkeys(listed))
            self.origins.setdefault(key, each.field_path)
            # A mapping may say more than its name.
            if not _has_mapping(each.value):
                self.post.take(each)
        if key in self.origins:
            self.values[key] = list(texts)

    def put_images(self) -> None:
        """Give the key `images` all that are named."""
        images = take_images(self.post)
        if images:
            self.values["images"] = [image.values for image in images]
        self.origins.update(
            (f"images[{number}]", image.field_path) for number, image in enumerate(images)
        )

    def finish(self) -> Translated:
        """The translation, with all that was not used."""
        rest = self.post.list_rest()
        unused = {key: rest.pop(key) for key in rest.keys() & self.values.keys()}
        if unused:
            rest[UNUSED_KEY] = unused
        return Translated({**self.values, **rest}, self.origins)


def _find_title(body: str | None, name: str) -> str:
    return (find_heading(body) if body else None) or render_title(name)


def _derive(text: str | None) -> Found | None:
    return Found(text) if text else None


def _find_published(post: Post, source_path: str) -> Found | None:
    """What dates a post: the first key with a date, then its path, then a date in an address.

    A key with something else is taken if nothing else dates the post. So it is reported.
    """
    written = [each for each in post.find_all("published_at") if isinstance(each.value, str)]
    for found in written:
        if is_date(str(found.value)):
            return found
    if day := find_date_in_path(source_path):
        return Found(day)
    for address in post.find_all("addresses"):
        if isinstance(address.value, str) and (day := find_date_in_address(address.value)):
            return Found(day, address.path, is_part=True)
    texts = [each for each in written if str(each.value).strip() and not _is_flag(each)]
    return texts[0] if texts else None


def _find_slug(post: Post) -> Found | None:
    """The key for it, or else the last segment of an address, as in `path: 2015/05/Rust-1.0`."""
    if slug := post.find_text("slug"):
        return slug
    for address in post.find_all("addresses"):
        if isinstance(address.value, str) and not _is_flag(address):
            path = address.value.strip().removesuffix("/index.html")
            if found := _PATH.fullmatch(path):
                return Found(found[1], address.path, is_part=True)
    return None


def _find_moment(found: Found | None) -> Found | None:
    return found if found and is_date(str(found.value)) else None


def _find_address(addresses: Iterable[Found]) -> Found | None:
    """The first value that is a whole address, or one from the root of its site."""
    for found in addresses:
        if isinstance(found.value, str) and found.value.strip().startswith(_ADDRESS_STARTS):
            return found
    return None


def _take_flags(post: Post) -> Found | None:
    """Whether a post is shown: if all its flags agree to it. None if nothing says so."""
    shown = [each for each in post.find_all("is_published") if _is_flag(each)]
    hidden = [each for each in post.find_all("hidden") if _is_flag(each)]
    against = [each for each in shown if _is_one_of(each, _FALSE)]
    against += [each for each in hidden if _is_one_of(each, _TRUE)]
    flags = [*against, *shown, *hidden]
    for each in flags:
        post.take(each)
    if against:
        return Found("false", against[0].path)
    return Found("true", flags[0].path) if flags else None


def _is_flag(found: Found) -> bool:
    return _is_one_of(found, _TRUE | _FALSE)


def _is_one_of(found: Found, words: frozenset[str]) -> bool:
    return isinstance(found.value, str) and found.value.strip().lower() in words


def _has_mapping(value: Value) -> bool:
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) for item in items)


def _list_texts(value: Value) -> list[str] | None:
    """The texts of a list; one text is split at its commas. None if there is no text."""
    if isinstance(value, str):
        return [text.strip() for text in value.split(",") if text.strip()]
    items = value if isinstance(value, list) else [value]
    texts = [_name(item) for item in items]
    return None if None in texts else [text for text in texts if text and text.strip()]


def _name(item: Value) -> str | None:
    """The text that stands for an item; "" for null, None for what has no name."""
    if item is None or isinstance(item, str):
        return item or ""
    if isinstance(item, dict) and (name := find_text(item, _NAMES)):
        return str(name.value)
    return None
