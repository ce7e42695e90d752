"""Proof that a snapshot is what its manifest says."""

from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.snapshot import Snapshot


def verify_snapshot(snapshot: Snapshot) -> list[str]:
    """What is wrong with `snapshot`, every file of it read again whole; empty if nothing is."""
    return list_damages(snapshot.folder)
