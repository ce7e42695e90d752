"""The built-in mappings: the keys of the tables themselves, and those of the usual generators."""

from typing import Final

from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import Source, name_sources

_ADDRESS_KEYS: Final = ("path", "permalink", "slug", "url")
_DATE: Final = "{1}-{2}-{3}"
DATE_IN_NAME: Final = (
    r"(?:^|/)([0-9]{4})-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])(?![0-9])[^/]*(?:/[^/]*)?$"
)
"""At the start of a file name, or of the name of the folder that holds the file."""
_DATE_IN_ADDRESS: Final = (
    r"(?:^|/)((?:19|20)[0-9]{2})[/-](0[1-9]|1[0-2])[/-](0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
"""Year, month and day somewhere in a path or an address, as in `2024/03/05/`."""
_LAST_NAME: Final = (
    r"^(?!(?:true|false)$)/?(?:[^/{}:]+/)*?(?!index(?:\.html?)?/?$)([^/{}:]+?)"
    r"(?:/index)?(?:\.html?)?/?$"
)
"""What an address of the site itself ends with. One of another site, or of a template, has none."""

EVERYDAY: Final = PostMapping("everyday", is_strict=True)
"""The keys of the tables themselves, and all their rules."""

WEB: Final = PostMapping(
    "web",
    sources={
        "title": name_sources(
            "title",
            "pageTitle",
            "headline",
            "name",
            "display_name",
            "linkTitle",
            "@heading",
            "@name",
        ),
        "published_at": (
            *name_sources(
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
            Source("@path", pattern=DATE_IN_NAME, template=_DATE),
            Source("@path", pattern=_DATE_IN_ADDRESS, template=_DATE),
            *(Source(key, pattern=_DATE_IN_ADDRESS, template=_DATE) for key in _ADDRESS_KEYS),
        ),
        "updated_at": name_sources(
            "updatedDateTime",
            "updated",
            "lastmod",
            "updatedDate",
            "last_modified_at",
            "modified",
        ),
        "type": name_sources("type", "layout"),
        "category": name_sources("category", "section", "kicker"),
        "excerpt": name_sources(
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
        "language": name_sources("language", "lang", "locale", "@suffix"),
        "slug": (
            *name_sources("slug"),
            *(Source(key, pattern=_LAST_NAME) for key in _ADDRESS_KEYS if key != "slug"),
            *name_sources("@slug"),
        ),
        "web_url": name_sources(
            "webUrl", "canonical_url", "canonicalUrl", "canonical", "permalink", "url"
        ),
        "original_url": name_sources(
            "originalUrl",
            "original_url",
            "source_url",
            "externalUrl",
            "external_url",
        ),
        "topics": name_sources(
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
        "authors": name_sources("authors", "author", "byline", "creator", "extra.author"),
        "images": name_sources(
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
        "is_published": name_sources(
            "published",
            "publish",
            "public",
            "!draft",
            "!unlisted",
            "!archived",
            "!hidden",
            "!private",
        ),
    },
    effects={
        "type.is_not_null": "nothing",
        "published_at.is_dated_if_news": "nothing",
        "is_integer": "warning",
        "is_number": "warning",
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
    # As in Ruby, by which the sites of Jekyll are built.
    repeated_keys="last",
)
"""The conventions of the usual site generators: Jekyll, Hugo, Zola, Eleventy, Astro, Hexo and their
kin. The keys and their order were measured on 58,226 files of 23 archives."""

CHOSEN_MAPPING: Final = "auto"
"""The name that stands for the mapping that fits."""
BUILT_IN: Final = {mapping.name: mapping for mapping in (EVERYDAY, WEB)}
