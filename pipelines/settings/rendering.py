"""Rendering of proposed settings: TOML with a comment behind each line that says why."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL: Final = re.compile(r"[ -&(-~]*")
"""Text that may stand between single quotes as it is."""
_HEAD: Final = (
    "# Proposed by `matterhouse inspect`, from {posts:,} posts. Change what is not right."
)


class Line(NamedTuple):
    """A value, the keys that lead to it, and why it is there. What is not sure is a comment."""

    path: tuple[str, ...]
    value: Any
    why: str
    is_sure: bool = True


def render_proposal(lines: Iterable[Line], posts: int) -> str:
    """The text of a proposed matterhouse.toml."""
    return render_lines(lines, _HEAD.format(posts=posts))


def render_lines(lines: Iterable[Line], head: str) -> str:
    """The text of a matterhouse.toml. A line that is not sure becomes valid without its `# `."""
    tables: dict[tuple[str, ...], list[Line]] = {(): []}
    for line in lines:
        tables.setdefault(line.path[:-1], []).append(line)
    text = [head]
    for table, inside in tables.items():
        if table:
            text += ["", f"[{'.'.join(map(_render_key, table))}]"]
        text += _render_table(inside)
    return "\n".join([*text, ""])


def _render_table(lines: list[Line]) -> Iterator[str]:
    for path, value, why, is_sure in lines:
        # TOML has no null: a key without a value can only be named.
        rendered = "" if value is None else f" = {render_value(value)}"
        said = f"{_render_key(path[-1])}{rendered}"
        yield f"{'' if is_sure else '# '}{said}  # {why}"


def render_value(value: Any) -> str:
    """A value of TOML on one line."""
    if isinstance(value, dict):
        inside = ", ".join(f"{_render_key(key)} = {render_value(value[key])}" for key in value)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(render_value, value))}]"
    if isinstance(value, str):
        return _render_text(value)
    return json.dumps(value)


def _render_text(text: str) -> str:
    if "\\" in text and _LITERAL.fullmatch(text):
        return f"'{text}'"
    # What JSON escapes, TOML escapes in the same way, but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _render_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _render_text(key)
