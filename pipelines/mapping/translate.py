"""Translation: front matter as written becomes front matter with the keys of the tables."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pipelines.mapping.post import Found, Post, find_text
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.titles import find_heading, render_title, split_name
from pipelines.mapping.written_dates import (
    find_date_in_addresses,
    find_date_in_path,
    is_date,
)
from schemas.language.shape import Value

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_DRAFT_FOLDER: Final = "_drafts"
_NAMES: Final = ("name", "title", "slug", "id")
"""What stands for an author or a topic that is a mapping."""
_IMAGE_KEYS: Final = {
    "url": ("url", "src", "path", "file", "href", "image", "source"),
    "title": ("title", "caption", "alt", "description"),
    "attribution": ("attribution", "credit", "copyright"),
}
_SISTERS: Final = {
    "title": ("caption", "alt", "title", "description"),
    "attribution": ("credit", "attribution"),
}
"""What keys beside that of an image say about it, like `cover_alt` or `coverCredit`."""
_LINK_KEYS: Final = ("webUrl", "url", "link", "href")


class Translated(NamedTuple):
    """Front matter with the keys of the tables.

    `origins` says where in the file the value of a key was, as field paths. None: it comes from the
    name or the body of the file. Of keys that are missing here, the names are those of the file.
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
    """The front matter of one post with the keys of the tables. Nothing is lost on the way.

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
    translator.put("_web_updated", _find_moment(post.find_text("updated")))
    translator.put("webUrl", _find_address(post.find_all("web_url")))
    translator.put("originalUrl", _find_address(post.find_all("original_url")))
    translator.put_list("topics", post.find_all("topics"))
    translator.put_list("_web_authors", post.find_all("authors"))
    translator.put("_web_language", post.find_text("language") or _derive(language))
    translator.put("_web_slug", post.find_text("slug") or _derive(name))
    _put_shown(translator, source_path)
    _put_images(translator)
    rest = post.list_rest()
    return Translated(
        {**translator.values, **{key: rest[key] for key in rest if key not in translator.values}},
        translator.origins,
    )


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


def _find_title(body: str | None, name: str) -> str:
    return (find_heading(body) if body else None) or render_title(name)


class _Translator(NamedTuple):
    """A translation in the making."""

    post: Post
    values: dict[str, Value]
    origins: dict[str, str | None]

    def put(self, key: str, found: Found | None) -> None:
        """Give `key` the value that was found."""
        if found is not None:
            self.values[key] = found.value
            self._note(key, found)

    def put_list(self, key: str, found: list[Found]) -> None:
        """Give `key` the texts of all lists that were found, each text once."""
        texts: dict[str, None] = {}
        for each in found:
            if each.path in self.post.taken:
                continue
            if (listed := _list_texts(each.value)) is None:
                continue
            texts.update(dict.fromkeys(listed))
            self.post.take(each)
            self.origins.setdefault(key, each.field_path)
        if key in self.origins:
            self.values[key] = list(texts)

    def _note(self, key: str, found: Found) -> None:
        self.origins[key] = found.field_path if found.path else None
        if found.path:
            self.post.take(found)


def _derive(text: str | None) -> Found | None:
    return Found(text) if text else None


def _find_published(post: Post, source_path: str) -> Found | None:
    """What dates a post: the first key with a date, then its path, then a date in an address.

    A key with something else is taken if nothing else dates the post. So it is reported.
    """
    written = [each for each in post.find_all("published") if isinstance(each.value, str)]
    for found in written:
        if is_date(str(found.value)):
            return found
    if day := find_date_in_path(source_path):
        return Found(day)
    addresses = [each.value for each in post.find_all("addresses")]
    if day := find_date_in_addresses(each for each in addresses if isinstance(each, str)):
        return Found(day)
    texts = [each for each in written if str(each.value).strip() and not _is_flag(each.value)]
    return texts[0] if texts else None


def _find_moment(found: Found | None) -> Found | None:
    return found if found and is_date(str(found.value)) else None


def _find_address(addresses: list[Found]) -> Found | None:
    """The first value that is a whole address, or one from the root of its site."""
    for found in addresses:
        text = found.value
        if isinstance(text, str) and text.strip().startswith(("http://", "https://", "/")):
            return found
    return None


def _is_flag(value: Value) -> bool:
    return isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE


def _put_shown(translator: _Translator, source_path: str) -> None:
    """A post is shown if all its flags agree to it. Without a flag nothing is said."""
    post = translator.post
    shown = [each for each in post.find_all("shown") if _is_flag(each.value)]
    hidden = [each for each in post.find_all("hidden") if _is_flag(each.value)]
    against = [each for each in shown if str(each.value).strip().lower() in _FALSE]
    against += [each for each in hidden if str(each.value).strip().lower() in _TRUE]
    flags = [*against, *shown, *hidden]
    if _DRAFT_FOLDER in source_path.split("/")[:-1]:
        flags, against = flags or [Found("")], flags or [Found("")]
    if flags:
        for each in flags:
            post.take(each)
        translator.values["published"] = "false" if against else "true"
        translator.origins["published"] = flags[0].field_path or None


def _put_images(translator: _Translator) -> None:
    """Every image that the front matter names, each address once."""
    post = translator.post
    images: list[Value] = []
    seen: set[str] = set()
    for found in post.find_all("images"):
        parts = list(_list_images(post, found))
        if not parts:
            continue
        post.take(found)
        for image, place in parts:
            address = str(image["url"])
            if address not in seen:
                seen.add(address)
                translator.origins[f"images[{len(images)}]"] = place
                images.append(image)
    if images:
        translator.values["images"] = images


def _list_images(post: Post, found: Found) -> Iterator[tuple[dict[str, Value], str]]:
    """The images of one value, each with its place: text, a mapping, or a list of these."""
    items = found.value if isinstance(found.value, list) else [found.value]
    for position, item in enumerate(items):
        place = found.field_path + (f"[{position}]" if items is found.value else "")
        if isinstance(item, str) and item.strip():
            sisters = _take_sisters(post, found) if items is not found.value else {}
            yield {"url": item, **sisters}, place
        elif isinstance(item, dict) and (image := _read_image(item)):
            yield image, place


def _read_image(item: dict[str, Value]) -> dict[str, Value] | None:
    found = {key: find_text(item, names) for key, names in _IMAGE_KEYS.items()}
    image: dict[str, Value] = {key: each.value for key, each in found.items() if each}
    used = {each.path[0] for each in found.values() if each}
    rest = {key: value for key, value in item.items() if key not in used}
    return {**rest, **image} if "url" in image else None


def _take_sisters(post: Post, found: Found) -> dict[str, Value]:
    """What keys beside that of an image say about it."""
    said: dict[str, Value] = {}
    *outer, name = found.path
    beside: Value = dict(post.front_matter)
    for step in outer:
        beside = beside[step] if isinstance(beside, dict) else None
    if not isinstance(beside, dict):
        return said
    start = name.casefold()
    candidates = {key: beside[key] for key in beside if key.casefold().startswith(start)}
    if len(candidates) == 1:
        return said
    for key, words in _SISTERS.items():
        keys = (f"{name}{joint}{word}" for word in words for joint in ("_", "-", ""))
        if sister := find_text(candidates, keys):
            post.take(Found(sister.value, (*outer, *sister.path)))
            said[key] = sister.value
    return said


def _list_texts(value: Value) -> list[str] | None:
    """The texts of a list; one text is split at its commas. None if there is no text."""
    if isinstance(value, str):
        return [text.strip() for text in value.split(",") if text.strip()]
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    texts = [_name(item) for item in value]
    return None if None in texts else [text for text in texts if text and text.strip()]


def _name(item: Value) -> str | None:
    """The text that stands for an item; "" for null, None for what has no name."""
    if item is None or isinstance(item, str):
        return item or ""
    if isinstance(item, dict) and (name := find_text(item, _NAMES)):
        return str(name.value)
    return None
