"""The programs of the README run wherever the warehouse lies, and agree with each other."""

import os
import re
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

REASON = "the readers have an environment of their own: `make readers`"
duckdb = pytest.importorskip("duckdb", reason=REASON)
pandas = pytest.importorskip("pandas", reason=REASON)

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"(?ms)^```python\n(.*?)^```$", README)
FOLDERS = ["plain", "env=prod", "archive [old]", "100% *{a,b}'"]
SPRING = {"2024-03": (27, 7), "2024-04": (25, 6), "2024-05": (19, 4)}
"""The articles of a month, and the public ones."""

Build = Callable[[str], Path]


def run_program(word: str, folder: Path) -> dict[str, Any]:
    """What the program of the README that has this word leaves."""
    (program,) = [code for code in PROGRAMS if word in code]
    found: dict[str, Any] = {}
    with chdir(folder):
        exec(program, found)
    return found


@pytest.mark.parametrize("name", FOLDERS)
def test_duckdb_reads_the_file_of_views(
    build_sample: Build, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_program("in_oslo", build_sample(name))
    assert re.search(r"2024-03 +│ +27 ", capsys.readouterr().out)


@pytest.mark.parametrize("name", FOLDERS)
def test_duckdb_reads_the_file_of_views_alike_in_every_time_zone(
    build_sample: Build, name: str
) -> None:
    path = build_sample(name) / "warehouse" / "warehouse.duckdb"
    sql = (
        "SELECT published_month, count(*), count(*) FILTER (is_public), "
        "bool_and(strftime(published_at, '%Y-%m') = published_month) "
        "FROM articles WHERE published_month >= '2024-03' GROUP BY ALL ORDER BY ALL"
    )
    for zone in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati"):
        with duckdb.connect(str(path), read_only=True) as db:
            db.execute(f"SET TimeZone = '{zone}'")
            rows = db.execute(sql).fetchall()
        assert rows == [(month, *counts, True) for month, counts in SPRING.items()]


@pytest.mark.parametrize("name", FOLDERS)
def test_polars_counts_the_public_articles_of_months(
    build_sample: Build, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_program("import polars", build_sample(name))
    assert "2024-03" in capsys.readouterr().out
    columns = found["articles"].collect_schema().names()
    assert "env" not in columns
    spring = found["spring"].collect()
    assert spring["published_month"].value_counts(sort=True).rows() == [
        (month, count) for month, (count, _) in SPRING.items()
    ]
    assert spring["is_public"].sum() == sum(public for _, public in SPRING.values())


@pytest.mark.parametrize("name", FOLDERS)
def test_pandas_counts_the_public_articles_of_months(build_sample: Build, name: str) -> None:
    found = run_program("import pandas", build_sample(name))
    articles, spring = found["articles"], found["spring"]
    assert "env" not in articles.columns
    public = spring.groupby("published_month")["is_public"].agg(["size", "sum"])
    assert {month: (*map(int, row),) for month, row in public.T.items()} == SPRING
    assert articles["published_month"].max() == "unknown"


def test_pandas_keeps_whole_numbers_and_flags_that_may_be_null(build_sample: Build) -> None:
    articles = run_program("import pandas", build_sample("plain"))["articles"]
    types = {name: str(articles[name].dtype) for name in ("heat", "is_published", "published_at")}
    assert types == {
        "heat": "int32[pyarrow]",
        "is_published": "bool[pyarrow]",
        "published_at": "timestamp[us, tz=UTC][pyarrow]",
    }
    assert len(articles[articles["is_public"]]) == 36


@pytest.mark.parametrize("name", FOLDERS)
def test_spark_counts_the_articles_of_months(
    build_sample: Build, name: str, spark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_program("import SparkSession", build_sample(name))
    assert found["spark"].version == spark.version
    assert "2024-03|   27|" in capsys.readouterr().out
    assert "env" not in found["articles"].columns
    assert found["spring"].count() == sum(count for count, _ in SPRING.values())


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_moments_before_1900_are_the_same_for_all(
    matterhouse: Callable[..., str], tmp_path: Path, spark: Any, zone: str
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for year in (1850, 1899, 2024):
        (raw / f"{year}.md").write_text(
            f"---\ncategory: news\ntype: article\ntitle: Of {year}\n"
            f"publishedDateTime: {year}-03-05T10:00:00Z\n---\n"
        )
    warehouse = tmp_path / "warehouse"
    matterhouse("build", "--raw", str(raw), "--warehouse", str(warehouse))
    pin = os.path.realpath(warehouse / "current")
    articles = spark.read.parquet(f"{pin}/articles").orderBy("title")
    micros = [row[0] for row in articles.selectExpr("unix_micros(published_at)").collect()]
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as db:
        db.execute(f"SET TimeZone = '{zone}'")
        rows = db.execute(
            "SELECT epoch_us(published_at), published_month FROM articles ORDER BY title"
        ).fetchall()
    assert rows == list(zip(micros, ["1850-03", "1899-03", "2024-03"], strict=True))
    frame = pandas.read_parquet(f"{pin}/articles", dtype_backend="pyarrow").sort_values("title")
    assert [str(each)[:16] for each in frame["published_at"]] == [
        f"{year}-03-05 10:00" for year in (1850, 1899, 2024)
    ]
