"""The views `profile` and `column_profile`."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.database.profile import FREE_TEXTS
from pipelines.reports.query import query_snapshot
from pipelines.warehouse import Snapshot
from schemas.language.months import PARTITION_KEY, UNKNOWN_MONTH
from schemas.language.registry import load_tables
from tests.answers import name_values
from tests.conftest import Archive, post

RAW = Path(__file__).parents[2] / "raw"
KEYS = ("table_name", "column_name", "provider", "published_month")
Figures = dict[tuple[Any, ...], dict[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The sample archive of this repository."""
    archive = Archive(tmp_path_factory.mktemp("sample"), raw=RAW)
    archive.run()
    return archive.snapshot


def ask(snapshot: Snapshot, sql: str) -> list[dict[str, Any]]:
    return name_values(query_snapshot(snapshot, sql))


def count_independently(snapshot: Snapshot) -> Figures:
    """The counts of `profile`, by Polars and plain Python."""
    articles = show(snapshot.scan("articles").collect())
    about = articles.select("article_id", "source_path", "provider_name", PARTITION_KEY)
    cells: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for table in load_tables():
        rows = snapshot.scan(table).collect()
        rows = show(rows) if load_tables()[table].is_partitioned else rows
        key = next(each for each in ("article_id", "document_id", "source_path") if each in rows)
        own = "source_path" if key == "source_path" else "article_id"
        of_article = {row[own]: row for row in about.iter_rows(named=True)}
        for row in rows.iter_rows(named=True):
            article = of_article.get(row[key], {})
            place = (article.get("provider_name"), article.get(PARTITION_KEY))
            for name, value in row.items():
                cells[table, name, *place].append(value)
    return {place: dict(count(place, values)) for place, values in cells.items()}


def show(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as views have them: the month is null where it is unknown."""
    month = pl.col(PARTITION_KEY)
    return rows.with_columns(pl.when(month != UNKNOWN_MONTH).then(month).alias(PARTITION_KEY))


def count(place: tuple[Any, ...], values: list[Any]) -> Iterator[tuple[str, Any]]:
    there = [tuple(value) if isinstance(value, list) else value for value in values if value != []]
    there = [value for value in there if value is not None]
    is_blank = [isinstance(value, str) and not value.strip() for value in there]
    yield "n", len(values)
    yield "null_count", sum(value is None for value in values)
    yield "blank_count", sum(value == [] for value in values) + sum(is_blank)
    column = load_tables()[place[0]].columns.get(place[1])
    if place[0] != "documents" or column is None or not column.is_long_text:
        yield "distinct_count", len(set(there)) + any(value == [] for value in values)
        counted = Counter(value for value in there if not str(value).isspace() and value != "")
        yield "top_count", max(counted.values(), default=None)


def test_its_figures_are_those_of_plain_python(sample: Snapshot) -> None:
    found = {tuple(row[name] for name in KEYS): row for row in ask(sample, "SELECT * FROM profile")}
    expected = count_independently(sample)
    assert found.keys() == expected.keys()
    for place, figures in expected.items():
        assert {name: found[place][name] for name in figures} == figures, place


def test_column_profile_has_a_row_for_every_column_of_a_table_with_rows(sample: Snapshot) -> None:
    rows = ask(sample, "SELECT * FROM column_profile")
    found = [(row["table_name"], row["column_name"]) for row in rows]
    assert sorted(found) == sorted(
        (table, name)
        for table in load_tables()
        if sample.count_rows(table)
        for name in load_tables()[table].readable_columns
    )
    sums = ask(
        sample,
        "SELECT table_name, column_name, sum(n)::BIGINT AS n, sum(null_count)::BIGINT AS null_count"
        " FROM profile GROUP BY ALL",
    )
    assert {tuple(row.values()) for row in sums} == {
        (row["table_name"], row["column_name"], row["n"], row["null_count"]) for row in rows
    }


def test_numbers_and_moments_have_a_range_and_others_have_none(archive: Archive) -> None:
    for name, quality, day in (("a", 9, 3), ("b", 100, 10), ("c", -5, 4)):
        archive.write(
            f"{name}.md",
            post({"quality": f"{quality}", "publishedDateTime": f"2024-03-{day:02}T00:00:00Z"}),
        )
    archive.run()
    sql = "SELECT min_value, max_value FROM column_profile WHERE table_name = 'articles' AND "
    ranges = {
        name: tuple(ask(archive.snapshot, f"{sql} column_name = '{name}'")[0].values())
        for name in ("quality", "published_at", "published_on", "title")
    }
    assert ranges == {
        "quality": ("-5", "100"),
        "published_at": ("2024-03-03 00:00:00", "2024-03-10 00:00:00"),
        "published_on": ("2024-03-03", "2024-03-10"),
        "title": (None, None),
    }


def test_of_values_that_are_equally_frequent_the_last_is_shown(archive: Archive) -> None:
    for name, title in enumerate("bbaacc"):
        archive.write(f"{name}.md", post({"title": title}))
    archive.run()
    (row,) = ask(
        archive.snapshot,
        "SELECT top_value, top_count, distinct_count FROM profile "
        "WHERE table_name = 'articles' AND column_name = 'title'",
    )
    assert row == {"top_value": "c", "top_count": 2, "distinct_count": 3}


def test_ids_and_free_text_show_no_value(archive: Archive) -> None:
    for name in "abc":
        archive.write(f"{name}.md", post({"excerpt": "the same", "secured": "hidden"}, "the same"))
    archive.run()
    rows = ask(archive.snapshot, "SELECT * FROM column_profile WHERE top_value IS NOT NULL")
    shown = {row["column_name"] for row in rows}
    assert "title" in shown
    assert not shown & {*FREE_TEXTS, "url_id", "article_id", "content_sha256", "front_matter"}
    assert "hidden" not in str(ask(archive.snapshot, "SELECT * FROM profile"))


def test_blank_is_white_space_or_an_empty_list(archive: Archive) -> None:
    archive.write("a.md", post({"excerpt": '" \\t\\u00a0"', "topics": "[]"}))
    archive.write("b.md", post({"excerpt": "x", "topics": "[x]"}))
    archive.write("c.md", post())
    archive.run()
    rows = ask(
        archive.snapshot,
        "SELECT column_name, null_count, blank_count, distinct_count FROM column_profile "
        "WHERE table_name = 'articles' AND column_name IN ('excerpt', 'topics')",
    )
    assert sorted(tuple(row.values()) for row in rows) == [
        ("excerpt", 1, 1, 2),
        ("topics", 0, 2, 2),
    ]
