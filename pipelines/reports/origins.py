"""Origins: which keys of a post a mapping uses, and where a date and a title come from."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from pipelines.mapping.built_in import DATE_IN_NAME
from pipelines.mapping.items import find_item_root
from pipelines.mapping.own_column import OwnColumn
from pipelines.mapping.post_mapping import PostMapping, Use
from pipelines.mapping.titles import find_heading, is_named_by_folder
from pipelines.mapping.translate import Translated
from pipelines.tables.own_columns import extend_articles
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables
from schemas.language.shape import Value

EXTRA: Final = "extra"
SECRET: Final = "kept secret"
NOTHING: Final = "nothing"
"""What dates an article without a date."""
FILE_NAME: Final = "(file name)"
FOLDER: Final = "(folder)"
_UNREAD: Final = "not readable"
_STEP: Final = re.compile(r"[.\[]")


def list_uses(
    front_matter: Mapping[str, Value], translated: Translated, mapping: PostMapping
) -> Iterator[tuple[str, str]]:
    """Every root key of a post that is not null, with each thing that it becomes."""
    fed: dict[str, set[str]] = {}
    for key, origin in translated.origins.items():
        if origin is not None:
            fed.setdefault(_find_root(origin), set()).add(_find_root(key))
    for link in translated.links:
        fed.setdefault(_find_root(link.field_path), set()).add(ARCHIVE.repeated_key)
    targets = {_find_root(key) for key in translated.origins}
    for key, value in front_matter.items():
        if key in mapping.secrets:
            yield key, SECRET
        elif value is not None:
            is_left = key in translated.values and key not in targets
            # Of a list that several keys feed, only the first one is an origin.
            found = fed.get(key) or (set() if is_left else _guess(key, fed, targets, mapping))
            # What is left keeps its name, which may be that of a column.
            found = found | {key} if is_left or not found else found
            uses = {use for each in found for use in name_key(each, mapping.columns)}
            yield from ((key, use) for use in uses)


def _guess(
    key: str, fed: Mapping[str, set[str]], targets: set[str], mapping: PostMapping
) -> set[str]:
    """What a key that was used becomes."""
    keys = extend_articles(mapping.columns).keys
    may_feed = {keys.get(use.name, use.name) for use in mapping.uses.get(key.casefold(), ())}
    if found := may_feed & targets:
        return found
    # It stands beside another key: one that the settings name, or like `cover_alt` beside `cover`.
    if root := find_item_root(key, mapping):
        return {root}
    beside = [name for name in fed if key.casefold().startswith(name.casefold())]
    return fed[max(beside, key=len)] if beside else set()


@cache
def name_key(key: str, own_columns: tuple[OwnColumn, ...] = ()) -> tuple[str, ...]:
    """The columns or tables that are made from a root key of the tables."""
    if key in ARCHIVE.secret_keys:
        return (SECRET,)
    keys = extend_articles(own_columns).keys
    columns = [name for name, path in keys.items() if _find_root(path) == key]
    tables = [
        table.name
        for table in load_tables().values()
        if any(place.removesuffix("[]") == key for place in table.lists)
    ]
    return (*columns, *tables) or (EXTRA,)


def find_date_origin(
    origins: Mapping[str, str | None], source_path: str, mapping: PostMapping, *, is_dated: bool
) -> str:
    """What dates an article: a key, or where else its date stands."""
    if ARCHIVE.date_key not in origins:
        return NOTHING
    origin = origins[ARCHIVE.date_key]
    if origin is None:
        is_in_name = re.search(DATE_IN_NAME, source_path.rpartition("/")[2])
        origin = FILE_NAME if is_in_name else FOLDER
    elif any(use.source and use.source.pattern for use in _list_dating(mapping, origin)):
        origin = f"(address in {origin})"
    return origin if is_dated else f"{origin} {_UNREAD}"


def _list_dating(mapping: PostMapping, key: str) -> Iterator[Use]:
    """The uses of a key that may date a post."""
    for use in mapping.uses.get(key.casefold(), ()):
        if use.name == "published_at":
            yield use


def is_undated(origin: str) -> bool:
    """Whether articles whose date is of this origin have none."""
    return origin == NOTHING or origin.endswith(_UNREAD)


def find_title_origin(origins: Mapping[str, str | None], source_path: str, body: str | None) -> str:
    """Where the title of an article comes from."""
    if origin := origins.get("title"):
        return origin
    if body and find_heading(body):
        return "(first heading)"
    return FOLDER if is_named_by_folder(source_path) else FILE_NAME


def is_by_name(origin: str) -> bool:
    """Whether titles of this origin are only names of files or folders."""
    return origin in (FOLDER, FILE_NAME)


def _find_root(field_path: str) -> str:
    return _STEP.split(field_path, maxsplit=1)[0]
