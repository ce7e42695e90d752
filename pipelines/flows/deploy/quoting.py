"""How a text is written so that each kind of file reads it back."""

import json
import re
from collections.abc import Iterable
from typing import Final

_PLAIN_WORD: Final = re.compile(r"[\w./:=,@+-]+", re.ASCII)


def quote_yaml(value: object) -> str:
    """A text, a list or null in YAML: JSON is YAML, too."""
    return json.dumps(value, ensure_ascii=False)


def quote_compose(value: object) -> str:
    """The same in a compose file, where a dollar sign begins a variable."""
    return quote_yaml(value).replace("$", "$$")


def quote_unit_command(words: Iterable[str]) -> str:
    """A command line of a systemd unit."""
    return " ".join(quote_unit(word).replace("$", "$$") for word in words)


def quote_unit(word: str) -> str:
    """A word in a setting of a systemd unit, where a percent sign begins a specifier."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    inside = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'.replace("%", "%%")


def escape_unit(text: str) -> str:
    """A text that a unit only shows."""
    return text.replace("%", "%%")
