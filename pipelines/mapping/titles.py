"""Titles: what the body or the name of a post says in place of a key."""

import re
from functools import lru_cache
from typing import Final

_HEADING: Final = re.compile(r" {0,3}#[ \t]+(.+?)[ \t]*#*[ \t]*$")
_UNDERLINE: Final = re.compile(r" {0,3}=+[ \t]*$")
_HTML_HEADING: Final = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_CODE_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_MOST_LINES: Final = 200
"""Where a heading is looked for. Further down it is not the title of the post."""
_EXTENSIONS: Final = frozenset(
    (
        *("md", "mkd", "markdown", "mdx", "rmd", "qmd", "htm", "html", "erb", "njk", "liquid"),
        *("webc", "txt", "adoc", "org", "rst", "textile", "haml", "slim"),
    )
)
_MORE: Final = re.compile(r"<!--\s*(?:more|truncate)\s*-->", re.IGNORECASE)
"""What ends the teaser in a body: Hexo, Hugo and Jekyll write the one, Docusaurus the other."""
_LANGUAGE: Final = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,4})?")
_DATE_BEFORE: Final = re.compile(r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[-_ ]+(?=.)")
_SEPARATORS: Final = re.compile(r"[-_]+")
_FOLDER_NAMES: Final = frozenset({"index", "_index", "readme"})
"""A file of such a name stands for its folder."""


def find_heading(body: str) -> str | None:
    """The first heading of the first level in Markdown or HTML, outside of code; None if none."""
    above = ""
    code_fence = ""
    for line in body.splitlines()[:_MOST_LINES]:
        fence = _CODE_FENCE.match(line)
        if fence and code_fence in ("", fence[1]):
            code_fence = "" if code_fence else fence[1]
        elif not code_fence:
            if heading := _HEADING.match(line):
                return heading[1]
            if above.strip() and _UNDERLINE.match(line):
                return above.strip()
            if heading := _HTML_HEADING.search(line):
                return _TAG.sub("", heading[1]).strip() or None
            above = line
    return None


def cut_excerpt(body: str) -> str | None:
    """The body above the mark that ends its teaser; None if it has no mark."""
    mark = _MORE.search(body)
    return body[: mark.start()].strip() or None if mark else None


@lru_cache(maxsize=1)
def split_name(source_path: str) -> tuple[str, str | None]:
    """The name of a file without date and extensions, and the language that it ends with.

    A file that is called `index` has the name of its folder.
    """
    stem, language = _split_extensions(source_path.rpartition("/")[2])
    name = source_path.split("/")[-2] if is_named_by_folder(source_path) else stem
    return _DATE_BEFORE.sub("", name), language


def is_named_by_folder(source_path: str) -> bool:
    """Whether a file is called `index` or the like, so that it has the name of its folder."""
    folder, _, name = source_path.rpartition("/")
    return bool(folder) and _split_extensions(name)[0].lower() in _FOLDER_NAMES


def _split_extensions(name: str) -> tuple[str, str | None]:
    """A file name without extensions, and the language that it ends with."""
    stem, dot, extension = name.rpartition(".")
    while dot and extension.lower() in _EXTENSIONS:
        name = stem
        stem, dot, extension = name.rpartition(".")
    if dot and _LANGUAGE.fullmatch(extension):
        return stem, extension
    return name, None


def render_title(name: str) -> str:
    """The name of a file as words. One with spaces is a title already."""
    if " " in name:
        return name
    words = _SEPARATORS.sub(" ", name).strip() or name
    return words[:1].upper() + words[1:]
