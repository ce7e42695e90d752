"""Which lines go to standard error: text for people, or JSON for programs. It loads nothing."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

FORMAT_OPTION: Final = "--log-format"
FORMAT_VARIABLE: Final = "MATTERHOUSE_LOG_FORMAT"
JSON: Final = "json"
TEXT: Final = "text"


def wants_json(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether lines of JSON are asked for. It is known before the command line is read."""
    for place, option in enumerate(arguments):
        if option == FORMAT_OPTION:
            return JSON in arguments[place + 1 : place + 2]
        if option.startswith(f"{FORMAT_OPTION}="):
            return option == f"{FORMAT_OPTION}={JSON}"
    return environment.get(FORMAT_VARIABLE) == JSON


def is_json() -> bool:
    """Whether lines of JSON are written now."""
    return os.environ.get(FORMAT_VARIABLE) == JSON
