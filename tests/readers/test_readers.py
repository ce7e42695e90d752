"""What analysts see: pandas, Spark, Polars and DuckDB agree with the manifest and each other."""

import json
from pathlib import Path
from typing import Any

import pytest

REASON = "the readers have an environment of their own: `make readers`"
duckdb = pytest.importorskip("duckdb", reason=REASON)
pandas = pytest.importorskip("pandas", reason=REASON)
polars = pytest.importorskip("polars", reason=REASON)

TABLES = ("articles", "images", "related_links")

Cells = dict[str, tuple[int | None, list[str]]]
"""By article_id: the microsecond since 1970 in UTC when it was published, and its topics."""


@pytest.fixture(scope="module")
def rows(pin: str) -> dict[str, dict[str, int]]:
    """What the manifest says: the rows of every table by month."""
    tables = json.loads(Path(pin, "manifest.json").read_text(encoding="utf-8"))["tables"]
    return {
        table: {month: each["rows"] for month, each in tables[table].items() if each["rows"]}
        for table in TABLES
    }


@pytest.fixture(scope="module")
def cells(pin: str) -> Cells:
    """The articles as DuckDB reads them."""
    found = duckdb.sql(
        f"select article_id, epoch_us(published_at), topics from read_parquet('{pin}/articles/**')"
    )
    return {article_id: (moment, topics) for article_id, moment, topics in found.fetchall()}


@pytest.mark.parametrize("table", TABLES)
def test_duckdb_reads_the_rows_of_the_manifest(
    pin: str, rows: dict[str, dict[str, int]], table: str
) -> None:
    path = f"{pin}/{table}/**/*.parquet"
    found = duckdb.sql(f"select published_month, count(*) from '{path}' group by all")
    assert dict(found.fetchall()) == rows[table]


@pytest.mark.parametrize("table", TABLES)
def test_polars_reads_the_rows_of_the_manifest(
    pin: str, rows: dict[str, dict[str, int]], table: str
) -> None:
    frame = polars.read_parquet(f"{pin}/{table}", hive_partitioning=True)
    assert dict(frame["published_month"].value_counts().iter_rows()) == rows[table]


@pytest.mark.parametrize("table", TABLES)
def test_pandas_reads_the_rows_of_the_manifest(
    pin: str, rows: dict[str, dict[str, int]], table: str
) -> None:
    frame = pandas.read_parquet(f"{pin}/{table}")
    assert frame["published_month"].value_counts().to_dict() == rows[table]


@pytest.mark.parametrize("table", TABLES)
def test_spark_reads_the_rows_of_the_manifest(
    pin: str, rows: dict[str, dict[str, int]], spark: Any, table: str
) -> None:
    frame = spark.read.parquet(f"{pin}/{table}")
    found = frame.groupBy("published_month").count().collect()
    assert {row["published_month"]: row["count"] for row in found} == rows[table]


def test_pandas_chooses_a_month_by_its_text(pin: str, rows: dict[str, dict[str, int]]) -> None:
    month, count = next(iter(rows["articles"].items()))
    chosen = pandas.read_parquet(f"{pin}/articles", filters=[("published_month", "==", month)])
    assert len(chosen) == count


def test_spark_chooses_a_month_by_its_text(
    pin: str, rows: dict[str, dict[str, int]], spark: Any
) -> None:
    month, count = next(iter(rows["articles"].items()))
    chosen = spark.read.parquet(f"{pin}/articles").where(f"published_month = '{month}'")
    assert chosen.count() == count


def test_pandas_reads_moments_in_utc_and_topics_as_lists(pin: str, cells: Cells) -> None:
    articles = pandas.read_parquet(f"{pin}/articles")
    assert str(articles["published_at"].dtype) == "datetime64[us, UTC]"
    moments = [None if moment is pandas.NaT else moment for moment in articles["published_at"]]
    assert cells == {
        article_id: (moment and moment.value // 1000, list(topics))
        for article_id, moment, topics in zip(
            articles["article_id"], moments, articles["topics"], strict=True
        )
    }


def test_spark_reads_moments_in_utc_and_topics_as_lists(pin: str, cells: Cells, spark: Any) -> None:
    articles = spark.read.parquet(f"{pin}/articles")
    types = dict(articles.dtypes)
    assert (types["published_at"], types["topics"], types["published_month"]) == (
        "timestamp",
        "array<string>",
        "string",
    )
    found = articles.selectExpr("article_id", "unix_micros(published_at)", "topics").collect()
    assert cells == {article_id: (moment, topics) for article_id, moment, topics in found}
