"""Translation: front matter as written becomes front matter with the keys of the tables."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pipelines.mapping.items import IMAGE, LINK, Item, take_items
from pipelines.mapping.post import Found, Post
from pipelines.mapping.post_mapping import IMAGES, LINKS, PostMapping
from pipelines.mapping.values import (
    find_address,
    find_moment,
    has_mapping,
    list_texts,
    take_flags,
)
from schemas.language.archive import MAPPED
from schemas.language.shape import Value

UNUSED_KEY: Final = f"{MAPPED}unused"
"""It holds the values of keys that have the name of a key of the tables, if another key was taken
for that one. So they are in `extra`, like all that has no column."""

_PUBLISHED_AT: Final = "published_at"


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
    front_matter = leave_out(front_matter, chosen.secrets)
    if _PUBLISHED_AT not in chosen.sources:
        value = front_matter.get(date_key)
        return value if isinstance(value, str) else None
    published = find_moment(Post(front_matter, chosen, source_path, body), _PUBLISHED_AT)
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
    front_matter = leave_out(front_matter, mapping.secrets)
    translator = _Translator(Post(front_matter, mapping, source_path, body), {}, {})
    for name in translator.post.candidates:
        if name in targets:
            translator.put_column(name, targets[name], is_named=name in mapping.named)
    translator.put_images()
    if mapping.named:
        translator.post.keep(_list_own_keys(mapping, targets))
    named = (name for name in mapping.named if name != LINKS)
    keys = ((name, IMAGES if name == IMAGES else targets[name].key) for name in named)
    return translator.finish([key for name, key in keys if mapping.hides(name, key)])


def _list_own_keys(mapping: PostMapping, targets: Mapping[str, Target]) -> Iterator[str]:
    """The keys of the tables that are read as they are, since nothing says otherwise."""
    yield from (each.key for name, each in targets.items() if name not in mapping.sources)
    if IMAGES not in mapping.sources:
        yield IMAGE.root


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
            self._put(key, take_flags(post, name, is_named=is_named))
        elif kind == "timestamp":
            self._put(key, find_moment(post, name))
        elif kind == "url":
            self._put(key, find_address(post, name, is_named=is_named))
        else:
            self._put_text(name, key)
        if is_named and key not in self.origins:
            self._put_misshapen(name, key)

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

    def _put_misshapen(self, name: str, key: str) -> None:
        """Give `key` the first list or mapping that its sources have, so that it is reported."""
        for found in self.post.find_all(name):
            if isinstance(found.value, list | dict) and found.value:
                self.values[key] = found.value
                self.origins[key] = found.field_path
                return

    def _put_list(self, key: str, found: Iterable[Found]) -> None:
        """Give `key` the texts of all lists that were found, each text once."""
        texts: dict[str, None] = {}
        paths: set[tuple[str, ...]] = set()
        for each in found:
            # A key that two sources name is read once, as the first one says.
            listed = None if each.path in paths else list_texts(each)
            if listed is None:
                continue
            texts.update(dict.fromkeys(listed))
            self.origins.setdefault(key, each.field_path if each.path else None)
            if each.path and listed:
                paths.add(each.path)
            # A mapping may say more than its name.
            if not has_mapping(each.value):
                self.post.take(each)
        if key in self.origins:
            self.values[key] = list(texts)

    def put_images(self) -> None:
        """Give the key `images` all that are named."""
        images = take_items(self.post, IMAGE) if IMAGE.use in self.post.candidates else []
        if images:
            self.values[IMAGE.root] = [image.values for image in images]
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
