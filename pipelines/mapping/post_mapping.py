"""Post mappings: which keys of the posts of an archive hold what the tables want.

Light on purpose: workers date posts by a mapping, and they do without Polars.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NamedTuple

Effect = Literal["error", "warning", "nothing"]
"""What a broken rule does to a row. An error keeps the row out, a warning is reported."""


@dataclass(frozen=True)
class PostMapping:
    """The keys of the posts of an archive.

    `keys` has for each column of articles, and for `images`, the keys that may hold it. Those of
    `hidden` are flags that say the opposite of `is_published`. Those of `addresses` may contain the
    date of the post. A key may stand in a mapping, like `extra.team`, and its capitals do not
    matter. Of a text, the first key that has a value is taken, of a list all are. What no key gives
    comes from the path or the body of the file. Without keys, posts use those of the tables.

    `effects` say what a broken rule does, by rule or by column and rule, like `type.is_not_null`.
    All others are errors.
    """

    name: str
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the posts use the keys of the tables, so that nothing is translated."""
        return not self.keys

    @cached_property
    def id(self) -> str:
        """Changes with everything that the mapping says."""
        text = json.dumps([self.keys, self.effects], sort_keys=True)
        return f"{self.name}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @cached_property
    def uses(self) -> Mapping[str, Sequence["Use"]]:
        """What each root key in small letters, or a key below it, may be used for."""
        uses: dict[str, list[Use]] = {}
        for name, keys in self.keys.items():
            for rank, key in enumerate(keys):
                root, *inner = key.casefold().split(".")
                uses.setdefault(root, []).append(Use(name, rank, tuple(inner)))
        return uses

    def find_effect(self, column: str, rule: str) -> Effect:
        """What it does to a row that `rule` of `column` is broken."""
        return self.effects.get(f"{column}.{rule}", self.effects.get(rule, "error"))


class Use(NamedTuple):
    """What a key may be used for, and its rank among the keys of that use.

    `inner` are the steps from the root key to the value.
    """

    name: str
    rank: int
    inner: tuple[str, ...]


EVERYDAY: Final = PostMapping("everyday")
"""The keys of the tables themselves, and all their rules."""

WEB: Final = PostMapping(
    "web",
    keys={
        "title": ("title", "pageTitle", "headline", "name", "display_name", "linkTitle"),
        "published_at": (
            "publishedDateTime",
            "datePublished",
            "publishedAt",
            "publishDate",
            "pubDate",
            "date",
            "published",
            "created",
            "dateStart",
        ),
        "updated_at": (
            "updatedDateTime",
            "updated",
            "lastmod",
            "updatedDate",
            "last_modified_at",
            "modified",
        ),
        "type": ("type", "layout"),
        "category": ("category", "section", "kicker"),
        "excerpt": (
            "excerpt",
            "description",
            "summary",
            "blurb",
            "deck",
            "subtitle",
            "subhead",
            "lead",
            "extra.description",
        ),
        "language": ("language", "lang", "locale"),
        "slug": ("slug",),
        "web_url": ("webUrl", "canonical_url", "canonicalUrl", "canonical", "permalink", "url"),
        "original_url": (
            "originalUrl",
            "original_url",
            "source_url",
            "externalUrl",
            "external_url",
        ),
        "topics": (
            "topics",
            "tags",
            "categories",
            "keywords",
            "series",
            "tag",
            "taxonomies.tags",
            "taxonomies.categories",
            "meta.keywords",
        ),
        "authors": ("authors", "author", "byline", "creator", "extra.author"),
        "images": (
            "images",
            "image",
            "cover",
            "hero",
            "banner",
            "thumbnail",
            "featured_image",
            "featuredImage",
            "socialImage",
            "og_image",
            "header.image",
        ),
        "is_published": ("published", "publish", "public"),
        "hidden": ("draft", "unlisted", "archived", "hidden", "private"),
        "addresses": ("path", "permalink", "slug", "url"),
    },
    effects={
        "type.is_not_null": "nothing",
        "published_at.is_dated_if_news": "nothing",
        "is_integer": "warning",
        "is_boolean": "warning",
        "is_timestamp": "warning",
        "is_url": "warning",
        "is_not_negative": "warning",
        "is_list": "warning",
        "is_text": "warning",
        "is_mapping": "warning",
        "is_known_key": "nothing",
        "has_no_null_items": "warning",
        # Most sites name their images by a path or an id that only their generator knows.
        "url.is_url": "nothing",
        "updated_at.has_time_zone": "nothing",
    },
)
"""The conventions of the usual site generators: Jekyll, Hugo, Zola, Eleventy, Astro, Hexo and their
kin. The keys and their order were measured on 58,226 files of 23 archives."""

CHOSEN_MAPPING: Final = "auto"
"""The name that stands for the mapping that fits."""
BUILT_IN: Final = {mapping.name: mapping for mapping in (EVERYDAY, WEB)}
