"""Queries to copy: the same first questions for DuckDB, Polars, pandas and Spark."""

from pathlib import Path
from typing import Any, Final, NamedTuple


class Query(NamedTuple):
    """Text for one engine. `{warehouse}` stands for the folder as a literal of the language."""

    engine: str
    question: str
    language: str
    text: str


QUERIES: Final = (
    Query(
        "DuckDB",
        "How many articles are public in each month?",
        "sql",
        """\
ATTACH {warehouse_file} AS house (READ_ONLY);
SELECT published_month, count(*) FILTER (is_public) AS public, count(*) AS articles
FROM house.articles GROUP BY ALL ORDER BY ALL;""",
    ),
    Query(
        "DuckDB",
        "Which articles do most others link to?",
        "sql",
        """\
ATTACH {warehouse_file} AS house (READ_ONLY);
SELECT title_text, links_in, providers_in
FROM house.article_degree
ORDER BY links_in DESC, title_text LIMIT 10;""",
    ),
    Query(
        "DuckDB",
        "Which providers publish most? From Python",
        "python",
        """\
import duckdb

with duckdb.connect({warehouse_file}, read_only=True) as house:
    house.sql("FROM providers ORDER BY article_count DESC LIMIT 10").show()""",
    ),
    Query(
        "Polars",
        "How many articles are public in each month?",
        "python",
        """\
import os
import polars as pl

pin = os.path.realpath({current})
articles = pl.scan_parquet(f"{{pin}}/articles", hive_partitioning=True)
print(
    articles.filter(pl.col("published_month") != "unknown")
    .group_by("published_month")
    .agg(public=pl.col("is_public").sum(), articles=pl.len())
    .sort("published_month")
    .collect()
)""",
    ),
    Query(
        "pandas",
        "How many articles are public in each month?",
        "python",
        """\
import os
import pandas as pd

pin = os.path.realpath({current})
articles = pd.read_parquet(f"{{pin}}/articles", dtype_backend="pyarrow")
# pandas reads the month as a category without an order. As text, months can be compared.
articles["published_month"] = articles["published_month"].astype(str)
dated = articles[articles["published_month"] != "unknown"]
print(dated.groupby("published_month")["is_public"].agg(["sum", "size"]))""",
    ),
    Query(
        "Spark",
        "How many articles are public in each month?",
        "python",
        """\
import os
from pyspark.sql import SparkSession, functions as F

# Days and months in UTC, wherever this runs.
spark = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
pin = os.path.realpath({current})
articles = spark.read.parquet(f"{{pin}}/articles").where("published_month <> 'unknown'")
months = articles.groupBy("published_month")
months.agg(F.count_if("is_public").alias("public"), F.count("*").alias("articles")).orderBy(
    "published_month"
).show(100)""",
    ),
)


def list_queries(warehouse: Path) -> list[dict[str, Any]]:
    """The queries for the tables in `warehouse`, ready to run."""
    return [
        {
            **query._asdict(),
            "text": query.text.format(
                warehouse_file=_literal(warehouse / "warehouse.duckdb", query.language),
                current=_literal(warehouse / "current", query.language),
            ),
        }
        for query in QUERIES
    ]


def _literal(path: Path, language: str) -> str:
    if language == "sql":
        return "'" + str(path).replace("'", "''") + "'"
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
