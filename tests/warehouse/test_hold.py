"""A held warehouse publishes nothing until it is released."""

from typing import Any

import pytest

from pipelines.errors import HeldError, NothingPublishedError, WarehouseError
from pipelines.runs.maintenance import prune_warehouse, roll_back
from pipelines.warehouse.hold import HOLD_NAME, find_hold, hold_warehouse, release_warehouse
from pipelines.warehouse.retention import Retention
from pipelines.warehouse.runs import list_runs
from pipelines.warehouse.warehouse import Warehouse
from tests.conftest import Archive, post


@pytest.fixture
def held(built: Archive) -> Archive:
    hold_warehouse(built.warehouse.root, "the feed is broken")
    return built


def test_a_run_of_a_held_warehouse_is_skipped_and_says_why(held: Archive) -> None:
    held.write("_news/new.md", post())
    for name in ("build", "ingest", "images"):
        with pytest.raises(HeldError, match=r"held since .* by .*: the feed is broken"):
            held.run(name)
    record = list_runs(held.warehouse.root, 1)[0]
    assert (record.job, record.status, record.snapshot) == ("images", "skipped", None)
    assert "the feed is broken" in str(record.message)
    assert held.snapshot.number == 1


def test_what_publishes_nothing_new_goes_on(held: Archive) -> None:
    held.write("_news/new.md", post())
    assert held.run(dry_run=True).status == "dry_run"
    prune_warehouse(held.warehouse.root, Retention(keep=1, days=0), 0)
    assert roll_back(held.warehouse.root, 1, 0) is False


def test_a_released_warehouse_takes_up_what_changed(held: Archive) -> None:
    held.write("_news/new.md", post())
    hold = release_warehouse(held.warehouse.root)
    assert hold
    assert hold.reason == "the feed is broken"
    assert release_warehouse(held.warehouse.root) is None
    assert held.run().status == "published"


def test_a_second_hold_does_not_replace_the_first(held: Archive) -> None:
    with pytest.raises(WarehouseError, match="the feed is broken"):
        hold_warehouse(held.warehouse.root, "another reason")
    assert [path.name for path in held.warehouse.root.glob(f"{HOLD_NAME}*")] == [HOLD_NAME]


def test_a_run_at_work_does_not_publish_either(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/new.md", post())
    next_number = Warehouse.next_number

    def hold(warehouse: Warehouse) -> int:
        hold_warehouse(warehouse.root, "now")
        return next_number(warehouse)

    monkeypatch.setattr(Warehouse, "next_number", hold)
    with pytest.raises(HeldError):
        built.run()
    assert built.snapshot.number == 1
    assert list((built.warehouse.root / "staging").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"reason": "x"}', b"{}"])
def test_a_damaged_hold_still_holds(built: Archive, content: bytes) -> None:
    (built.warehouse.root / HOLD_NAME).write_bytes(content)
    with pytest.raises(HeldError, match="cannot be read"):
        built.run()
    release_warehouse(built.warehouse.root)
    assert find_hold(built.warehouse.root) is None


def test_a_rollback_can_hold_what_it_goes_back_to(built: Archive) -> None:
    built.write("_news/new.md", post())
    built.run()
    assert roll_back(built.warehouse.root, 1, 0, "a bad rule")
    with pytest.raises(HeldError, match="a bad rule"):
        built.run()
    assert built.snapshot.number == 1


def test_a_rollback_that_fails_holds_nothing(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/new.md", post())
    built.run()

    def fail(*_: Any) -> None:
        raise WarehouseError("no")

    monkeypatch.setattr(Warehouse, "point_to", fail)
    with pytest.raises(WarehouseError, match="no"):
        roll_back(built.warehouse.root, 1, 0, "a bad rule")
    assert find_hold(built.warehouse.root) is None


def test_a_folder_without_a_warehouse_cannot_be_held(archive: Archive) -> None:
    with pytest.raises(NothingPublishedError):
        hold_warehouse(archive.warehouse.root, "typo")
    assert not archive.warehouse.root.exists()
