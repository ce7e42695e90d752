"""Globs: which raw files count. They mean what they mean to git.

- `*` and `?` stand for any text and any character within one name, `[a-z]` and `[!a-z]` for one
  character of a set or of none. `**` stands for any number of folders, none included.
- `{a,b}` stands for a or b. A backslash takes the meaning of the next character away.
- A glob without a slash is a name at any depth, as in .gitignore: of a file, or of a folder with
  all that is in it.
- A glob with a slash is a path below the raw folder. If it ends with a slash, or its last name is
  written out, it may be that of a folder, too.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

MAX_ALTERNATIVES: Final = 1_000
"""The limit for the alternatives of one glob. Ten pairs of braces have 1,024."""

_NO_NAME: Final = "\0"
"""A character that is in no name. No wildcard but `**` matches it."""
_TOKEN: Final = re.compile(
    r"(?P<any_folders>(?<![^/])(?:\*\*/)+)|(?P<everything>(?<![^/])\*\*\Z)|(?P<any_text>\*+)"
    r"|(?P<one>\?)|\[(?P<negation>[!^]?)(?P<set>\]?(?:\\[^/]|[^]\\/])*)\]"
    r"|\\(?P<escaped>.)|(?P<other>.)",
    re.S,
)
_IN_SET: Final = re.compile(r"\\(.)|[\[\]^&|~]", re.S)
_WILDCARD: Final = re.compile(r"(?<!\\)[*?\[]")
_BRACES: Final = re.compile(r"\\.|[{},]", re.S)


@dataclass(frozen=True)
class Globs:
    """The files that match one of `include`, or all if there is none, but none of `exclude`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __str__(self) -> str:
        included, excluded = (" or ".join(map(repr, each)) for each in (self.include, self.exclude))
        if not excluded:
            return included
        return f"{included}, but not {excluded}" if included else f"all but {excluded}"

    def __bool__(self) -> bool:
        """Whether any file is left out."""
        return bool(self.include or self.exclude)

    def match(self, source_path: str) -> bool:
        """Whether the file at `source_path` counts."""
        if self._excluded and self._excluded.match(source_path):
            return False
        return self._included is None or self._included.match(source_path) is not None

    def may_enter(self, folder: str) -> bool:
        """Whether a file in `folder` may count: false if one glob excludes all that is in it."""
        return not (self._excluded and self._excluded.match(f"{folder}/{_NO_NAME}"))

    @cached_property
    def _included(self) -> re.Pattern[str] | None:
        return _compile(self.include) if self.include else None

    @cached_property
    def _excluded(self) -> re.Pattern[str] | None:
        return _compile(self.exclude) if self.exclude else None


EVERY_FILE: Final = Globs()
EVERYTHING: Final = "**"
"""The glob that matches every file."""


def escape_glob(path: str) -> str:
    """A glob that matches `path` alone."""
    return re.sub(r"([\\*?\[\]{},!])", r"\\\1", path)


def match_glob(glob: str, source_path: str) -> bool:
    """Whether the file at `source_path` matches `glob`.

    Raises:
        ValueError: It is no glob.
    """
    return _compile((glob,)).match(source_path) is not None


def check_glob(glob: str) -> None:
    """Check that `glob` is one.

    Raises:
        ValueError: It is not, and this is what is wrong.
    """
    if not glob.strip("/"):
        found = f'"{glob}"' if glob else "nothing"
        raise ValueError(f"found {found}, expected a glob")
    if glob.startswith("!"):
        raise ValueError(f'found "{glob}", expected a glob; --exclude leaves files out')
    _compile((glob,))


@cache
def _compile(globs: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for whole paths that match one of `globs`."""
    alternatives = (each for glob in globs for each in expand_braces(glob))
    try:
        return re.compile(rf"(?s:{'|'.join(map(_translate, alternatives))})\Z")
    except re.error as error:
        found = " ".join(globs)
        raise ValueError(f'found "{found}", expected a glob: {error.msg}') from error


def expand_braces(glob: str) -> list[str]:
    """The globs that `glob` stands for, without alternatives in braces.

    Raises:
        ValueError: They are too many.
    """
    done: list[str] = []
    waiting = [glob]
    while waiting:
        if len(done) + len(waiting) > MAX_ALTERNATIVES:
            raise ValueError(f'found more than {MAX_ALTERNATIVES:,} alternatives in "{glob}"')
        each = waiting.pop()
        marks = _find_braces(each)
        if marks is None:
            done.append(each)
            continue
        before, after = each[: marks[0]], each[marks[-1] + 1 :]
        parts = [each[start + 1 : end] for start, end in pairwise(marks)]
        waiting += [f"{before}{part}{after}" for part in reversed(parts)]
    return done


def _find_braces(glob: str) -> list[int] | None:
    """Where the first braces with a comma open, are cut and close; None if there are none."""
    opened: list[list[int]] = []
    found: list[list[int]] = []
    for mark in _BRACES.finditer(glob):
        if mark[0] == "{":
            opened.append([mark.start()])
        elif opened and mark[0] == ",":
            opened[-1].append(mark.start())
        elif opened and mark[0] == "}":
            marks = [*opened.pop(), mark.start()]
            if len(marks) > 2:
                found.append(marks)
    return min(found, default=None)


def _translate(glob: str) -> str:
    """The pattern of the paths that match `glob`, which has no alternatives any more."""
    path = glob.removeprefix("./").removeprefix("/")
    last = path.removesuffix("/").rpartition("/")[2]
    names_folder = "/" not in glob or path.endswith("/") or not _WILDCARD.search(last)
    depth = "(?:.*/)?" if "/" not in glob.removesuffix("/") else ""
    below = ("/.*" if path.endswith("/") else "(?:/.*)?") if names_folder else ""
    name = path.removesuffix("/")
    return depth + "".join(map(_translate_token, _TOKEN.finditer(name))) + below


def _translate_token(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "any_folders":
            return "(?:.*/)?"
        case "everything":
            return ".+"
        case "any_text":
            return f"[^/{_NO_NAME}]*"
        case "one":
            return f"[^/{_NO_NAME}]"
        case "set":
            return _translate_set(token["negation"], token["set"])
    return re.escape(token["escaped"] or token["other"])


def _translate_set(negation: str, characters: str) -> str:
    inside = _IN_SET.sub(lambda found: re.escape(found[1] or found[0]), characters)
    return f"[^{inside}/{_NO_NAME}]" if negation else f"(?![/{_NO_NAME}])[{inside}]"
