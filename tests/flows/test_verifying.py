"""The flow that verifies a warehouse."""

from typing import Any

import pytest

from pipelines.flows import endings
from pipelines.flows.verifying import verify
from tests.conftest import Archive


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Prefect was told, without Prefect."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(endings, "_rename_run", lambda name: found.update(name=name))
    monkeypatch.setattr(endings, "create_markdown_artifact", lambda **said: found.update(said))
    return found


def damage(archive: Archive) -> None:
    path = next(iter(archive.snapshot.list_files("images").values()))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def test_a_whole_warehouse_completes(built: Archive, report: dict[str, Any]) -> None:
    state = verify.fn(str(built.warehouse.root))
    assert (state.is_completed(), state.name, report["name"]) == (True, "Whole", "verify whole")


def test_damage_fails_so_that_somebody_is_called(built: Archive, report: dict[str, Any]) -> None:
    damage(built)
    state = verify.fn(str(built.warehouse.root))
    assert (state.is_failed(), state.name, report["name"]) == (True, "Failed", "verify damaged")
    assert "matterhouse verify --repair" in str(state.message)
    assert "matterhouse verify --repair" in report["markdown"]


def test_a_repair_puts_it_back(built: Archive) -> None:
    damage(built)
    state = verify.fn(str(built.warehouse.root), repair=True)
    assert (state.is_completed(), state.name) == (True, "Repaired")
    assert verify.fn(str(built.warehouse.root)).name == "Whole"


def test_a_warehouse_that_is_not_there_fails_in_one_line(built: Archive) -> None:
    state = verify.fn(str(built.raw.parent / "elsewhere"))
    assert state.is_failed()
    assert "nothing is published here" in str(state.message)
