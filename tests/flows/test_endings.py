"""What Prefect is told at the end of a run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from pipelines.errors import MatterhouseError
from pipelines.flows import endings, flow, tasks
from pipelines.flows.endings import PUBLISHED_EVENT, name_report
from pipelines.runs.run import run_directly
from tests.conftest import Archive, post


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Prefect was told, without Prefect."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(tasks, "run_as_task", run_directly)
    monkeypatch.setattr(endings, "_rename_run", lambda name: found.update(name=name))
    monkeypatch.setattr(endings, "create_markdown_artifact", lambda **report: found.update(report))
    monkeypatch.setattr(endings, "emit_event", lambda name, **event: found.update({name: event}))
    return found


def test_a_published_snapshot_is_an_event_with_counts(
    archive: Archive, told: dict[str, Any]
) -> None:
    archive.write("a.md", post())
    tasks.run_as_tasks("build", archive.job().list_parameters())
    event = told[PUBLISHED_EVENT]
    assert event["resource"]["prefect.resource.id"].endswith(f".{archive.warehouse.root}")
    assert (event["payload"]["snapshot"], event["payload"]["rows"]["articles"]) == (1, 1)
    assert json.dumps(event)
    told.clear()
    tasks.run_as_tasks("build", archive.job().list_parameters())
    assert PUBLISHED_EVENT not in told


def test_a_refused_run_leaves_a_report_too(archive: Archive, told: dict[str, Any]) -> None:
    archive.write("a.md", post({"title": None}))
    parameters = archive.job(strict=True).list_parameters()
    state = tasks.run_as_tasks("build", parameters)
    assert state.is_failed()
    assert told["name"] == "build refused +1 ~0 -0, 1 new reject"
    assert f"\n{archive.raw}/a.md" in told["markdown"]
    assert "title: found nothing, expected" in told["markdown"]
    assert f"matterhouse rejects --staged --warehouse {archive.warehouse.root}" in told["markdown"]


@pytest.mark.usefixtures("told")
def test_what_prefect_cannot_be_told_changes_no_outcome(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(_: str) -> None:
        raise httpx.ConnectError("no route")

    archive.write("a.md", post())
    monkeypatch.setattr(endings, "_rename_run", refuse)
    state = tasks.run_as_tasks("build", archive.job().list_parameters())
    assert (state.is_completed(), state.name) == (True, "Published")
    assert "the report could not be left with Prefect: no route" in caplog.text


@pytest.mark.parametrize("is_published", [True, False])
def test_a_server_that_goes_after_the_publish_does_not_fail_the_run(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, is_published: bool
) -> None:
    archive.write("a.md", post())
    job = archive.job()

    @contextmanager
    def outcome() -> Iterator[tasks.Outcome]:
        yield tasks.Outcome(archive.run() if is_published else None)

    def vanish(**_: object) -> None:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(flow, "noting_outcome", outcome)
    monkeypatch.setitem(flow.FLOWS, "build", vanish)
    if is_published:
        assert flow.run_flow(job).status == "published"
    else:
        with pytest.raises(MatterhouseError, match="no route"):
            flow.run_flow(job)


def test_reports_of_two_warehouses_are_kept_apart(archive: Archive) -> None:
    one, other = archive.warehouse.root, archive.raw.parent / "News 2" / "warehouse"
    assert name_report("related_links", other) == "news-2-warehouse-related-links"
    assert name_report("build", one) != name_report("build", other)
