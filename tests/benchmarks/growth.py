"""Sections on more and more files."""

from functools import partial
from pathlib import Path

from tests.benchmarks.rounds import SHORT_RUNS, divide, interleave, list_seconds
from tests.benchmarks.target import Curve, Section, Target
from tests.benchmarks.workbench import Workbench


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
            count: partial(bench.build_unchanged, raw, bench.finish(raw))
            for count, raw in raws.items()
        },
        runs * SHORT_RUNS,
    )
    seconds = list_seconds(timings)
    (few, least), _, (many, most) = seconds.items()
    added = [(more - less) / (many - few) * 1e6 for less, more in zip(least, most, strict=True)]
    return Section(
        "Growth: small files, nothing changed",
        [Target("nothing changed, added by each file", 8, added, " µs")],
        curve=Curve(seconds),
    )


def _write_small(bench: Workbench, *counts: int) -> dict[int, Path]:
    return {count // bench.step: bench.write_small(count // bench.step) for count in counts}
