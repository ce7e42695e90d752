"""Paths: which files are plainly no posts, though they begin like one."""

import re
from typing import Final

_DATA = re.compile(
    "canvas|csv|excalidraw|geojson|gltf|har|ipynb|json|json5|jsonc|jsonl|lock|map|ndjson|tfstate"
    "|toml|topojson|tsv|webmanifest|yaml|yml"
)
_COMPONENTS = re.compile(
    "astro|atom|cjs|coffee|css|cts|js|jsx|less|mjs|mts|rss|sass|scss|styl|svelte|svg|ts|tsx|vue"
    "|xml|xsl|xslt"
)
_TEMPLATE_FOLDERS: Final = frozenset(("_includes", "_layouts", "_sass", "node_modules"))
_GENERATOR_FOLDERS: Final = frozenset(("archetypes", "layouts", "scaffolds"))
"""Below content, a folder of such a name may just as well be a part of the site."""
CONTENT_FOLDERS: Final = frozenset(("_posts", "blog", "content", "docs", "news", "pages", "posts"))
"""Folders of these names hold posts."""


def explain_path(source_path: str) -> str | None:
    """Why a file of this path is no post, even with front matter; None if it may be one.

    An extension that nobody knows may belong to a post.
    """
    *folders, name = source_path.split("/")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if _DATA.fullmatch(extension):
        return f"data file (.{extension}), not a post"
    if _COMPONENTS.fullmatch(extension):
        return f"component or style (.{extension}), not a post"
    for number, folder in enumerate(folders):
        is_content = not CONTENT_FOLDERS.isdisjoint(folders[:number])
        if folder in _TEMPLATE_FOLDERS or (folder in _GENERATOR_FOLDERS and not is_content):
            return "template of a site generator, not a post"
    return None
