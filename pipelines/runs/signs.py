"""Signs of life: a run that goes on says so, so that others can tell it from one that hangs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.runs.progress import OnProgress
from pipelines.warehouse.holder import Pulse


def beat_on_progress(root: Path, on_progress: OnProgress) -> OnProgress:
    """`on_progress`, with a sign of life each time."""
    pulse = Pulse(root)

    def advance(step: str, done: int, total: int) -> None:
        pulse.beat()
        on_progress(step, done, total)

    return advance


def beat_on_steps(root: Path, run_step: Callable[..., Any]) -> Callable[..., Any]:
    """`run_step`, with a sign of life before each step."""
    pulse = Pulse(root)

    def run(name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        pulse.beat()
        return run_step(name, step, *arguments)

    return run
