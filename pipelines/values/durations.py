"""Durations as people write them: 90s, 15m, 2h, 1h30m, 1d."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART: Final = re.compile(r"([0-9]{1,6})\s*(s|min|m|h|d)\s*")
_DURATION: Final = re.compile(rf"(?:{_PART.pattern}){{1,9}}")


def read_duration(text: str) -> timedelta:
    """The duration that `text` says.

    Raises:
        ValueError: It is no duration, or one of 0 seconds.
    """
    written = text.strip().lower()
    parts = _PART.findall(written) if _DURATION.fullmatch(written) else []
    seconds = sum(int(count) * _UNITS[unit[0]] for count, unit in parts)
    if not seconds:
        raise ValueError(f'found "{text}", expected a duration like 30s, 15m, 2h or 1d')
    return timedelta(seconds=seconds)


def render_duration(duration: timedelta) -> str:
    """`duration` in the largest unit that divides it."""
    seconds = int(duration.total_seconds())
    unit = max((each for each in _UNITS if seconds % _UNITS[each] == 0), key=_UNITS.__getitem__)
    return f"{seconds // _UNITS[unit]}{unit}"
