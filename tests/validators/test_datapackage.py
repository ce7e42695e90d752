"""datapackage.json: frictionless accepts it, and every row keeps what it says."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.conftest import Archive
from tests.validators.conftest import run_program, run_validator, write_description

pytestmark = pytest.mark.slow


def test_every_row_of_every_table_keeps_what_the_package_says(described: Archive) -> None:
    path = write_description(described, "datapackage", described.warehouse.root / "package.json")
    assert run_program("datapackage", path) == []


@pytest.mark.parametrize(
    ("column", "constraint", "value"),
    [
        ("article_id", "pattern", "[0-9]{32}"),
        ("canonical_url", "required", True),
        ("heat", "minimum", 10**6),
        ("type", "enum", ["newsletter"]),
    ],
)
def test_the_check_of_rows_notices_a_row_that_does_not(
    sample: Archive, column: str, constraint: str, value: object
) -> None:
    path = write_description(sample, "datapackage", sample.warehouse.root / "package.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    (articles,) = [each for each in content["resources"] if each["name"] == "articles"]
    (field,) = [each for each in articles["schema"]["fields"] if each["name"] == column]
    field["constraints"][constraint] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    assert any(column in message for message in run_program("datapackage", path))


def test_frictionless_reads_a_table_of_one_file_itself(sample: Archive) -> None:
    path = write_description(sample, "datapackage", sample.warehouse.root / "package.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["resources"] = [each for each in content["resources"] if each["name"] == "findings"]
    content["resources"][0]["schema"]["foreignKeys"] = []
    path.write_text(json.dumps(content), encoding="utf-8")
    assert "VALID" in run_validator("frictionless", "validate", path.name, folder=path.parent)


@pytest.mark.parametrize("folder", ["current", "snapshots", ".", "snapshots/000001"])
def test_paths_lead_from_the_package_to_the_files(sample: Archive, folder: str) -> None:
    place = sample.warehouse.root / folder
    path = write_description(sample, "datapackage", place / "package.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    for resource in content["resources"]:
        assert sum(part["rows"] for part in resource["parts"]) == resource["rows"]
        for part in resource["parts"]:
            data = (place / part["path"]).read_bytes()
            assert len(data) == part["bytes"]
            assert f"sha256:{hashlib.sha256(data).hexdigest()}" == part["hash"]


def test_a_package_elsewhere_names_the_files_from_their_snapshot(
    sample: Archive, tmp_path: Path
) -> None:
    path = write_description(sample, "datapackage", tmp_path / "package.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    for resource in content["resources"]:
        for part in resource["parts"]:
            assert (sample.snapshot.folder / part["path"]).is_file()
