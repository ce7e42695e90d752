"""One `serve` of a name."""

import os
from pathlib import Path

import pytest

from pipelines.errors import ServedError, WarehouseError
from pipelines.warehouse.served import hold_name
from pipelines.warehouse.warehouse import Warehouse


@pytest.mark.parametrize("name", [None, "news"])
def test_a_name_is_held_by_one_process(tmp_path: Path, name: str | None) -> None:
    with (
        hold_name(tmp_path, name),
        pytest.raises(ServedError, match=f"served by process {os.getpid()} on "),
        hold_name(tmp_path, name),
    ):
        pass
    # It is free again.
    with hold_name(tmp_path, name):
        pass


def test_other_names_are_free(tmp_path: Path) -> None:
    with hold_name(tmp_path, None), hold_name(tmp_path, "a"), hold_name(tmp_path, "b"):
        pass


def test_a_new_folder_that_is_served_can_become_a_warehouse(tmp_path: Path) -> None:
    with hold_name(tmp_path / "new", "news"):
        Warehouse(tmp_path / "new").check_folder()


def test_a_warehouse_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match="file"), hold_name(tmp_path / "file", None):
        pass
