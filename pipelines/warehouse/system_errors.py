"""Errors of the system, like a full disk: what it did not let a run do, where, and why."""

import os
from pathlib import Path

from pipelines.errors import DiskFullError, NotWritableError, OutOfMemoryError, PipelineError
from pipelines.warehouse.layout import CURRENT_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.ownership import DENIED, describe_denial
from pipelines.warehouse.space import (
    count_freed,
    is_disk_full,
    measure_space,
    measure_staging,
    render_bytes,
)


def explain_system_error(error: OSError | MemoryError, root: Path) -> PipelineError:
    """`error` in our words, of a run on the warehouse `root`. Call it before staging is emptied."""
    if isinstance(error, MemoryError):
        return OutOfMemoryError(f"{root}: out of memory ({str(error) or 'no details'})")
    # With two names, the first may be the text of a link.
    named = error.filename2 or error.filename
    place = Path(os.fsdecode(named)) if isinstance(named, str | bytes) else root
    if is_disk_full(error):
        return DiskFullError(f"{place}: {_describe_full(error, place, root)}", root)
    problem = f"{place}: {error.strerror or error}"
    if error.errno in DENIED:
        return NotWritableError(f"{problem}; {describe_denial(place)}")
    return PipelineError(problem)


def _describe_full(error: OSError, place: Path, root: Path) -> str:
    """How much room there is, and how much the run needs as far as is known."""
    free, total = measure_space(place)
    reason = os.strerror(error.errno) if error.errno else "No space left on device"
    facts = f"{reason}: {render_bytes(free)} of {render_bytes(total)} are free"
    if written := measure_staging(root):
        need = f"the run needs more than {render_bytes(written + free)}"
        return f"{facts}; {need}, of which it had written {render_bytes(written)}"
    if own := _measure_last_publish(root):
        return f"{facts}; the last publish took {render_bytes(own)}"
    return facts


def _measure_last_publish(root: Path) -> int:
    """The bytes that the current snapshot does not share with others."""
    current = Path(os.path.realpath(root / CURRENT_NAME))
    others = [locate_snapshot(root, number) for number in list_numbers(root)]
    return count_freed([current], [each for each in others if each.name != current.name])
