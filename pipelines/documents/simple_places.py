"""Places of values in simple YAML, found without a parser."""

from collections.abc import Iterable, Iterator

from pipelines.documents.field_path import FieldPath
from pipelines.documents.places import Place


def find_in_lines(text: str, paths: Iterable[FieldPath]) -> Iterator[tuple[FieldPath, Place]]:
    """Where the values of root keys begin, of those that begin on the line of their key.

    `text` is front matter of which all that is below its fence passes the gate. There every line
    that begins with a name and a colon is a root key.
    """
    roots = (path for path in paths if len(path) == 1)
    for path in roots:
        key = f"{path[0]}:"
        # Which one of repeated keys counts, libyaml's nodes tell.
        if text.count(f"\n{key}") != 1:
            continue
        begin = text.index(f"\n{key}") + 1
        line, _, _ = text[begin:].partition("\n")
        rest = line.removeprefix(key)
        if value := rest.lstrip(" "):
            yield path, Place(text.count("\n", 0, begin) + 1, len(line) - len(value) + 1)
