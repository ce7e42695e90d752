"""SQL over a pinned snapshot, and nothing else."""

from pathlib import Path

import pytest

from pipelines.errors import QueryError
from pipelines.reports.query import query_snapshot
from pipelines.warehouse import Snapshot
from schemas.language.registry import load_tables
from tests.conftest import Archive, post


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Shared by all tests, since no query changes it."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.write("a.md", post({"images": "[{url: /1}, {url: /2}]"}))
    archive.write("b.md", post({"publishedDateTime": "2023-01-01"}))
    archive.run()
    return archive.snapshot


def test_every_table_is_a_view_with_its_partition_key(snapshot: Snapshot) -> None:
    for table in load_tables():
        answer = query_snapshot(snapshot, f"SELECT count(*) FROM {table}")
        assert answer.rows == [(snapshot.scan(table).collect().height,)]
    sql = "SELECT published_month, count(*) AS n FROM articles GROUP BY ALL ORDER BY ALL"
    assert query_snapshot(snapshot, sql) == (
        ["published_month", "n"],
        [("2023-01", 1), ("2024-03", 1)],
    )


def test_rows_can_be_limited(snapshot: Snapshot) -> None:
    assert len(query_snapshot(snapshot, "SELECT * FROM range(9)", at_most=3).rows) == 3


@pytest.mark.parametrize("sql", ["DESCRIBE articles", "SUMMARIZE images", "SHOW TABLES"])
def test_questions_about_tables_are_answered(snapshot: Snapshot, sql: str) -> None:
    assert query_snapshot(snapshot, sql).rows


@pytest.mark.parametrize(
    "sql",
    [
        "COPY articles TO '{folder}/out.csv'",
        "COPY articles TO '{part}'",
        "ATTACH '{folder}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET allowed_paths",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW articles",
        "PRAGMA enable_profiling",
        "EXPORT DATABASE '{folder}'",
        "SELECT 1; SELECT 2",
        "",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('{folder}/secret')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM '{folder}/secret'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT * FROM read_parquet('{folder}/warehouse/snapshots/*/articles/*/*.parquet')",
        "SELECT * FROM read_text('{folder}/warehouse/snapshots/000001/manifest.json')",
        "SELECT * FROM read_parquet('{part}/../../../../../../secret')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_text('/dev/stdin')",
        "SELECT * FROM sniff_csv('{folder}/secret')",
        "SELECT * FROM parquet_metadata('{folder}/secret')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_extensions()",
        "SELECT * FROM sqlite_scan('{folder}/secret', 't')",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM enable_profiling()",
        "SELECT * FROM snapshot",
        "SELECT getenv('HOME')",
        "CALL enable_logging(storage = 'file', storage_path = '{folder}/log')",
        "SET temp_directory = '{folder}'",
        "SET VARIABLE a = 1",
        "IMPORT DATABASE '{folder}'",
        "FORCE INSTALL httpfs",
        "CREATE SECRET (TYPE s3)",
        "CREATE MACRO f() AS 1",
        "PREPARE p AS SELECT 1",
        "USE memory",
        "DETACH memory",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "INSERT INTO articles SELECT * FROM articles",
        "WITH w AS (DELETE FROM articles) SELECT 1",
        "SELECT * FROM query('COPY articles TO ''{folder}/out.csv''')",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{part}' (FORMAT parquet, USE_TMP_FILE false)",
        "EXPLAIN ANALYZE DROP VIEW articles",
        "SELECT",
    ],
)
def test_other_statements_are_refused(snapshot: Snapshot, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret").write_text("hush")
    part = next(iter(snapshot.list_files("articles").values()))
    root = snapshot.folder.parent.parent
    before = sorted([*tmp_path.rglob("*"), *root.rglob("*")]), part.read_bytes()
    with pytest.raises(QueryError, match=r"^query: "):
        query_snapshot(snapshot, sql.format(folder=tmp_path, part=part))
    assert (sorted([*tmp_path.rglob("*"), *root.rglob("*")]), part.read_bytes()) == before


def test_a_large_answer_is_not_spilled_to_the_disk(snapshot: Snapshot) -> None:
    sql = "SELECT current_setting('temp_directory'), current_setting('lock_configuration')"
    assert query_snapshot(snapshot, sql).rows == [("", True)]


@pytest.mark.parametrize(
    "name", ["it's", 'say "x"', "a[1]", "a[!b]", "a*b", "{a,b}", "k=v", "a\nb", "100%", "$(id); --"]
)
def test_the_name_of_a_folder_is_neither_a_pattern_nor_sql(tmp_path: Path, name: str) -> None:
    archive = Archive(tmp_path / name)
    archive.write("a.md", post())
    archive.run()
    answer = query_snapshot(archive.snapshot, "SELECT source_path, published_month FROM articles")
    assert answer.rows == [("a.md", "2024-03")]
    assert archive.rows("articles").height == 1
