"""The warehouse on disk: nothing else in the project touches it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.warehouse.snapshot import Snapshot
    from pipelines.warehouse.warehouse import Warehouse

__all__ = ["Snapshot", "Warehouse"]


def __getattr__(name: str) -> object:
    """Load `Snapshot` and `Warehouse`, and Polars with them, only when they are asked for."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.{name.lower()}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
