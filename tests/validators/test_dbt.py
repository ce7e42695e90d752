"""sources.yml: dbt reads it, and all tests that it declares pass on the DuckDB file."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.conftest import Archive
from tests.validators.conftest import run_validator, write_description

pytestmark = pytest.mark.slow

PROJECT = {
    "dbt_project.yml": {"name": "reader", "version": "1.0.0", "profile": "reader"},
    "models/story_count.sql": "select count(*) as n from {{ source('matterhouse', 'stories') }}",
}


@pytest.fixture(scope="module")
def built(described: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What dbt says of a project with the sources, and a model over a view, that it built."""
    folder = tmp_path_factory.mktemp("project")
    database = {"path": str(described.warehouse.root / "warehouse.duckdb"), "read_only": True}
    output = {"type": "duckdb", "path": "mine.duckdb", "attach": [database]}
    profiles = {"reader": {"target": "dev", "outputs": {"dev": output}}}
    (folder / "models").mkdir()
    for name, content in {**PROJECT, "profiles.yml": profiles}.items():
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (folder / name).write_text(text, encoding="utf-8")
    write_description(described, "dbt", folder / "models" / "sources.yml")
    run_validator("dbt", "build", "--profiles-dir", ".", folder=folder)
    return folder / "target"


def test_dbt_builds_on_the_sources_and_their_tests_pass(built: Path) -> None:
    results = json.loads((built / "run_results.json").read_text(encoding="utf-8"))
    found = Counter(each["status"] for each in results["results"])
    assert found.keys() == {"pass", "success"}
    assert found["pass"] > 50


def test_dbt_knows_what_every_column_of_a_source_means(built: Path, described: Archive) -> None:
    manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
    sources = {each["name"]: each for each in manifest["sources"].values()}
    assert {*described.snapshot.manifest.tables, "stories", "runs"} <= sources.keys()
    for source in sources.values():
        assert all(each["description"] for each in [source, *source["columns"].values()])


@pytest.mark.parametrize("described", ["own"], indirect=True)
def test_dbt_runs_nothing_that_a_description_says(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
    (articles,) = [each for each in manifest["sources"].values() if each["name"] == "articles"]
    said = "How it reads: {{ env_var('HOME') }}, \"quoted\", | and <b>."
    assert articles["columns"]["mood"]["description"] == said
