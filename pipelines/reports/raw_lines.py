"""Lines of a raw file: where a value stands, and the text of its line without secrets."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from pipelines.documents.fences import split_post
from pipelines.documents.field_path import FieldPath
from pipelines.documents.formats import locate_fields
from pipelines.documents.places import Lines, Place
from pipelines.errors import FrontMatterError
from pipelines.sources.source import Source
from schemas.language.shape import Value

AS_READ: Final = "as it was read"
SECRET: Final = "(secret)"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_MOST_CHARACTERS: Final = 160
_ESCAPE: Final = re.compile(r"\\[ux]", re.I)
_ITEM: Final = r"\s*(?:-\s+)*"


class RawLines:
    """The lines of the raw file of a post.

    `state` says whether the file is as it was read. If it is not, nothing is known of its lines.
    `secret_keys` are those of the post whose values are shown nowhere.
    """

    def __init__(
        self,
        source: Source,
        source_path: str,
        sha256: str | None,
        front_matter: Mapping[str, Value],
        secret_keys: Collection[str],
    ) -> None:
        self.file = source.find_file(source_path)
        self.state, self._data = _read(source, source_path, sha256)
        self._secret_keys = list(_list_keys(front_matter, secret_keys))

    def locate(self, paths: Iterable[FieldPath]) -> dict[FieldPath, dict[str, Any]]:
        """File, line, column and text of the line for the value at each of `paths`.

        They are in the front matter of the post.
        """
        if self._data is None:
            return {}
        try:
            places = locate_fields(split_post(self._data), paths)
        except FrontMatterError:
            return {}
        lines = _LINE_END.split(self._data.decode(errors="replace").removeprefix("\N{BOM}"))
        return {
            path: self._describe(place, self._show(lines[place.line - 1], place.column, path))
            for path, place in places.items()
        }

    def locate_in_body(self, body: str, text: str) -> dict[str, Any] | None:
        """The same for the first `text` in the body of the post; None if it is not there."""
        if self._data is None:
            return None
        whole = self._data.decode(errors="replace").removeprefix("\N{BOM}")
        start = whole.find(text, len(whole) - len(body))
        if start < 0:
            return None
        place = Lines(whole).find_place(start)
        line = _LINE_END.split(whole)[place.line - 1]
        return self._describe(place, _cut(line))

    def _describe(self, place: Place, text: str) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": place.line,
            "column_number": place.column,
            "text": text,
        }

    def _show(self, line: str, column: int, path: FieldPath) -> str:
        """The text of a line, cut; `(secret)` if a part of it may be secret.

        A secret may end on a line, as in JSON on one line, or begin there. So if the post has any,
        only lines are shown that begin with the key itself or a dash, and that name no secret key.
        """
        if self._secret_keys:
            names = [step for step in path if isinstance(step, str)][-1:]
            key = "".join(rf"(?:[\"']?{re.escape(name)}[\"']?\s*[:=]\s*)?" for name in names)
            is_own = re.fullmatch(_ITEM + key, line[: column - 1])
            folded = line.casefold()
            if (
                not is_own
                or _ESCAPE.search(line)
                or any(each.casefold() in folded for each in self._secret_keys)
            ):
                return SECRET
        return _cut(line)


def _cut(line: str) -> str:
    more = len(line) - _MOST_CHARACTERS
    return line if more <= 0 else f"{line[:_MOST_CHARACTERS]}... and {more:,} characters more"


def _read(source: Source, source_path: str, sha256: str | None) -> tuple[str, bytes | None]:
    """Whether a file is as it was read, and its bytes if it is."""
    if sha256 is None:
        return "not read", None
    try:
        content = source.read(source_path)
    except FileNotFoundError:
        return "gone", None
    except OSError as error:
        return f"cannot be read: {error.strerror}", None
    if content.sha256 != sha256:
        return "changed since it was read", None
    return AS_READ, content.data


def _list_keys(value: "Value | Mapping[str, Value]", wanted: Collection[str]) -> Iterable[str]:
    """The keys in `value`, at any depth, that are among `wanted`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in wanted:
                yield key
            yield from _list_keys(inner, wanted)
    elif isinstance(value, list):
        for each in value:
            yield from _list_keys(each, wanted)
