"""The months by which tables are partitioned."""

from typing import Final

MONTH_PATTERN: Final = "[0-9]{4}-(?:0[1-9]|1[0-2])"
UNKNOWN_MONTH: Final = "unknown"
"""The partition of what has no readable date."""
