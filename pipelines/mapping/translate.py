"""Translation: front matter as written becomes front matter with the keys of the tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pipelines.mapping.items import IMAGE, LINK, Item, take_items
from pipelines.mapping.post import Found, Post, find_text
from pipelines.mapping.post_mapping import IMAGES, LINKS, PostMapping
from pipelines.mapping.written_dates import is_date
from schemas.language.archive import MAPPED
from schemas.language.shape import Value

UNUSED_KEY: Final = f"{MAPPED}unused"
"""It holds the values of keys that have the name of a key of the tables, if another key was taken
for that one. So they are in `extra`, like all that has no column."""

_PUBLISHED_AT: Final = "published_at"
_SHOWN: Final = "is_published"
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_FLAGS: Final = _TRUE | _FALSE
_NAMES: Final = ("name", "title", "slug", "id")
"""What stands for an author or a topic that is a mapping."""
_ADDRESS_STARTS: Final = ("http://", "https://", "/")


class Target(NamedTuple):
    """A column of articles: its key of the tables, and the kind of its values."""

    key: str
    kind: str


class Translated(NamedTuple):
    """Front matter with the keys of the tables. What they do not use keeps its own key.

    `links` are the related items that stand in other keys than that of the tables. `origins` has
    the field path in the file for each key that was translated; None if its value comes from the
    name or the body of the file, or is a constant.
    """

    values: dict[str, Value]
    links: list[Item]
    origins: dict[str, str | None]


def find_published(
    front_matter: Mapping[str, Value],
    source_path: str,
    body: str | None,
    mapping: PostMapping,
    date_key: str,
) -> str | None:
    """The text that says when a post was published, as written; None if nothing does.

    `date_key` is the key of the tables that dates a post.
    """
    chosen = mapping.at(source_path)
    if chosen is None:
        return None
    front_matter = leave_out(front_matter, chosen.secret_keys)
    if _PUBLISHED_AT not in chosen.sources:
        value = front_matter.get(date_key)
        return value if isinstance(value, str) else None
    published = _find_moment(Post(front_matter, chosen, source_path, body), _PUBLISHED_AT)
    return str(published.value) if published else None


def translate(
    front_matter: Mapping[str, Value],
    source_path: str,
    body: str | None,
    mapping: PostMapping,
    targets: Mapping[str, Target],
) -> Translated:
    """The front matter of one post with the keys of the tables, by its own mapping.

    `targets` are the columns of articles.
    """
    front_matter = leave_out(front_matter, mapping.secret_keys)
    translator = _Translator(Post(front_matter, mapping, source_path, body), {}, {})
    for name in translator.post.candidates:
        if name in targets:
            translator.put_column(name, targets[name], is_named=name in mapping.named)
    translator.put_images()
    named = (name for name in mapping.named if name != LINKS)
    keys = ((name, IMAGES if name == IMAGES else targets[name].key) for name in named)
    return translator.finish([key for name, key in keys if mapping.hides(name, key)])


def leave_out(front_matter: Mapping[str, Value], keys: Collection[str]) -> Mapping[str, Value]:
    """`front_matter` without these keys, at any depth."""
    if not keys:
        return front_matter
    return {
        key: leave_out_below(each, keys) for key, each in front_matter.items() if key not in keys
    }


def leave_out_below(value: Value, keys: Collection[str]) -> Value:
    """`value` without these keys, at any depth."""
    if isinstance(value, dict):
        return dict(leave_out(value, keys))
    return [leave_out_below(each, keys) for each in value] if isinstance(value, list) else value


class _Translator(NamedTuple):
    """A translation in the making."""

    post: Post
    values: dict[str, Value]
    origins: dict[str, str | None]

    def put_column(self, name: str, target: Target, *, is_named: bool) -> None:
        """Give the key of a column what its sources say.

        If none of them says what can be read, and the archive has named them, the first text is
        reported.
        """
        post, key, kind = self.post, *target
        if kind == "list":
            self._put_list(key, post.find_all(name))
        elif kind == "boolean":
            self._put(key, _take_flags(post, name, is_named=is_named))
        elif kind == "timestamp":
            self._put(key, _find_moment(post, name))
        elif kind == "url":
            self._put(key, _find_address(post, name, is_named=is_named))
        else:
            self._put_text(name, key)

    def _put(self, key: str, found: Found | None) -> None:
        if found is not None:
            values, last = self.values, key
            if "." in key:
                *outer, last = key.split(".")
                for step in outer:
                    inner = values.setdefault(step, {})
                    values = inner if isinstance(inner, dict) else {}
            values[last] = found.value
            self.origins[key] = found.field_path if found.path else None
            self.post.take(found)

    def _put_text(self, name: str, key: str) -> None:
        """Give `key` the first text that is not blank. Most are the value of a root key."""
        post = self.post
        first = post.candidates[name][0]
        if first.source is None and not first.inner and "." not in key:
            value = post.front_matter[first.path[0]]
            if isinstance(value, str) and value and not value.isspace():
                self.values[key] = value
                self.origins[key] = first.path[0]
                post.taken.add(first.path)
                return
        self._put(key, post.find_text(name))

    def _put_list(self, key: str, found: Iterable[Found]) -> None:
        """Give `key` the texts of all lists that were found, each text once."""
        texts: dict[str, None] = {}
        paths: set[tuple[str, ...]] = set()
        for each in found:
            # A key that two sources name is read once, as the first one says.
            listed = None if each.path in paths else _list_texts(each)
            if listed is None:
                continue
            texts.update(dict.fromkeys(listed))
            self.origins.setdefault(key, each.field_path if each.path else None)
            if each.path and listed:
                paths.add(each.path)
            # A mapping may say more than its name.
            if not _has_mapping(each.value):
                self.post.take(each)
        if key in self.origins:
            self.values[key] = list(texts)

    def put_images(self) -> None:
        """Give the key `images` all that are named."""
        images = take_items(self.post, IMAGE) if IMAGE.use in self.post.candidates else []
        if images:
            self.values["images"] = [image.values for image in images]
        for number, image in enumerate(images):
            self.origins[f"images[{number}]"] = image.field_path

    def finish(self, hidden_keys: Iterable[str]) -> Translated:
        """The translation, with all that was not used.

        `hidden_keys` are keys of the tables of which a post may have one without meaning its
        column.
        """
        links = take_items(self.post, LINK) if LINK.use in self.post.candidates else []
        rest = self.post.list_rest()
        unused: dict[str, Value] = {}
        for key in hidden_keys:
            _move(key.split("."), rest, unused)
        for key in [each for each in rest if each in self.values]:
            value, inner = rest.pop(key), self.values[key]
            if isinstance(value, dict) and isinstance(inner, dict):
                self.values[key] = {**value, **inner}
                value = {name: each for name, each in value.items() if name in inner}
            if value != {}:
                unused[key] = value
        if unused:
            rest[UNUSED_KEY] = unused
        return Translated({**self.values, **rest}, links, self.origins)


def _move(path: Sequence[str], values: dict[str, Value], others: dict[str, Value]) -> None:
    """Move what is at `path` to `others`, if anything is."""
    key, *inner = path
    value = values.get(key)
    if not inner and value is not None:
        others[key] = values.pop(key)
    elif inner and isinstance(value, dict):
        left, moved = dict(value), others.get(key)
        moved = dict(moved) if isinstance(moved, dict) else {}
        _move(inner, left, moved)
        if moved:
            values[key], others[key] = left, moved


def _find_moment(post: Post, name: str) -> Found | None:
    """The first value that is a date. If there is none, the first text, which is then reported."""
    first: Found | None = None
    for found in post.find_all(name):
        if isinstance(found.value, str):
            if is_date(found.value):
                return found
            if first is None and found.value.strip() and not _is_flag(found):
                first = found
    return first


def _find_address(post: Post, name: str, *, is_named: bool) -> Found | None:
    """The first value that is a whole address, or one from the root of its site."""
    first: Found | None = None
    for found in post.find_all(name):
        if isinstance(found.value, str) and (address := found.value.strip()):
            if address.lower().startswith(_ADDRESS_STARTS):
                return found
            if first is None and is_named and not _is_flag(found):
                first = found
    return first


def _take_flags(post: Post, name: str, *, is_named: bool) -> Found | None:
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
    return isinstance(found.value, str) and found.value.strip().lower() in _FLAGS


def _has_mapping(value: Value) -> bool:
    if isinstance(value, list):
        return dict in map(type, value)
    return isinstance(value, dict)


def _list_texts(found: Found) -> list[str] | None:
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
    """The text that stands for an item; "" for null, None for what has no name."""
    if item is None or isinstance(item, str):
        return item or ""
    if isinstance(item, dict) and (name := find_text(item, _NAMES)):
        return str(name.value)
    return None
