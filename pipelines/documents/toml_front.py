"""The front matter of one file in TOML, every value as the text that was written.

tomllib knows the structure of TOML best. But it turns numbers and dates into those of Python, which
do not know how they were written, and it knows no places. So values without quotes get quotes
before tomllib sees them. To find places, each value is replaced by its place.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines.documents.field_path import FieldPath
from pipelines.documents.limits import MAX_LEVELS, MAX_NODES
from pipelines.documents.places import Lines, Place
from pipelines.documents.toml_hints import Hint, find_hint
from pipelines.documents.toml_tokens import (
    Token,
    is_bare,
    is_long,
    list_tokens,
    read_long_text,
)
from pipelines.errors import FrontMatterError
from schemas.language.shape import Value

_TABLE_END = re.compile(r"[ \t]*\}")
_MISTAKE = re.compile(r"(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)", re.DOTALL)


def parse_toml(text: str) -> dict[str, Value]:
    """The mapping that `text` holds; empty if it holds nothing.

    No error shows anything of the text, so secrets are safe.

    Raises:
        FrontMatterError: It is not TOML, or beyond a limit.
    """
    tokens = list(_list_within_limits(text))
    words = [token for token in tokens if is_bare(text, token)]
    long = [token for token in tokens if is_long(text, token)]
    try:
        root = _load(text, words, long)
    except ValueError as error:
        raise _fail(text, _find_mistake(text, words, error)) from error
    if deepest := _find_deep(root, ()):
        at = locate_in_toml(text, [deepest])[deepest]
        raise FrontMatterError(
            "is_within_levels",
            "found more levels",
            f"at most {MAX_LEVELS}",
            line=at.line,
            column=at.column,
        )
    return root


def locate_in_toml(text: str, paths: Iterable[FieldPath]) -> dict[FieldPath, Place]:
    """Where the values of `paths` begin. An absent value is placed where its parent begins.

    `text` must be accepted by `parse_toml`.
    """
    # No key is called like this, not even by an escape.
    own = hashlib.sha256(text.encode()).hexdigest()
    tokens = list(list_tokens(text))
    root = tomllib.loads(_replace(text, _list_places(text, tokens, own)))
    first = tokens[0].start if tokens else 0
    lines = Lines(text)
    return {path: lines.find_place(_find(root, path, own, first)) for path in paths}


def _load(text: str, words: list[Token], long: list[Token]) -> dict[str, Value]:
    """What tomllib makes of `text`, with quotes around the `words`.

    It does not see the `long` texts, since it would look at each of their characters.
    """
    # No text in the file is called like this.
    own = hashlib.sha256(text.encode()).hexdigest() if long else ""
    changes = [(each.start, each.end, f"'{text[each.start : each.end]}'") for each in words]
    changes += [(each.start, each.end, f"'{own}{each.start}'") for each in long]
    root = tomllib.loads(_replace(text, sorted(changes)))
    whole: dict[str, Value] = _put_back(
        root, {f"{own}{each.start}": read_long_text(text, each) for each in long}
    )
    return whole


def _put_back(value: Any, read: Mapping[str, str]) -> Any:
    """`value` with its placeholders replaced. `read` has the text for each of them."""
    if not read:
        return value
    if isinstance(value, str):
        return read.get(value, value)
    if isinstance(value, dict):
        return {key: _put_back(inner, read) for key, inner in value.items()}
    return [_put_back(item, read) for item in value]


def _list_within_limits(text: str) -> Iterator[Token]:
    """The tokens of `text`.

    tomllib itself has no limits: it takes hours for a key of a million dots.
    """
    dots = 0
    for nodes, token in enumerate(list_tokens(text), 1):
        dots = dots + text.count(".", token.start, token.end) if token.kind == "key" else 0
        if token.level + 1 >= MAX_LEVELS or dots >= MAX_LEVELS:
            expected = f"at most {MAX_LEVELS}"
            raise _fail(text, Hint(token.start, "found more levels", expected, "is_within_levels"))
        if nodes > MAX_NODES:
            expected = f"at most {MAX_NODES:,}"
            raise _fail(text, Hint(token.start, "found more nodes", expected, "is_within_nodes"))
        yield token


def _list_places(text: str, tokens: Iterable[Token], own: str) -> Iterator[tuple[int, int, str]]:
    """What stands for a token when its place is wanted, from where to where.

    The place of a table is its value `own`, that of a list its first item.
    """
    for kind, start, end, _ in tokens:
        if kind in ("text", "word"):
            yield start, end, f"'{start}'"
        elif kind == "[":
            yield end, end, f"'{start}',"
        elif kind == "{":
            comma = "" if _TABLE_END.match(text, end) else ","
            yield end, end, f"{own} = '{start}'{comma}"
        elif kind == "header":
            yield end, end, f"\n{own} = '{start}'\n"


def _replace(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """`text` with other text from one place to another."""
    parts: list[str] = []
    kept = 0
    for start, end, other in changes:
        parts += (text[kept:start], other)
        kept = end
    return "".join((*parts, text[kept:]))


def _find(root: dict[str, Any], path: FieldPath, own: str, first: int) -> int:
    node: Any = root
    for step in path:
        child = _find_child(node, step)
        if child is None:
            break
        node = child
    return first if node is root else _find_begin(node, own)


def _find_child(node: Any, step: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int):
        # The items of [[tables]] have no place before them.
        number = step + 1 if isinstance(node[0], str) else step
        return node[number] if number < len(node) else None
    return None


def _find_begin(node: Any, own: str) -> int:
    if isinstance(node, dict):
        return (
            int(node[own]) if own in node else min(_find_begin(each, own) for each in node.values())
        )
    return _find_begin(node[0], own) if isinstance(node, list) else int(node)


def _find_deep(value: Value, path: FieldPath) -> FieldPath | None:
    """The path of the first value that is too deep; None if there is none."""
    if len(path) >= MAX_LEVELS:
        return path
    children: Iterable[tuple[str | int, Value]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for step, child in children:
        if found := _find_deep(child, (*path, step)):
            return found
    return None


def _find_mistake(text: str, words: list[Token], error: ValueError) -> Hint:
    """What is wrong in `text`, which has the mistake `error` without its long texts."""
    try:
        # With them, the mistake has another column.
        _load(text, words, [])
    except ValueError as whole:
        error = whole
    return _explain(text, words, str(error))


def _explain(text: str, words: list[Token], message: str) -> Hint:
    """What is wrong in `text`, from what tomllib says of it with quotes around the `words`."""
    found = _MISTAKE.fullmatch(message)
    problem = found[1] if found else message
    if found is None or found[2] is None:
        return find_hint(text, len(text), problem)
    line_start = 0
    for _ in range(int(found[2]) - 1):
        line_start = text.index("\n", line_start) + 1
    position = line_start + int(found[3]) - 1
    for word in words:
        # The two quotes around it.
        if line_start <= word.start < position:
            position = max(word.start, position - 2)
    return find_hint(text, position, problem)


def _fail(text: str, hint: Hint) -> FrontMatterError:
    place = Lines(text).find_place(hint.position)
    return FrontMatterError(
        hint.rule, hint.problem, hint.expected, line=place.line, column=place.column
    )
