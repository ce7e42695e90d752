"""What matterhouse.toml says of running a warehouse."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.warehouse.runs import RunRecord, list_run_ids, name_run
from tests.conftest import MARCH, Archive, Run, post


def write_settings(archive: Archive, text: str) -> None:
    (archive.raw.parent / "matterhouse.toml").write_text(text, encoding="utf-8")


def record_long_ago(archive: Archive, count: int) -> None:
    for number in range(count):
        started = datetime.now(UTC) - timedelta(days=200 + number)
        run = RunRecord(name_run(started, "build"), "build", "local", started.isoformat(), {})
        run.write(archive.warehouse.root)


def test_a_build_keeps_what_the_settings_say(built: Archive, run: Run) -> None:
    write_settings(built, "[retention]\nkeep = 1\ndays = 0\nruns = 2\nrun_days = 30\n")
    record_long_ago(built, 3)
    built.write("_news/d.md", post(MARCH))
    assert run("build", "--jobs", "1", "--max-reject-share", "1").code == 0
    assert built.warehouse.numbers() == [2]
    assert len(list_run_ids(built.warehouse.root)) == 2


def test_a_build_without_settings_keeps_a_thousand_records(built: Archive) -> None:
    record_long_ago(built, 3)
    built.run()
    assert len(list_run_ids(built.warehouse.root)) == 5


def test_retention_changes_nothing_in_the_tables(built: Archive, run: Run) -> None:
    write_settings(built, "[retention]\nkeep = 5\n")
    outcome = run("build", "--jobs", "1", "--max-reject-share", "1", "--json")
    assert json.loads(outcome.out)["status"] == "unchanged"
    assert built.snapshot.manifest.settings == {}


def test_an_option_of_a_build_comes_before_the_settings(built: Archive, run: Run) -> None:
    write_settings(built, "[retention]\nkeep = 1\ndays = 0\n")
    usual = ("--jobs", "1", "--max-reject-share", "1")
    for number in range(3):
        built.write("_news/d.md", post(MARCH | {"heat": str(number)}))
        assert run("build", *usual, "--keep", "2").code == 0
    assert built.warehouse.numbers() == [3, 4]
    assert json.loads(run("build", *usual, "--days", "1", "--json").out)["status"] == "unchanged"
    assert built.warehouse.numbers() == [3, 4]
    run("build", *usual)
    assert built.warehouse.numbers() == [4]


@pytest.mark.parametrize("wrong", [("--keep", "0"), ("--days", "-1"), ("--days", "nan")])
def test_an_option_that_would_keep_nothing_is_refused(
    built: Archive, run: Run, wrong: tuple[str, str]
) -> None:
    assert run("build", *wrong).code == 2
    assert run("prune", *wrong).code == 2
    assert built.warehouse.numbers() == [1]


def test_an_option_of_prune_comes_before_the_settings(built: Archive, run: Run) -> None:
    write_settings(built, "[retention]\nruns = 2\nrun_days = 0\n")
    record_long_ago(built, 3)
    assert json.loads(run("prune", "--runs", "4", "--json").out)["removed_runs"] == 1
    assert "Removed 3 records of runs" in run("prune").out


@pytest.mark.parametrize(
    "wrong", ["keep = 0", "days = -1", "runs = 1.5", "run_days = nan", "x = 1"]
)
def test_retention_that_makes_no_sense_ends_prune(built: Archive, run: Run, wrong: str) -> None:
    write_settings(built, f"[retention]\n{wrong}\n")
    outcome = run("prune")
    assert outcome.code == 2
    assert "matterhouse.toml:2: retention." in outcome.err
