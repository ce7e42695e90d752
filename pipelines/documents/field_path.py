"""A place in front matter, like `related[3].provider.domain`."""

import json
import re
from functools import lru_cache
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the root. The empty path is the root itself."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_STEP = re.compile(
    r"""\.?(?P<key>[A-Za-z_][\w-]*)|\[(?P<position>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]""",
    re.ASCII,
)


@lru_cache(maxsize=10_000)
def render_field_path(path: FieldPath) -> str:
    """`path` as text. A key that is not a plain word is quoted, like `["a b"].c`."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN_KEY.fullmatch(step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{json.dumps(step, ensure_ascii=False)}]")
    return "".join(parts)


def parse_field_path(text: str) -> FieldPath:
    """The inverse of `render_field_path`."""
    return tuple(
        int(step["position"])
        if step["position"]
        else step["key"] or str(json.loads(step["quoted"]))
        for step in _STEP.finditer(text)
    )
