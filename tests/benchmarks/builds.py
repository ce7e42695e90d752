"""Sections on builds from nothing, against other ways to do them."""

from statistics import median
from typing import Final

from tests.benchmarks.rounds import compare, divide, interleave, list_seconds
from tests.benchmarks.target import Section, Target
from tests.benchmarks.workbench import Workbench, count_files, describe_archive

PRODUCT: Final = "matterhouse build"
BEFORE: Final = "the version before"


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
        f"The archive: {count_files(raw):,} files",
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
        f"Ten times the archive: {count_files(bench.tenfold):,} files",
        [
            Target("build of 10x, times faster than A", 18, divide(a, product), is_at_least=True),
            Target("build of 10x, to the floor", 3.2, divide(product, floor)),
        ],
        compare(timings, PRODUCT),
    )


def measure_bodies(bench: Workbench, runs: int) -> Section:
    """Posts that are nearly all body, against yardstick A."""
    raw = bench.long_posts
    timings = interleave(
        {
            "yardstick A": lambda: bench.run_yardstick("yardstick_a", raw),
            PRODUCT: lambda: bench.build_anew(raw),
            "floor": lambda: bench.run_floor(raw),
        },
        runs,
    )
    a, product, _ = list_seconds(timings).values()
    return Section(
        f"Much body: {describe_archive(raw)}",
        [],
        compare(timings, PRODUCT),
        notes=[f"Times faster than A: {median(divide(a, product)):.2f}. There is no target."],
    )


def measure_foreign(bench: Workbench, runs: int) -> Section:
    """Small posts of other generators, which repeat nothing, also with the version before."""
    raw = bench.foreign_posts
    contestants = {
        "yardstick A": lambda: bench.run_yardstick("yardstick_a", raw),
        PRODUCT: lambda: bench.build_anew(raw),
        "floor": lambda: bench.run_floor(raw),
    }
    if bench.before:
        contestants[BEFORE] = lambda: bench.build_before(raw)
    timings = interleave(contestants, runs)
    seconds = list_seconds(timings)
    a, product = seconds["yardstick A"], seconds[PRODUCT]
    targets, notes = [], [f"Times faster than A: {median(divide(a, product)):.2f}."]
    if bench.before:
        faster = divide(seconds[BEFORE], product)
        targets = [Target("no repeats, times faster than before", 1.3, faster, is_at_least=True)]
    else:
        notes.append("The target is to be 1.3 times faster than before, which --before measures.")
    return Section(
        f"Other generators, no repeats: {describe_archive(raw)}",
        targets,
        compare(timings, PRODUCT),
        notes=notes,
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
