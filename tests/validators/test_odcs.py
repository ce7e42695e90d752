"""The data contract: the official schema and model of ODCS accept it."""

from pathlib import Path

import pytest
import yaml

from tests.conftest import Archive
from tests.validators.conftest import run_program, write_description

pytestmark = pytest.mark.slow


def test_the_contract_follows_the_standard(described: Archive, tmp_path: Path) -> None:
    assert run_program("odcs", write_description(described, "odcs", tmp_path / "odcs.yaml")) == []


def test_the_check_notices_what_is_against_the_standard(sample: Archive, tmp_path: Path) -> None:
    path = write_description(sample, "odcs", tmp_path / "odcs.yaml")
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    contract["schema"][0]["properties"][0]["logicalType"] = "words"
    path.write_text(yaml.safe_dump(contract), encoding="utf-8")
    (error,) = run_program("odcs", path)
    assert error.startswith("$.schema[0].properties[0].logicalType: 'words' is not one of")
