"""Rounds in which everything is measured once, so that all meet the machine in the same mood."""

import logging
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from tests.benchmarks.measure import Timing
from tests.benchmarks.target import Comparison

SHORT_RUNS: Final = 3
"""So many times more rounds of what takes about a second: it is noisier, and costs little."""

logger = logging.getLogger(__name__)

Name = TypeVar("Name")
Measured = TypeVar("Measured")


def interleave(
    contestants: Mapping[Name, Callable[[], Measured]], runs: int
) -> dict[Name, list[Measured]]:
    """What every contestant measured in every round.

    The machine's speed drifts: only values of one round may be divided by each other. A first
    round is not counted; it warms the caches.
    """
    samples: dict[Name, list[Measured]] = {name: [] for name in contestants}
    for number in range(runs + 1):
        measured = {name: measure() for name, measure in contestants.items()}
        shown = ", ".join(f"{name} {value:.3f}" for name, value in measured.items())
        logger.info("  %s: %s", f"round {number}" if number else "warm-up", shown)
        for name, value in measured.items():
            if number:
                samples[name].append(value)
    return samples


def divide(values: list[float], by: list[float]) -> list[float]:
    """The ratio in every round."""
    return [value / base for value, base in zip(values, by, strict=True)]


def list_seconds(timings: dict[Name, list[Timing]]) -> dict[Name, list[float]]:
    return {name: [each.seconds for each in rounds] for name, rounds in timings.items()}


def compare(timings: dict[str, list[Timing]], baseline: str) -> Comparison:
    """All contestants side by side, with what they cost on all processors."""
    cpu = {name: [each.cpu_seconds for each in rounds] for name, rounds in timings.items()}
    return Comparison(list_seconds(timings), baseline, cpu_seconds=cpu)
