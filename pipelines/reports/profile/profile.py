"""The profile of a snapshot: warnings, and figures of every column."""

from typing import NamedTuple

from pipelines.reports.profile.database import Row, find_columns, open_database
from pipelines.reports.profile.figures import EVERYTHING, Choice, read_columns, read_profile
from pipelines.reports.profile.warnings import TABLE, find_warnings, locate_examples
from pipelines.reports.secrets import list_secrets
from pipelines.sources.addresses import open_source
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


class Profile(NamedTuple):
    """What is known of a snapshot: `warnings` of `find_warnings`, `figures` of `read_columns`."""

    snapshot: int
    published_at: str
    raw: str
    warnings: list[Row]
    figures: list[Row]


def make_profile(
    warehouse: Warehouse,
    snapshot: Snapshot,
    choice: Choice = EVERYTHING,
    *,
    with_checks: bool = True,
    with_figures: bool = True,
    by_provider_and_month: bool = False,
) -> Profile:
    """The profile of what is chosen of `snapshot`. Its raw files are read for examples alone.

    Raises:
        DamagedError: A file of the snapshot is missing or damaged.
    """
    manifest = snapshot.manifest
    with open_database(snapshot) as database:
        columns = find_columns(database, snapshot, TABLE)
        read = read_profile if by_provider_and_month else read_columns
        figures = read(database, choice) if with_figures else []
        found = find_warnings(database, columns, manifest.created_at, choice) if with_checks else []
    source = open_source(manifest.raw)
    located = locate_examples(found, snapshot, source, columns, list_secrets(warehouse))
    return Profile(snapshot.number, manifest.created_at, manifest.raw, located, figures)
