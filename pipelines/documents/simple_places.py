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
        key = f"{path[0]}: "
        begin = text.find(f"\n{key}") + 1
        if not begin:
            continue
        line, _, _ = text[begin:].partition("\n")
        if value := line.removeprefix(key).lstrip(" "):
            yield path, Place(text.count("\n", 0, begin) + 1, len(line) - len(value) + 1)
