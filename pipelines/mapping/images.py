"""Images that front matter names: as text, as a mapping, or in a list of these."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pipelines.mapping.post import Found, Post, find_text
from schemas.language.shape import Value

_KEYS: Final = {
    "url": ("url", "src", "path", "file", "href", "image", "source"),
    "title": ("title", "caption", "alt", "description"),
    "attribution": ("attribution", "credit", "copyright"),
}
"""The keys of an image that is a mapping, for each key of the tables."""
_SISTERS: Final = {
    "title": ("caption", "alt", "title", "description"),
    "attribution": ("credit", "attribution"),
}
"""How keys beside that of an image end, like `cover_alt` or `coverCredit`."""
_JOINTS: Final = ("_", "-", "")


class Image(NamedTuple):
    """An image with the keys of the tables, and its field path in the file."""

    values: dict[str, Value]
    field_path: str


def take_images(post: Post) -> list[Image]:
    """Every image of `post`, each address once.

    Their keys are taken if the images say all that stands there.
    """
    images: list[Image] = []
    addresses: set[Value] = set()
    for found in post.find_all("images"):
        items: list[Value] = found.value if isinstance(found.value, list) else [found.value]
        read = [image for image in _read_images(post, found, items) if image]
        new = [image for image in read if image.values["url"] not in addresses]
        addresses.update(image.values["url"] for image in new)
        images += new
        if read and len(new) == len(items):
            post.take(found)
    return images


def _read_images(post: Post, found: Found, items: list[Value]) -> Iterator[Image | None]:
    """The image that each item is; None if it has no address."""
    for position, item in enumerate(items):
        is_alone = items is not found.value
        place = found.field_path if is_alone else f"{found.field_path}[{position}]"
        if isinstance(item, str) and item.strip():
            sisters = _take_sisters(post, found) if is_alone else {}
            yield Image({"url": item, **sisters}, place)
        else:
            image = _read_image(item) if isinstance(item, dict) else None
            yield Image(image, place) if image else None


def _read_image(item: Mapping[str, Value]) -> dict[str, Value] | None:
    found = {key: find_text(item, names) for key, names in _KEYS.items()}
    image = {key: each.value for key, each in found.items() if each}
    used = {each.path[0] for each in found.values() if each}
    rest = {key: value for key, value in item.items() if key not in used}
    return {**rest, **image} if "url" in image else None


def _take_sisters(post: Post, found: Found) -> dict[str, Value]:
    """What keys beside that of an image say about it."""
    *outer, name = found.path
    beside: Value = dict(post.front_matter)
    for step in outer:
        beside = beside[step] if isinstance(beside, dict) else None
    if not isinstance(beside, dict):
        return {}
    start = name.casefold()
    sisters = {key: beside[key] for key in beside if key.casefold().startswith(start)}
    said: dict[str, Value] = {}
    # Most images have none. Then nothing is looked up.
    for key, words in _SISTERS.items() if len(sisters) > 1 else ():
        names = (f"{name}{joint}{word}" for word in words for joint in _JOINTS)
        if sister := find_text(sisters, names):
            post.take(Found(sister.value, (*outer, *sister.path)))
            said[key] = sister.value
    return said
