"""Sections on builds in which little or nothing changed."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import Timing
from tests.benchmarks.rounds import SHORT_RUNS, compare, divide, interleave, list_seconds
from tests.benchmarks.target import Section, Target
from tests.benchmarks.workbench import TABLES, UnfairError, Workbench, count_files

IMPORT: Final = "import polars, pyarrow, pandera"

_HEAT = re.compile(rb"(?m)^heat: .*")
_MONTH = re.compile(rb"(?m)^publishedDateTime: (\d{4}-\d\d)")


def measure_changes(bench: Workbench, runs: int) -> Section:
    """Builds in which nothing changed, and in which one file did."""
    raw, warehouse = bench.copy(times=1), bench.new_path("warehouse")
    bench.build(raw, warehouse)
    edits = _edit_post(raw)
    others: list[float] = []

    def build_changed() -> Timing:
        month = next(edits)
        build = bench.build(raw, warehouse)
        rewritten = {
            each for table in ("documents", *TABLES) for each in build.record["rewritten"][table]
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
        runs * SHORT_RUNS,
    )
    imports, unchanged, changed = list_seconds(timings).values()
    return Section(
        f"Changes: {count_files(raw):,} files",
        [
            Target("nothing changed, to the import", 1.3, divide(unchanged, imports)),
            Target("one file changed, to the import", 2.2, divide(changed, imports)),
            Target("one file changed, other months rewritten", 0, others),
        ],
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
