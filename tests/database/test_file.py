"""The DuckDB file that a publish leaves for readers."""

import json
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.runs.maintenance import roll_back
from pipelines.runs.reader_files import relink_snapshots
from pipelines.warehouse.damage import list_surplus
from schemas.language.registry import load_tables
from schemas.language.views import load_views
from tests.conftest import Archive, Run, post


@pytest.fixture
def published(built: Archive) -> Archive:
    """An archive whose snapshot has its DuckDB file."""
    relink_snapshots(built.warehouse.root, 0)
    return built


def ask(root: Path, sql: str, **settings: str) -> list[Any]:
    with duckdb.connect(root / "warehouse.duckdb", read_only=True) as connection:
        for name, value in settings.items():
            connection.execute(f"SET {name} = '{value}'")
        return connection.execute(sql).fetchall()


def test_it_has_every_table_and_view(published: Archive) -> None:
    names = {name for (name,) in ask(published.warehouse.root, "SHOW TABLES")}
    assert names == {*load_tables(), *load_views(), "profile", "column_profile"}
    for table in load_tables():
        (row,) = ask(published.warehouse.root, f"SELECT count(*) FROM {table}")
        assert row == (published.rows(table).height,)


def test_every_table_and_column_has_a_comment(published: Archive) -> None:
    sql = (
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'"
    )
    assert all(comment for _, comment in ask(published.warehouse.root, sql))
    sql = (
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE NOT internal AND schema_name = 'main' AND comment IS NULL"
    )
    assert ask(published.warehouse.root, sql) == []
    sql = (
        "SELECT comment FROM duckdb_columns() WHERE column_name = 'title' "
        "AND table_name = 'articles' AND schema_name = 'main'"
    )
    ((comment,),) = ask(published.warehouse.root, sql)
    assert comment == load_tables()["articles"].columns["title"].description


def test_a_moment_is_in_utc_whatever_the_session(archive: Archive) -> None:
    archive.write("a.md", post({"publishedDateTime": "2024-03-01T02:00:00Z"}))
    archive.run()
    sql = "SELECT published_at, CAST(published_at AS DATE)::VARCHAR FROM articles"
    for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo"):
        assert ask(archive.warehouse.root, sql, TimeZone=zone) == [
            (datetime(2024, 3, 1, 2), "2024-03-01")  # noqa: DTZ001  # It has no zone on purpose.
        ]


def test_an_unknown_month_is_null(archive: Archive) -> None:
    archive.write("a.md", post({"category": "blog", "publishedDateTime": None}))
    archive.write("b.md", post())
    archive.run()
    sql = "SELECT source_path FROM articles WHERE published_month >= '2024-01'"
    assert ask(archive.warehouse.root, sql) == [("b.md",)]
    assert ask(archive.warehouse.root, "SELECT max(published_month) FROM articles") == [
        ("2024-03",)
    ]


def test_it_moves_with_the_tables_when_a_run_publishes_and_back(archive: Archive) -> None:
    root = archive.warehouse.root
    archive.write("a.md", post())
    archive.run()
    pinned = duckdb.connect(root / "warehouse.duckdb", read_only=True)
    archive.write("b.md", post())
    archive.run()
    count = "SELECT count(*) FROM articles"
    # A new process, since a process opens a file once.
    code = f"import duckdb; print(duckdb.connect({str(root / 'warehouse.duckdb')!r}, "
    code += f"read_only=True).execute({count!r}).fetchall())"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout == "[(2,)]\n"
    assert pinned.execute(count).fetchall() == [(1,)]
    pinned.close()
    roll_back(root, 1, 0)
    assert ask(root, count) == [(1,)]


def test_it_is_no_damage_and_holds_no_rows_of_its_own(published: Archive) -> None:
    snapshot = published.snapshot
    assert (snapshot.folder / "warehouse.duckdb").is_file()
    assert list_surplus(snapshot.folder, snapshot.manifest) == []
    assert (snapshot.folder / "warehouse.duckdb").stat().st_mode & 0o222 == 0


def test_an_earlier_snapshot_is_asked_by_its_number(archive: Archive) -> None:
    archive.write("a.md", post({"heat": "5"}))
    archive.run()
    archive.write("a.md", post({"heat": "7"}))
    archive.run()
    sql = (
        "SELECT old.heat, new.heat FROM articles_at(1) AS old "
        "JOIN articles AS new USING (article_id)"
    )
    assert ask(archive.warehouse.root, sql) == [(5, 7)]


def test_runs_and_snapshots_are_those_of_the_warehouse(published: Archive) -> None:
    root = published.warehouse.root
    assert ask(root, "SELECT status FROM runs WHERE job = 'build'") == [("published",)]
    published.run()
    assert ask(root, "SELECT status FROM runs WHERE job = 'build'") == [
        ("unchanged",),
        ("published",),
    ]
    ((number, rows),) = ask(root, "SELECT snapshot, rows FROM snapshots")
    assert number == 1
    assert rows == {table: published.snapshot.count_rows(table) for table in load_tables()}
    sql = "SELECT count(*) FROM findings JOIN runs ON run_id = first_seen_run"
    assert ask(root, sql) == [(published.rows("findings").height,)]


def test_a_broken_record_of_a_run_does_not_break_the_view(published: Archive) -> None:
    root = published.warehouse.root
    (root / "runs" / "20260101T000000000000Z-build-1.json").write_text('{"run_id": "cut sh')
    assert ask(root, "SELECT status FROM runs WHERE job = 'build'") == [("published",)]


@pytest.mark.parametrize("name", ["it's", "a[1]", "a*b", "{a,b}", "k=v", "a\nb", "$(id); --"])
def test_the_name_of_a_folder_is_neither_a_pattern_nor_sql(tmp_path: Path, name: str) -> None:
    archive = Archive(tmp_path / name)
    archive.write("a.md", post())
    archive.run()
    root = archive.warehouse.root
    assert ask(root, "SELECT source_path FROM articles") == [("a.md",)]
    assert ask(root, "SELECT source_path FROM articles_at(1)") == [("a.md",)]
    assert ask(root, "SELECT status FROM runs WHERE job = 'build'") == [("published",)]


def test_relink_lets_the_views_find_the_tables_after_a_move(
    published: Archive, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    count = ask(published.warehouse.root, "SELECT count(*) FROM articles")
    shutil.move(published.warehouse.root, moved)
    with pytest.raises(duckdb.IOException):
        ask(moved, "SELECT count(*) FROM articles")
    assert relink_snapshots(moved, 0) == [1]
    assert ask(moved, "SELECT count(*) FROM articles") == count


def test_a_snapshot_of_an_older_version_gets_its_file_when_a_build_changes_nothing(
    published: Archive,
) -> None:
    path = published.snapshot.folder / "warehouse.duckdb"
    path.unlink()
    (published.warehouse.root / "warehouse.duckdb").unlink()
    published.run()
    assert path.is_file()
    assert ask(published.warehouse.root, "SELECT count(*) FROM articles")


def test_tables_are_published_even_if_the_file_cannot_be_written(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.database.file.write_database", fail)
    archive.write("a.md", post())
    assert archive.run().status == "published"
    assert "`matterhouse relink` tries again" in caplog.text


@pytest.mark.usefixtures("published")
def test_the_command_relink_says_what_it_did(run: Run) -> None:
    assert "Wrote 1 DuckDB file" in run("relink").out
    assert json.loads(run("relink", "--json").out) == {"relinked": [1]}


def describe(root: Path) -> list[Any]:
    """Everything that a file says."""
    views = "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
    macros = "SELECT function_name, macro_definition FROM duckdb_functions() WHERE NOT internal"
    columns = (
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY ALL"
    )
    return [sorted(ask(root, sql), key=str) for sql in (views, macros, columns)]


def test_a_file_made_from_that_of_the_parent_is_as_one_made_from_nothing(
    published: Archive,
) -> None:
    published.write("_news/d.md", post())
    published.run()
    root = published.warehouse.root
    adapted = describe(root)
    assert "/000002/" in str(adapted)
    relink_snapshots(root, 0)
    assert describe(root) == adapted
    assert ask(root, "SELECT count(*) FROM findings")[0][0] == published.rows("findings").height


def test_a_damaged_file_of_the_parent_is_no_draft(published: Archive) -> None:
    path = published.snapshot.folder / "warehouse.duckdb"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:5_000])
    published.write("_news/d.md", post())
    published.run()
    assert ask(published.warehouse.root, "SELECT count(*) FROM articles")
