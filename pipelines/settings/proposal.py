"""Proposals: what a matterhouse.toml may say of an archive, by what was seen in it."""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from pipelines.documents.paths import CONTENT_FOLDERS
from pipelines.mapping.items import LINK
from pipelines.mapping.own_column import OwnType
from pipelines.mapping.post_mapping import PostMapping
from pipelines.settings.checking import check_settings
from pipelines.settings.clues import (
    MOST_DEPTH,
    OTHER_DATE,
    PATH_DATE,
    PATH_KEY,
    PUBLISHED,
    Clue,
    Clues,
)
from pipelines.settings.key_names import (
    AUTHOR,
    OTHER_ADDRESSES,
    OTHER_DAY,
    PEOPLE_OR_LISTS,
    TOPIC,
    is_title,
    name_column,
    normalize,
    prefer,
)
from pipelines.settings.model import REST
from pipelines.settings.rendering import Line, render_proposal
from pipelines.settings.site import SiteFacts
from pipelines.sources.globs import Globs, escape_glob
from schemas.articles import ARTICLES

MOST_COLUMNS: Final = 5
_MOST_KEYS: Final = 3
"""How many keys are proposed for one column or table."""
_MOST_FOLDERS: Final = 5
_FEWEST: Final = 3
_SHARE: Final = 0.01
"""A key counts if at least so many posts, and such a share of them, have what is looked for."""
_NEARLY_ALL: Final = 0.9
_SMALL_SHARE: Final = 0.01
"""Such a share of the posts may lie beside the content, in tests and the like."""
_DAY: Final = "{1}-{2}-{3}"

_KINDS: Final[tuple[OwnType, ...]] = ("boolean", "integer", "number", "timestamp", "url", "list")


class Counts(NamedTuple):
    """What a mapping makes of an archive.

    `titles` are counted by where they come from. `others` are the posts that would load under
    another mapping, by its name. `files` are the paths of all files, posts or not.
    """

    posts: int
    titles: Mapping[str, int]
    others: Mapping[str, int]
    files: Sequence[str]


class Proposal(NamedTuple):
    """A proposal as text, and as the values that the text has."""

    text: str
    values: dict[str, Any]


def propose_settings(
    clues: Clues,
    counts: Counts,
    mapping: PostMapping,
    globs: Globs,
    secrets: Collection[str],
    site: SiteFacts,
) -> Proposal:
    """What a matterhouse.toml may say of an archive whose posts are read by `mapping`.

    Globs and secrets that are known already are kept.
    """
    proposer = _Proposer(clues, counts, mapping, secrets)
    lines: list[Line] = [
        proposer.say_base(),
        *proposer.say_globs(globs),
        *([Line(("secrets",), list(secrets), "as before")] if secrets else []),
        *proposer.say_site(site),
        *proposer.say_zone(site.time_zone),
        *proposer.say_folders(),
        *proposer.say_images(),
        *proposer.say_links(),
        *proposer.say_articles(),
    ]
    # A key that becomes something else needs no column of its own.
    lines += proposer.say_columns({text for line in lines for text in _list_texts(line.value)})
    values = _nest(line for line in lines if line.is_sure)
    check_settings(values)
    return Proposal(render_proposal(lines, counts.posts), values)


class _Proposer(NamedTuple):
    """The lines of a proposal, by what they are about."""

    clues: Clues
    counts: Counts
    mapping: PostMapping
    secrets: Collection[str]

    def say_base(self) -> Line:
        others = ", ".join(f"under {name} {count:,}" for name, count in self.counts.others.items())
        why = f"{self.counts.posts:,} posts load; {others}"
        return Line(("base",), self.mapping.name, why)

    def say_globs(self, known: Globs) -> Iterator[Line]:
        """The folders that hold posts, if others hold none."""
        if known:
            if known.include:
                yield Line(("include",), list(known.include), "as this inspection was told")
            if known.exclude:
                yield Line(("exclude",), list(known.exclude), "as this inspection was told")
            return
        counts = self.clues.folders
        posts = {name: counts[name, "posts"] for name in self._list_folders() if "/" not in name}
        few = self.counts.posts * _SMALL_SHARE
        # Of small folders, and of files in the raw folder itself, somebody has to decide.
        chosen = sorted(name for name in posts if posts[name] > few)
        lost = self.counts.posts - sum(posts[name] for name in chosen)
        if not chosen or lost > few or len(chosen) > _MOST_KEYS:
            return
        include = tuple(f"{escape_glob(self._descend(name))}/" for name in chosen)
        matches = Globs(include).match
        others = sum(not matches(path) for path in self.counts.files) - lost
        if others >= _FEWEST:
            posts_lost = f"it would leave out {lost:,} posts" if lost else "all posts are there"
            why = f"{posts_lost}; {others:,} other files are elsewhere"
            yield Line(("include",), list(include), why, is_sure=not lost)

    def _descend(self, folder: str) -> str:
        """The folder that holds all posts below `folder`, or one that is called like content."""
        counts = self.clues.folders
        while folder.rpartition("/")[2] not in CONTENT_FOLDERS and folder.count("/") < MOST_DEPTH:
            inner = [name for name in self._list_folders() if name.rpartition("/")[0] == folder]
            same = [name for name in inner if counts[name, "posts"] == counts[folder, "posts"]]
            if not same:
                break
            (folder,) = same
        return folder

    def _list_folders(self) -> list[str]:
        """Every folder that holds posts, the outer ones first."""
        names = {name for name, what in self.clues.folders if what == "posts" and name}
        return sorted(names, key=lambda name: (name.count("/"), name))

    def say_site(self, site: SiteFacts) -> Iterator[Line]:
        if site.site:
            yield Line(("site",), site.site, f"{site.site_file} says so")
        elif not self.mapping.is_plain:
            why = "to complete addresses like /about/"
            yield Line(("site",), "https://example.org", why, is_sure=False)

    def say_zone(self, time_zone: str | None) -> Iterator[Line]:
        keys = self.clues.keys
        lacking = keys[PUBLISHED, "lacks zone"]
        times = lacking + keys[PUBLISHED, "has zone"]
        if lacking >= _FEWEST and lacking > times / 2:
            known = ", the site's zone" if time_zone else ""
            why = f"{lacking:,} of {times:,} times have no zone and count as UTC{known}"
            yield Line(("time_zone",), time_zone or "Europe/Oslo", why, is_sure=False)

    def say_folders(self) -> Iterator[Line]:
        """Folders of people and lists. Their owner must decide whether they are articles."""
        counts = self.clues.folders
        found: list[str] = []
        for name in self._list_folders():
            words = re.split(r"[^a-z]+", name.rpartition("/")[2].lower())
            is_inner = any(name.startswith(f"{each}/") for each in found)
            is_undated = counts[name, "posts"] >= _FEWEST and not counts[name, "dated"]
            if is_undated and not is_inner and PEOPLE_OR_LISTS.fullmatch(words[-1]):
                found.append(name)
        found = sorted(found, key=lambda name: (-counts[name, "posts"], name))[:_MOST_FOLDERS]
        if found and len(found) < len(self._list_folders()):
            globs = ",".join(f"{escape_glob(name)}/" for name in found)
            path = f"{{{globs}}}" if len(found) > 1 else globs
            posts = sum(counts[name, "posts"] for name in found)
            why = f"{posts:,} posts there, none with a date"
            yield Line(("folders",), [{"path": path, "skip": True}], why, is_sure=False)

    def say_images(self) -> Iterator[Line]:
        found = [key for key in self._list_keys("images") if self._is_nearly_all(key, "images")]
        if found := found[:_MOST_KEYS]:
            yield Line(("images",), [REST, *found], self._count_posts(found, "images"))

    def say_links(self) -> Iterator[Line]:
        found: dict[str, Any] = {}
        for key in self._list_keys("filled"):
            is_other = OTHER_ADDRESSES.search(normalize(key)) or self.clues.keys[key, "images"]
            if not is_other and len(found) < _MOST_KEYS:
                if self._is_nearly_all(key, "links"):
                    found[key] = key
                elif source := self._describe_links(key):
                    found[key] = source
        if found:
            yield Line(("related_links",), [*found.values()], self._count_posts(found, "filled"))

    def _describe_links(self, key: str) -> Any:
        """Where the addresses and titles of a list of mappings are; None if it has no addresses."""
        items = self.clues.items
        count = items[key, "", "filled"]
        if count < _FEWEST:
            return None
        fields = {name for each, name, _ in items if each == key and name}
        urls = [name for name in sorted(fields) if items[key, name, "url"] >= count * _NEARLY_ALL]
        texts = [name for name in sorted(fields) if items[key, name, "text"] >= count * _NEARLY_ALL]
        url = prefer(urls, LINK.keys["webUrl"])
        title = prefer(texts, LINK.keys["title"])
        if url is None:
            return None
        source = {"key": key}
        if url.lower() not in map(str.lower, LINK.keys["webUrl"]):
            source["web_url"] = url
        if title and title.lower() not in LINK.keys["title"]:
            source["title"] = title
        return source if len(source) > 1 else key

    def say_articles(self) -> Iterator[Line]:
        """Where columns come from, besides the keys that the mapping knows."""
        if self.mapping.is_plain:
            return
        titles = [key for key in self._list_keys("titles") if is_title(key)][:_MOST_KEYS]
        if titles:
            known = [key for key in self.counts.titles if not key.startswith("(")]
            sources = [*_in_order(known, self.mapping), *titles, REST]
            why = f"{self._count_posts(titles, 'titles')} have no other title"
            yield Line(("articles", "title"), sources, why)
        yield from self._say_dates()
        if authors := self._list_named(AUTHOR):
            why = self._count_posts(authors, "filled")
            yield Line(("articles", "authors"), [REST, *authors], why)
        if topics := self._list_named(TOPIC):
            why = self._count_posts(topics, "filled")
            yield Line(("articles", "topics"), [REST, *topics], why)
        if bodies := self._list_keys("bodies")[:_MOST_KEYS]:
            why = f"{self._count_posts(bodies, 'bodies')} have their text there alone"
            yield Line(("articles", "body"), ["@body", *bodies], why)

    def _say_dates(self) -> Iterator[Line]:
        keys = self.clues.keys
        sources: list[Any] = [
            key
            for key in self._list_keys("dates")
            if key != PATH_KEY
            and self._is_nearly_all(key, "timestamp")
            and not OTHER_DAY.search(normalize(key))
        ][:_MOST_KEYS]
        count = sum(keys[key, "dates"] for key in sources)
        for key in self._list_keys("dates if reshaped"):
            if not OTHER_DAY.search(normalize(key)):
                sources.append({"key": key, "pattern": OTHER_DATE, "template": f"{_DAY}{{4}}"})
                count += keys[key, "dates if reshaped"]
        if keys[PATH_KEY, "dates"] >= self._fewest:
            sources.append({"key": PATH_KEY, "pattern": PATH_DATE, "template": _DAY})
            count += keys[PATH_KEY, "dates"]
        if sources:
            why = f"dates up to {count:,} posts that have no date"
            yield Line(("articles", "published_at"), [REST, *sources], why)

    def say_columns(self, used: Collection[str]) -> Iterator[Line]:
        """Keys of most posts that have one plain kind of value."""
        names = set(ARTICLES.readable_columns)
        most = len(names) + MOST_COLUMNS
        for key in self._list_keys("filled"):
            filled = self.clues.keys[key, "filled"]
            inner, whole = name_column(key.rpartition(".")[2]), name_column(key)
            type_, name = self._find_type(key), whole if inner in names else inner
            if filled <= self.counts.posts / 2 or len(names) == most:
                break
            if type_ and name and name not in names and key not in used:
                names.add(name)
                column: dict[str, Any] = {"key": key, "type": type_}
                if self.mapping.is_plain:
                    column["severity"] = "warning"
                why = f"{filled:,} posts"
                yield Line(("articles", "columns", name), column, why)

    def _find_type(self, key: str) -> OwnType | None:
        """The type of a column for every value of a key.

        None if some are long texts, images, links, or lists and mappings of other things.
        """
        keys = self.clues.keys
        filled = keys[key, "filled"]
        if keys[key, "long"] or keys[key, "images"] or keys[key, "links"] or keys[key, "other"]:
            return None
        for kind in _KINDS:
            if keys[key, cast("Clue", kind)] == filled:
                return kind
        if keys[key, "integer"] + keys[key, "number"] == filled:
            return "number"
        return None if keys[key, "list"] else "text"

    def _list_named(self, names: re.Pattern[str]) -> list[str]:
        return [
            key
            for key in self._list_keys("filled")
            if names.fullmatch(normalize(key.rpartition(".")[2]))
            and not self.clues.keys[key, "other"]
            and not self.clues.keys[key, "long"]
        ][:_MOST_KEYS]

    def _list_keys(self, clue: Clue) -> list[str]:
        """The keys of which `clue` is often true, the most frequent first."""
        keys = self.clues.keys
        found = [
            key
            for key, each in keys
            if each == clue
            and keys[key, clue] >= self._fewest
            and not set(key.split(".")) & set(self.secrets)
        ]
        return sorted(found, key=lambda key: (-keys[key, clue], key))

    @property
    def _fewest(self) -> int:
        return max(_FEWEST, math.ceil(self.counts.posts * _SHARE))

    def _is_nearly_all(self, key: str, clue: Clue) -> bool:
        keys = self.clues.keys
        return keys[key, clue] >= keys[key, "filled"] * _NEARLY_ALL

    def _count_posts(self, keys: Iterable[str], clue: Clue) -> str:
        return f"{' + '.join(f'{self.clues.keys[key, clue]:,}' for key in keys)} posts"


def _nest(lines: Iterable[Line]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for line in lines:
        *outer, last = line.path
        table = values
        for step in outer:
            table = table.setdefault(step, {})
        table[last] = line.value
    return values


def _list_texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _list_texts(each)


def _in_order(keys: Iterable[str], mapping: PostMapping) -> list[str]:
    """Keys in the order in which the mapping tries them for a title."""
    order = [source.key.casefold() for source in mapping.sources.get("title", ())]
    return sorted(
        (key for key in keys if key.casefold() in order),
        key=lambda key: order.index(key.casefold()),
    )
