"""The sections of the report, by the names that `--only` takes."""

from collections.abc import Callable
from typing import Final

from tests.benchmarks.builds import (
    measure_archive,
    measure_bodies,
    measure_foreign,
    measure_images,
    measure_tenfold,
)
from tests.benchmarks.changes import (
    measure_changes,
    measure_small_changes,
    measure_tenfold_changes,
)
from tests.benchmarks.growth import measure_growth, measure_idle_growth
from tests.benchmarks.space import measure_bytes, measure_ledger, measure_memory, measure_month
from tests.benchmarks.target import Section
from tests.benchmarks.workbench import Workbench

SECTIONS: Final[dict[str, Callable[[Workbench, int], Section]]] = {
    "archive": measure_archive,
    "tenfold": measure_tenfold,
    "bodies": measure_bodies,
    "foreign": measure_foreign,
    "changes": measure_changes,
    "tenfold-changes": measure_tenfold_changes,
    "small-changes": measure_small_changes,
    "images": measure_images,
    "memory": measure_memory,
    "month": measure_month,
    "growth": measure_growth,
    "idle-growth": measure_idle_growth,
    "bytes": measure_bytes,
    "ledger": measure_ledger,
}
APART: Final = frozenset({"ledger"})
"""Sections that are measured only if they are asked for."""
