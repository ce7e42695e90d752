"""The structure that the README draws, held to."""

import re
from pathlib import Path

import pytest

from schemas import TABLE_NAMES

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path.read_text(encoding="utf-8")
    for package in ("pipelines", "schemas")
    for path in (ROOT / package).rglob("*.py")
}
IMPORT = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.M)

LAYERS = [
    ["pipelines.cli"],
    ["pipelines.console", "pipelines.flows", "pipelines.engine", "pipelines.status"],
    ["pipelines.run", "pipelines.maintenance", "pipelines.reports", "pipelines.query"],
    ["pipelines.steps"],
    ["pipelines.ingest", "pipelines.rebuild", "pipelines.conclude", "pipelines.guards"],
    ["pipelines.work", "pipelines.workers", "pipelines.staleness", "pipelines.ledger"],
    ["pipelines.articles", "pipelines.images", "pipelines.related_links", "pipelines.parsing"],
    ["pipelines.rows", "pipelines.documents", "pipelines.findings", "pipelines.files"],
    [
        "pipelines.front_matter",
        "pipelines.simple_yaml",
        "pipelines.fitting",
        "pipelines.leftovers",
        "pipelines.months",
        "pipelines.fences",
        "pipelines.raw",
        "pipelines.casting",
        "pipelines.validation",
    ],
    ["schemas"],
]
"""From the command line down; a module imports from below its own layer, or beside it."""


def imports(module: str) -> set[str]:
    return set(IMPORT.findall(MODULES[module]))


def layer(module: str) -> int | None:
    for level, names in enumerate(LAYERS):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return level
    return None


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    own = layer(module)
    if own is not None:
        levels = {name: layer(name) for name in imports(module)}
        upward = {name for name, level in levels.items() if level is not None and level < own}
        assert not upward


def test_imports_make_no_circle() -> None:
    waiting = {name: (imports(name) - {name}) & MODULES.keys() for name in MODULES}
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert not waiting


def test_schemas_know_nothing_of_pipelines() -> None:
    for module in MODULES:
        if module.startswith("schemas"):
            assert not any(name.startswith("pipelines") for name in imports(module))


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("prefect", {"pipelines.flows"}),
        ("yaml", {"pipelines.front_matter"}),
        ("ryml", {"pipelines.simple_yaml"}),
        ("duckdb", {"pipelines.query"}),
        ("rich", {"pipelines.console"}),
        ("typer", {"pipelines.cli.app", "pipelines.cli.reading", "pipelines.cli.writing"}),
        ("w3lib", {"pipelines.excerpts"}),
        ("pandera", {"pipelines.validation", "schemas.rules", "schemas.table"}),
    ],
)
def test_a_library_has_one_owner(library: str, owners: set[str]) -> None:
    users = {
        module
        for module in MODULES
        if any(name.partition(".")[0] == library for name in imports(module))
    }
    assert users == owners


def test_only_the_warehouse_writes_files() -> None:
    writing = re.compile(r"\.(write_text|write_bytes|write_parquet|mkdir|rename|symlink_to)\(")
    writers = {module for module, text in MODULES.items() if writing.search(text)}
    outside = {name for name in writers if not name.startswith("pipelines.warehouse")}
    # Workers write what they parsed and found into staging; parquet is the warehouse's pen.
    assert outside == {"pipelines.parsing", "pipelines.rebuild", "pipelines.parquet"}


def test_one_word_per_table() -> None:
    for name in TABLE_NAMES:
        assert f"schemas.{name}" in MODULES
        assert f"pipelines.{name}" in MODULES
        assert (ROOT / "tests" / f"test_{name}.py").exists()


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "helpers", "common", "misc", "core", "base"}
