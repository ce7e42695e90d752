"""The profile of a snapshot: warnings, and figures of every column."""

from collections.abc import Collection
from typing import NamedTuple

from pipelines.reports.profile.checks import Check
from pipelines.reports.profile.database import Row, find_columns, open_database
from pipelines.reports.profile.figures import EVERYTHING, Choice, read_columns
from pipelines.reports.profile.warnings import TABLE, find_warnings, locate_examples
from pipelines.reports.secrets import list_secrets
from pipelines.sources.addresses import open_source
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


class Profile(NamedTuple):
    """What is known of a snapshot: `warnings` of `find_warnings`, `columns` of `read_columns`.

    `articles` is how many there are, from the first month to the last; None if none has a month.
    """

    snapshot: int
    published_at: str
    articles: int
    first_month: str | None
    last_month: str | None
    warnings: list[Row]
    columns: list[Row]


def make_profile(
    warehouse: Warehouse,
    snapshot: Snapshot,
    choice: Choice = EVERYTHING,
    *,
    checks: Collection[Check] | None = None,
    with_columns: bool = True,
) -> Profile:
    """The profile of what is chosen of `snapshot`, with all checks or these.

    Of raw files, only examples are read.

    Raises:
        DamagedError: A file of the snapshot is missing or damaged.
    """
    manifest = snapshot.manifest
    with open_database(snapshot) as database:
        columns = find_columns(database, snapshot, TABLE)
        figures = read_columns(database, choice) if with_columns else []
        (span,) = database.ask(
            "SELECT count(*) AS n, min(published_month) AS first, max(published_month) AS last "
            "FROM articles"
        )
        found = find_warnings(database, columns, manifest.created_at, choice, checks)
    source = open_source(manifest.raw)
    located = locate_examples(found, snapshot, source, columns, list_secrets(warehouse))
    return Profile(
        snapshot.number,
        manifest.created_at,
        span["n"],
        span["first"],
        span["last"],
        located,
        figures,
    )
