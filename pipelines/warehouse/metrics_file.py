"""The file that the figures of runs go into: its name, and the variable that says it."""

from pathlib import Path
from typing import Final

METRICS_VARIABLE: Final = "MATTERHOUSE_METRICS"
"""A variable, and no option of a job: who may start flows by hand must not choose files."""
_SUFFIX: Final = ".prom"


def check_metrics_file(file: str) -> Path:
    """The file of this name. The collector of node_exporter reads no others.

    Raises:
        ValueError: It has another ending.
    """
    path = Path(file)
    if path.suffix != _SUFFIX:
        raise ValueError(f'found "{file}", expected a name that ends in {_SUFFIX}')
    return path
