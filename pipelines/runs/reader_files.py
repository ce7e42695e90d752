"""What a publish leaves for readers beside the tables: the DuckDB file and a page."""

import logging
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.runs.sightings import read_first_runs
from pipelines.warehouse.catalog_stub import write_stub
from pipelines.warehouse.layout import DATABASE_NAME, find_root, list_numbers, locate_snapshot
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

logger = logging.getLogger(__name__)


def prepare_for_readers(snapshot: Snapshot) -> None:
    """Write the files of a snapshot that readers open, if it has none.

    The tables do not need them. So a failure is only logged, and `relink` writes them later.
    """
    _leave_stub(snapshot)
    if (snapshot.folder / DATABASE_NAME).exists():
        return
    # Imported here: it loads DuckDB, which a run without changes does without.
    from pipelines.database.engine import DatabaseError
    from pipelines.database.file import write_database

    try:
        write_database(snapshot, read_first_runs(snapshot), _find_parent(snapshot))
    except (OSError, WarehouseError, DatabaseError) as error:
        logger.warning(
            "%s could not be written, so the one of snapshot %d is missing; "
            "`matterhouse relink` tries again: %s",
            DATABASE_NAME,
            snapshot.number,
            error,
        )


def _leave_stub(snapshot: Snapshot) -> None:
    try:
        write_stub(snapshot)
    except OSError as error:
        logger.warning("%s: %s", error.filename, error.strerror)


def _find_parent(snapshot: Snapshot) -> Path | None:
    """The folder of the snapshot that was current before; None if there was none."""
    number = snapshot.manifest.parent
    return None if number is None else locate_snapshot(find_root(snapshot.folder), number)


def relink_snapshots(root: Path, wait_seconds: float) -> list[int]:
    """Write the DuckDB files of all snapshots again, which need it after the folder was moved.

    Returns:
        The numbers of the snapshots.

    Raises:
        NothingPublishedError: Nothing is published in `root`.
        DamagedError: A file of a snapshot cannot be read.
        WarehouseError: DuckDB cannot write the file.
    """
    from pipelines.database.engine import DatabaseError
    from pipelines.database.file import write_database

    warehouse = Warehouse(root)
    warehouse.pin()
    with record_run(root, "relink", "local", {}, wait_seconds) as record:
        for snapshot in _list_snapshots(root):
            try:
                write_database(snapshot, read_first_runs(snapshot))
            except DatabaseError as error:
                path = snapshot.folder / DATABASE_NAME
                raise WarehouseError(f"{path}: DuckDB cannot write it: {error}") from error
        warehouse.link_tables()
        record.status = "relinked"
    return list_numbers(root)


def _list_snapshots(root: Path) -> Iterator[Snapshot]:
    return (Snapshot(locate_snapshot(root, number)) for number in list_numbers(root))
