"""YAML for other tools."""

from typing import Any

import yaml

from pipelines.reports.text import escape_text


def render_yaml(content: dict[str, Any]) -> str:
    """`content` as YAML. Characters that a terminal or an editor obeys are escaped."""
    text = _dump(content, is_unicode=True)
    is_harmless = all(escape_text(line) == line for line in text.split("\n"))
    return text if is_harmless else _dump(content, is_unicode=False)


def _dump(content: dict[str, Any], *, is_unicode: bool) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=is_unicode, width=100)
    return text
