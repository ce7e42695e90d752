"""The archive with traps, built once: its tables as plain rows, and its views by SQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from pipelines.reports.query import query_snapshot
from pipelines.warehouse import Snapshot
from schemas.language.months import PARTITION_KEY, UNKNOWN_MONTH
from tests.answers import name_values
from tests.conftest import Archive
from tests.views.plain import Row, Tables
from tests.views.traps import write_later, write_traps

READ = ("articles", "images", "related_links", "observations")


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot after two runs, so that some articles are new to the second."""
    archive = Archive(tmp_path_factory.mktemp("traps"))
    write_traps(archive)
    archive.run()
    write_later(archive)
    archive.run()
    assert archive.findings("rule", "value") == []
    return archive.snapshot


@pytest.fixture(scope="session")
def ask(snapshot: Snapshot) -> Callable[[str], list[tuple[Any, ...]]]:
    """Answers SQL over the snapshot, as `matterhouse query` does."""
    return lambda sql: query_snapshot(snapshot, sql).rows


def read_tables(snapshot: Snapshot) -> Tables:
    """The rows of the tables as views have them: no month is `unknown`, and times are in UTC."""
    return {
        name: [_as_in_views(row) for row in snapshot.scan(name).collect().to_dicts()]
        for name in READ
    }


def read_view(snapshot: Snapshot, name: str) -> list[Row]:
    return name_values(query_snapshot(snapshot, f"SELECT * FROM {name}"))


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: sorted((name, repr(row[name])) for name in row))


def _as_in_views(row: Row) -> Row:
    if row.get(PARTITION_KEY) == UNKNOWN_MONTH:
        row[PARTITION_KEY] = None
    return {
        name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
