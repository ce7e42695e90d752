"""`matterhouse plan`, `apply`, `hold` and `release`, as people type them."""

import json

import pytest

from pipelines.warehouse.recording import record_run
from tests.conftest import MARCH, Archive, Run, post


@pytest.fixture
def edited(built: Archive) -> Archive:
    """A built archive whose raw files changed: one post is better, one is broken."""
    built.write("_news/rejected.md", post(MARCH))
    built.write("_news/b.md", post(MARCH | {"heat": "hot"}))
    return built


@pytest.mark.usefixtures("edited")
def test_a_plan_shows_rows_findings_and_what_to_type_next(run: Run) -> None:
    shown = run("plan", "--mapping", "everyday", "--limit", "1")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[:2] == ["plan of build: 2 changed", "from snapshot 1 to what is staged"]
    assert "articles           1        1        0      0" in lines
    assert "findings: 1 new error, 3 closed errors" in lines
    (new,) = [line for line in lines if "[is_integer]" in line]
    assert new.startswith("  + raw/_news/b.md:7:7 heat: found")
    assert lines[-1] == (
        "Nothing is published. Publish exactly this with `matterhouse apply`, or see all of it "
        "with `matterhouse diff staged --rows`."
    )
    assert run("apply").out == "published what was planned: snapshot 2\n"
    assert "nothing is planned: see what would change with `matterhouse plan`" in run("apply").err


@pytest.mark.usefixtures("edited")
def test_a_dry_run_can_be_applied_too(run: Run) -> None:
    assert run("build", "--dry-run", "--mapping", "everyday", "--jobs", "1").code == 0
    assert json.loads(run("apply", "--json").out)["snapshot"] == 2


@pytest.mark.usefixtures("edited")
def test_machines_get_a_plan_with_its_rows_and_the_next_command(run: Run) -> None:
    said = json.loads(run("plan", "--mapping", "everyday", "--json").out)
    assert said["record"]["status"] == "dry_run"
    assert {each["table"]: each["added"] for each in said["counts"]}["articles"] == 1
    assert {row["path"] for row in said["rows"]} == {"_news/b.md", "_news/rejected.md"}
    assert [each["rule"] for each in said["findings"]["new"]] == ["is_integer"]
    assert (said["objections"], said["is_trial"], said["next"]) == ({}, False, "matterhouse apply")


@pytest.mark.usefixtures("edited")
def test_a_plan_that_a_guard_would_refuse_says_so_and_ends_with_1(run: Run) -> None:
    shown = run("plan", "--mapping", "everyday", "--strict")
    assert shown.code == 1
    assert "refused by the guard errors-when-strict: there are errors: 2" in shown.out
    assert "`matterhouse apply --accept errors-when-strict`" in shown.out
    refused = run("apply")
    assert refused.code == 1
    assert "publish it all the same with `matterhouse apply --accept errors-when-strict`" in (
        refused.err
    )
    assert run("apply", "--accept", "errors-when-strict").code == 0


def test_a_plan_without_changes_says_so(built: Archive, run: Run) -> None:
    assert run("plan", "--mapping", "everyday").out == (
        "plan of build: nothing would change in snapshot 1\n"
    )
    said = json.loads(run("plan", "--mapping", "everyday", "--json").out)
    assert (said["rows"], said["next"]) == ([], None)
    assert built.snapshot.number == 1


def test_a_plan_of_one_month_says_that_it_cannot_be_applied(built: Archive, run: Run) -> None:
    built.make_stale("articles", "2024-03")
    built.make_stale("articles", "2024-04")
    shown = run("plan", "articles", "--month", "2024-03").out
    assert "this plan cannot be applied" in shown
    assert "plan all months with `matterhouse plan articles`" in shown
    assert run("apply").code == 1


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "arguments",
    [
        ("articles", "--full"),
        ("build", "--month", "2024-03"),
        ("documents",),
        ("articles", "--month", "2024-3"),
    ],
)
def test_what_a_flow_does_not_take_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("plan", *arguments).code == 2


def test_a_variable_for_builds_does_not_disturb_the_plan_of_a_table(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERHOUSE_INCLUDE", "*.md")
    assert run("plan", "images").code == 0
    assert built.snapshot.number == 1


@pytest.mark.usefixtures("edited")
def test_a_held_warehouse_says_why_until_it_is_released(run: Run) -> None:
    assert "Nothing is published until `matterhouse release`" in run("hold", "a bad\nfeed").out
    held = run("build")
    assert held.code == 75
    assert "a bad feed: when that is over, let runs publish again with `matterhouse release`" in (
        held.err
    )
    assert json.loads(run("build", "--json").out)["status"] == "skipped"
    assert "a bad feed" in run("status").out
    assert json.loads(run("status", "--json").out)["hold"]["reason"] == "a bad feed"
    assert run("plan").code == 0
    assert run("hold", "again").code == 1
    assert json.loads(run("release", "--json").out)["released"]["reason"] == "a bad feed"
    assert run("release").out.endswith("was not held.\n")
    assert run("build").code == 0
    assert "Nothing is published until" in run("rollback", "1", "--hold", "wait").out
    assert run("build").code == 75


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_hold_needs_a_short_reason(run: Run, reason: str) -> None:
    assert run("hold", reason).code == 2
    assert run("rollback", "1", "--hold", reason).code == 2


def test_a_running_run_is_not_called_killed_because_of_a_skipped_one(
    built: Archive, run: Run
) -> None:
    with record_run(built.warehouse.root, "build", "local", {}, 0) as record:
        assert run("build").code == 75
        runs = json.loads(run("status", "--json").out)["runs"]
        assert [each["status"] for each in runs[:2]] == ["skipped", "running"]
        record.status = "unchanged"
