"""Sections on builds in which little or nothing changed."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.measure import Timing
from tests.benchmarks.rounds import SHORT_RUNS, compare, divide, interleave, list_seconds
from tests.benchmarks.target import Comparison, Section, Target
from tests.benchmarks.workbench import TABLES, UnfairError, Workbench, count_files

IMPORT: Final = "import polars, pyarrow, pandera"

_HEAT = re.compile(rb"(?m)^heat: .*")
_MONTH = re.compile(rb"(?m)^publishedDateTime: (\d{4}-\d\d)")


def measure_changes(bench: Workbench, runs: int) -> Section:
    """Builds of the archive in which nothing changed, and in which one file did."""
    raw = bench.copy(times=1)
    changes = _measure_changes(bench, raw, runs * SHORT_RUNS)
    return Section(
        f"Changes: {count_files(raw):,} files",
        [
            Target("nothing changed, to the import", 1.3, changes.unchanged),
            Target("one file changed, to the import", 2.2, changes.changed),
            Target("one file changed, other months rewritten", 0, changes.others),
        ],
        changes.comparison,
    )


def measure_tenfold_changes(bench: Workbench, runs: int) -> Section:
    """The same in ten times the archive, without a target."""
    raw = bench.copy(times=10)
    changes = _measure_changes(bench, raw, runs)
    return Section(f"Changes: {count_files(raw):,} files", [], changes.comparison)


def measure_small_changes(bench: Workbench, runs: int) -> Section:
    """The same among very many small files."""
    raw = bench.write_small(500_000 // bench.step)
    changes = _measure_changes(bench, raw, runs)
    return Section(
        f"Changes: {count_files(raw):,} small files",
        [Target("one of 500,000 small files changed, to the import", 6, changes.changed)],
        changes.comparison,
    )


class _Changes(NamedTuple):
    """What every round found. `unchanged` and `changed` are ratios to the import.

    `others` counts the months that were rewritten besides that of the file.
    """

    unchanged: list[float]
    changed: list[float]
    others: list[float]
    comparison: Comparison


def _measure_changes(bench: Workbench, raw: Path, runs: int) -> _Changes:
    """Build `raw`, and then edit one file of it in every round."""
    warehouse = bench.new_path("warehouse")
    bench.build(raw, warehouse)
    edits = _edit_post(raw)
    others: list[float] = []

    def build_changed() -> Timing:
        month = next(edits)
        build = bench.build(raw, warehouse)
        rewritten = {
            key.partition("/")[0]
            for table in ("documents", *TABLES)
            for key in build.record["rewritten"][table]
        }
        if month not in rewritten:
            raise UnfairError(f"rewrote {sorted(rewritten)}, expected {month}")
        others.append(len(rewritten) - 1)
        return build.timing

    timings = interleave(
        {
            IMPORT: lambda: bench.run_python(IMPORT),
            "nothing changed": lambda: bench.build_unchanged(raw, warehouse),
            "one file changed": build_changed,
        },
        runs,
    )
    imports, unchanged, changed = list_seconds(timings).values()
    return _Changes(
        divide(unchanged, imports),
        divide(changed, imports),
        others,
        compare(timings, IMPORT),
    )


def _edit_post(raw: Path) -> Iterator[str]:
    """Change the heat of one post, as its site does, to another value each time; its month."""
    path, month = next(_list_dated(raw))
    post = path.read_bytes()
    for heat in itertools.count(10_000):
        path.write_bytes(_HEAT.sub(b"heat: %d" % heat, post, count=1))
        yield month


def _list_dated(raw: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(raw.rglob("*.md"), reverse=True):
        post = path.read_bytes()
        month = _MONTH.search(post)
        if month and _HEAT.search(post):
            yield path, month[1].decode()
