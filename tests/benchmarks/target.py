"""What a section of the report consists of: targets, samples and curves."""

from dataclasses import dataclass, field
from statistics import median

Samples = dict[str, list[float]]
"""What every round measured, by contestant."""


@dataclass(frozen=True)
class Target:
    """A claim about the product, and what every round says about it.

    The median counts: it must not exceed `limit`, or not fall below it if `is_at_least`.
    """

    claim: str
    limit: float
    values: list[float]
    unit: str = ""
    is_at_least: bool = False

    @property
    def is_met(self) -> bool:
        found = median(self.values)
        return found >= self.limit if self.is_at_least else found <= self.limit


@dataclass(frozen=True)
class Comparison:
    """Contestants side by side, each against `baseline` in the same round.

    `cpu_seconds` are those of all processors, where the samples are seconds.
    """

    samples: Samples
    baseline: str
    unit: str = "s"
    cpu_seconds: Samples | None = None


@dataclass(frozen=True)
class Curve:
    """Seconds by number of files."""

    seconds: dict[int, list[float]]


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    title: str
    targets: list[Target]
    comparison: Comparison | None = None
    curve: Curve | None = None
    notes: list[str] = field(default_factory=list)
