"""What is measured: one function per section of the report."""

import itertools
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import Timing
from tests.benchmarks.rounds import compare, divide, interleave, list_seconds
from tests.benchmarks.target import Comparison, Curve, Section, Target
from tests.benchmarks.workbench import TABLES, UnfairError, Workbench

SHORT_RUNS: Final = 3
"""So many times more rounds of what takes about a second: it is noisier, and costs little."""

PRODUCT: Final = "matterhouse build"
IMPORT: Final = "import polars, pyarrow, pandera"

_HEAT = re.compile(rb"(?m)^heat: .*")
_MONTH = re.compile(rb"(?m)^publishedDateTime: (\d{4}-\d\d)")


def measure_archive(bench: Workbench, runs: int) -> Section:
    """A build from nothing against both yardsticks."""
    raw = bench.archive
    timings = interleave(
        {
            "yardstick A": lambda: bench.run_yardstick("yardstick_a", raw),
            PRODUCT: lambda: bench.build_anew(raw),
            "yardstick B": lambda: bench.run_yardstick("yardstick_b", raw),
            "floor": lambda: bench.run_floor(raw),
        },
        runs,
    )
    a, product, b, _ = list_seconds(timings).values()
    return Section(
        f"The archive: {_count_files(raw):,} files",
        [
            Target("build, times faster than A", 10, divide(a, product), is_at_least=True),
            Target("build, times faster than B", 12, divide(b, product), is_at_least=True),
        ],
        compare(timings, PRODUCT),
    )


def measure_tenfold(bench: Workbench, runs: int) -> Section:
    """The same ten times over. Yardstick A reads one of the ten, and its seconds count tenfold."""
    timings = interleave(
        {
            "yardstick A, scaled": lambda: bench.run_yardstick("yardstick_a", bench.archive).times(
                10
            ),
            PRODUCT: lambda: bench.build_anew(bench.tenfold),
            "floor": lambda: bench.run_floor(bench.tenfold),
        },
        runs,
    )
    a, product, floor = list_seconds(timings).values()
    return Section(
        f"Ten times the archive: {_count_files(bench.tenfold):,} files",
        [
            Target("build of 10x, times faster than A", 18, divide(a, product), is_at_least=True),
            Target("build of 10x, to the floor", 2.5, divide(product, floor)),
        ],
        compare(timings, PRODUCT),
    )


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
            "nothing changed": lambda: _build_unchanged(bench, raw, warehouse),
            "one file changed": build_changed,
        },
        runs * SHORT_RUNS,
    )
    imports, unchanged, changed = list_seconds(timings).values()
    return Section(
        f"Changes: {_count_files(raw):,} files",
        [
            Target("nothing changed, to the import", 1.5, divide(unchanged, imports)),
            Target("one file changed, to the import", 2.5, divide(changed, imports)),
            Target("one file changed, other months rewritten", 0, others),
        ],
        compare(timings, IMPORT),
    )


def measure_images(bench: Workbench, runs: int) -> Section:
    """One flow by hand against a build from nothing."""
    timings = interleave(
        {
            PRODUCT: lambda: bench.build_anew(bench.archive),
            "matterhouse run images": lambda: bench.run_flow("images", bench.archive),
        },
        runs,
    )
    build, images = list_seconds(timings).values()
    return Section(
        "One flow by hand",
        [Target("run images, to the build", 1 / 3, divide(images, build))],
        compare(timings, PRODUCT),
    )


def measure_memory(bench: Workbench, runs: int) -> Section:
    """The most that all processes of a build from nothing hold together."""
    samples = interleave(
        {
            "archive": lambda: bench.find_peak(bench.archive),
            "ten times the archive": lambda: bench.find_peak(bench.tenfold),
        },
        runs,
    )
    once, tenfold = samples.values()
    return Section(
        "Memory of a build: peak of all processes together (PSS)",
        [
            Target("peak at 1x", 700, once, " MB"),
            Target("peak at 10x", 700, tenfold, " MB"),
            Target("peak at 10x, to that at 1x", 1.5, divide(tenfold, once)),
        ],
        Comparison(samples, "archive", "MB"),
    )


def measure_growth(bench: Workbench, runs: int) -> Section:
    """Builds of more and more small files from nothing."""
    raws = _write_small(bench, 5_000, 50_000, 500_000)
    timings = interleave(
        {count: partial(bench.build_anew, raw) for count, raw in raws.items()}, runs
    )
    seconds = list_seconds(timings)
    few, some, many = ([each / count for each in values] for count, values in seconds.items())
    # With few files the start of the process is the larger part: they alone would prove little.
    worst = [max(ratios) for ratios in zip(divide(many, few), divide(many, some), strict=True)]
    return Section(
        "Growth: small files, built from nothing",
        [Target("cost of a file among the most, to that among fewer", 1.3, worst)],
        curve=Curve(seconds),
    )


def measure_idle_growth(bench: Workbench, runs: int) -> Section:
    """Builds of more and more small files in which nothing changed."""
    raws = _write_small(bench, 5_000, 20_000, 100_000)
    timings = interleave(
        {
            count: partial(_build_unchanged, bench, raw, bench.finish(raw))
            for count, raw in raws.items()
        },
        runs * SHORT_RUNS,
    )
    seconds = list_seconds(timings)
    (few, least), _, (many, most) = seconds.items()
    added = [(more - less) / (many - few) * 1e6 for less, more in zip(least, most, strict=True)]
    return Section(
        "Growth: small files, nothing changed",
        [Target("nothing changed, added by each file", 10, added, " µs")],
        curve=Curve(seconds),
    )


def measure_bytes(bench: Workbench, _runs: int) -> Section:
    """The finished tables against the same columns in snappy, which are the same in every round."""
    current, snappy = bench.finish(bench.archive) / "current", bench.measure_snappy(bench.archive)
    product = {
        table: sum(path.stat().st_size for path in (current / table).rglob("*.parquet"))
        for table in TABLES
    }
    notes = [
        f"{table}: {product[table]:,} bytes; in snappy {snappy['whole'][table]:,} as one file, "
        f"{snappy['by month'][table]:,} by month, as the product keeps it."
        for table in TABLES
    ]
    whole, by_month = (sum(product.values()) / sum(sizes.values()) for sizes in snappy.values())
    notes.append(f"Together {by_month:.2f} of snappy by month: a text stands in many months.")
    return Section("Bytes", [Target("bytes of the tables, to snappy", 0.6, [whole])], notes=notes)


SECTIONS: Final[dict[str, Callable[[Workbench, int], Section]]] = {
    "archive": measure_archive,
    "tenfold": measure_tenfold,
    "changes": measure_changes,
    "images": measure_images,
    "memory": measure_memory,
    "growth": measure_growth,
    "idle-growth": measure_idle_growth,
    "bytes": measure_bytes,
}


def _build_unchanged(bench: Workbench, raw: Path, warehouse: Path) -> Timing:
    build = bench.build(raw, warehouse)
    if build.record["status"] != "unchanged":
        raise UnfairError(f"status {build.record['status']}, expected unchanged")
    return build.timing


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


def _write_small(bench: Workbench, *counts: int) -> dict[int, Path]:
    return {count // bench.step: bench.write_small(count // bench.step) for count in counts}


def _count_files(raw: Path) -> int:
    return sum(1 for _ in raw.rglob("*.md"))
