"""Warnings: what the checks find in a snapshot, each with places in the raw files."""

from collections.abc import Collection, Iterable
from typing import Final

from pipelines.reports.profile.checks import Check, load_checks
from pipelines.reports.profile.database import Columns, Database, Row
from pipelines.reports.profile.examples import Locator, list_keys
from pipelines.reports.profile.figures import EVERYTHING, Choice, choose_rows
from pipelines.reports.profile.workspace import list_statements
from pipelines.settings.stored import read_mapping
from pipelines.sources.source import Source
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import PARTITION_KEY

TABLE: Final = "articles"
"""The checks look at articles alone. Other tables repeat what these say, or link to them."""


def find_warnings(
    database: Database,
    columns: Columns,
    made_at: str,
    choice: Choice = EVERYTHING,
    checks: Collection[Check] | None = None,
) -> list[Row]:
    """What `checks`, or all, find in the articles, which have these columns; by group and check.

    Each warning has check, group, title, means, fix, thresholds and message; table, column,
    provider, type (of posts), months, rows (how many are concerned), of (how many were looked at),
    figure and usual; and examples, the ids of up to five articles. Provider and type are null if it
    is about all.
    """
    given = load_checks() if checks is None else checks
    # What is missing in a month shows only beside other months.
    of_all = [check for check in given if choice.month is None or check.group == "gaps"]
    of_month = [check for check in given if check not in of_all]
    found = [
        *_run(database, of_all, columns, made_at, choice._replace(month=None)),
        *_run(database, of_month, columns, made_at, choice),
    ]
    return [each for each in found if _is_chosen(each, choice)]


def _run(
    database: Database, checks: Collection[Check], columns: Columns, made_at: str, choice: Choice
) -> list[Row]:
    """What `checks` find in the articles of a provider and month."""
    if not checks:
        return []
    where = choose_rows(choice, "provider_name", PARTITION_KEY)
    for statement in list_statements(columns, made_at, where):
        database.connection.execute(statement)
    return [
        _describe(check, row)
        for check in checks
        for row in database.ask(check.sql, check.parameters)
    ]


def _describe(check: Check, row: Row) -> Row:
    return {
        "check": check.name,
        "group": check.group,
        "title": check.title,
        "message": check.says.format_map(row),
        "table": TABLE,
        "column": row["column_name"],
        "provider": row["provider"] or None,
        "type": row.get("type") or None,
        "months": row.get("months") or [],
        "rows": row["row_count"],
        "of": row["of_count"],
        "figure": row["figure"],
        "usual": row.get("usual"),
        "means": check.means,
        "fix": check.fix,
        "thresholds": {name: each._asdict() for name, each in check.thresholds.items()},
        "examples": row["examples"] or [],
    }


def _is_chosen(warning: Row, choice: Choice) -> bool:
    return (
        choice.table in (None, TABLE)
        and choice.column in (None, warning["column"])
        and (choice.month is None or not warning["months"] or choice.month in warning["months"])
    )


def locate_examples(
    warnings: Iterable[Row],
    snapshot: Snapshot,
    source: Source,
    columns: Columns,
    secret_keys: Collection[str],
) -> list[Row]:
    """The warnings with places for examples: source_path, file, line, column_number, text, ..."""
    warnings = list(warnings)
    ids = {each for warning in warnings for each in warning["examples"]}
    mapping = read_mapping(snapshot.manifest)
    locator = Locator(snapshot, source, mapping, secret_keys, ids)
    return [
        {
            **warning,
            "examples": [
                locator.locate(each, list_keys(warning["column"], columns))
                for each in warning["examples"]
            ],
        }
        for warning in warnings
    ]
