"""The warehouse on disk: nothing else in the project touches it."""

from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

__all__ = ["Snapshot", "Warehouse"]
