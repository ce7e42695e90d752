"""Items: the images and links that front matter names, as text, as a mapping, or in lists."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pipelines.mapping.post import Found, Post, find_text, find_texts
from pipelines.mapping.post_mapping import IMAGES, LINKS, PostMapping
from pipelines.mapping.values import is_flag
from schemas.language.shape import Value

_JOINTS: Final = ("_", "-", "")
_ADDRESS_STARTS: Final = ("http://", "https://", "/")
_NO_KEYS: Final[Mapping[str, str]] = {}


class ItemKind(NamedTuple):
    """What is looked for in items.

    `root` is the key of the tables that lists them. `keys` are the names that the keys of an item
    have in posts, by the keys of the tables; the address comes first. `sisters` are how keys beside
    that of an item end, like `cover_alt` or `coverCredit`. `is_unique` if each address counts once.
    """

    use: str
    root: str
    keys: Mapping[str, tuple[str, ...]]
    sisters: Mapping[str, tuple[str, ...]]
    is_unique: bool

    @property
    def address_key(self) -> str:
        return next(iter(self.keys))


IMAGE: Final = ItemKind(
    IMAGES,
    "images",
    keys={
        "url": ("url", "src", "path", "file", "href", "image", "source"),
        "title": ("title", "caption", "alt", "description"),
        "attribution": ("attribution", "credit", "copyright"),
    },
    sisters={
        "title": ("caption", "alt", "title", "description"),
        "attribution": ("credit", "attribution"),
    },
    is_unique=True,
)
LINK: Final = ItemKind(
    LINKS,
    "related",
    keys={
        "webUrl": ("webUrl", "url", "link", "href"),
        "title": ("title", "name", "text", "label"),
    },
    sisters={},
    is_unique=False,
)


def find_item_root(key: str, mapping: PostMapping) -> str | None:
    """The root key of the items of which `key` is a part, as the settings say; None if of none."""
    for kind in (IMAGE, LINK):
        for source in mapping.sources.get(kind.use, ()):
            if key.casefold() in map(str.casefold, source.fields.values()):
                return kind.root
    return None


class Item(NamedTuple):
    """An image or a link with the keys of the tables, and its field path in the file."""

    values: dict[str, Value]
    field_path: str


def take_items(post: Post, kind: ItemKind) -> list[Item]:
    """Every item of `post`. Keys are taken if the items say all that stands there."""
    address_key = kind.address_key
    items: list[Item] = []
    addresses: set[Value] = set()
    paths: set[tuple[str, ...]] = set()
    for found in post.find_all(kind.use):
        # A key that two sources name is read once, as the first one says.
        if found.path and found.path in paths:
            continue
        paths.add(found.path)
        values = _list_values(found.value, kind)
        read = [item for item in _read_items(post, found, values, kind) if item]
        new = [item for item in read if item.values[address_key] not in addresses]
        if kind.is_unique:
            addresses.update([item.values[address_key] for item in new])
        items += new
        if read and len(new) == len(values):
            post.take(found)
    return items


def translate_link(item: Value) -> Value:
    """A related item with the keys of the tables; of a text, its address."""
    address_key = LINK.address_key
    if isinstance(item, str):
        return {address_key: item}
    if not isinstance(item, dict) or address_key in item:
        return item
    address = find_text(item, LINK.keys[address_key])
    if address is None:
        return item
    return {
        address_key: address.value,
        **{key: item[key] for key in item if key != address.path[0]},
    }


def _list_values(value: Value, kind: ItemKind) -> list[Value]:
    """The items that a value holds. A mapping of addresses to titles holds a link for each."""
    if isinstance(value, list):
        return value
    if kind is LINK and isinstance(value, dict) and value:
        is_list = all(
            key.startswith(_ADDRESS_STARTS) and isinstance(title, str | None)
            for key, title in value.items()
        )
        if is_list:
            return [{"url": address, "title": title} for address, title in value.items()]
    return [value]


def _read_items(
    post: Post, found: Found, values: list[Value], kind: ItemKind
) -> Iterator[Item | None]:
    """What each value is; None if it has no address."""
    fields = found.source.fields if found.source else _NO_KEYS
    for position, value in enumerate(values):
        is_alone = not isinstance(found.value, list)
        place = found.field_path if is_alone else f"{found.field_path}[{position}]"
        if isinstance(value, str) and value.strip() and not is_flag(value):
            sisters = _take_sisters(post, found, kind, fields) if is_alone else {}
            yield Item({kind.address_key: value, **sisters}, place)
        else:
            read = _read_item(value, found, kind, fields) if isinstance(value, dict) else None
            yield Item(read, place) if read else None


def _read_item(
    item: Mapping[str, Value], found: Found, kind: ItemKind, fields: Mapping[str, str]
) -> dict[str, Value] | None:
    names = {**kind.keys, **{key: (name,) for key, name in fields.items()}} if fields else kind.keys
    texts = find_texts(item, names)
    read = {key: each.value for key, each in texts.items()}
    address = read.get(kind.address_key)
    if found.source and address is not None:
        address = found.source.reshape(address)
    if address is None:
        return None
    used = {each.path[0] for each in texts.values()}
    rest = {key: value for key, value in item.items() if key not in used}
    return {**rest, **read, kind.address_key: address}


def _take_sisters(
    post: Post, found: Found, kind: ItemKind, fields: Mapping[str, str]
) -> dict[str, Value]:
    """What keys beside that of an item say about it."""
    # What is no key has none that begin like it, but may have some that the archive names.
    *outer, name = found.path or ("",)
    beside: Value = dict(post.front_matter)
    for step in outer:
        beside = beside[step] if isinstance(beside, dict) else None
    if not isinstance(beside, dict):
        return {}
    start = name.casefold()
    around = {key: beside[key] for key in beside if key.casefold().startswith(start)}
    said: dict[str, Value] = {}
    # Most items have none. Then nothing is looked up.
    endings = kind.sisters if found.path and len(around) > 1 else {}
    for key in {**endings, **fields}:
        names = [f"{name}{joint}{word}" for word in endings.get(key, ()) for joint in _JOINTS]
        sister = find_text(beside, [fields[key]]) if key in fields else find_text(around, names)
        if sister and key != kind.address_key:
            post.take(Found(sister.value, (*outer, *sister.path)))
            said[key] = sister.value
    return said
