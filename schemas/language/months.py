"""Months: the partitions of tables."""

from typing import Final

PARTITION_KEY: Final = "published_month"
MONTH_PATTERN: Final = "[0-9]{4}-(?:0[1-9]|1[0-2])"
UNKNOWN_MONTH: Final = "unknown"
"""The partition of documents without a readable date."""
