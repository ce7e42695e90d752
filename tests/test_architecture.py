"""The structure that the README draws, held to."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from pipelines.cli.writing import run
from pipelines.fingerprints import list_imports, list_modules
from pipelines.rebuild import BUILD_CHILD
from pipelines.staleness import DERIVED_TABLES
from schemas import TABLE_NAMES

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path.read_text(encoding="utf-8")
    for package in ("pipelines", "schemas")
    for path in (ROOT / package).rglob("*.py")
}

LAYERS = [
    ["pipelines.cli"],
    ["pipelines.console", "pipelines.flows", "pipelines.engine", "pipelines.status"],
    [
        "pipelines.run",
        "pipelines.maintenance",
        "pipelines.reports",
        "pipelines.query",
        "pipelines.rejects",
        "pipelines.dictionary",
    ],
    ["pipelines.steps"],
    [
        "pipelines.ingest",
        "pipelines.rebuild",
        "pipelines.document_months",
        "pipelines.conclude",
        "pipelines.guards",
        "pipelines.summary",
        "pipelines.parent",
    ],
    ["pipelines.work", "pipelines.workers", "pipelines.staleness", "pipelines.ledger"],
    [
        "pipelines.articles",
        "pipelines.images",
        "pipelines.related_links",
        "pipelines.children",
        "pipelines.files",
        "pipelines.drift",
        "pipelines.parsing",
        "pipelines.warehouse",
    ],
    ["pipelines.rows", "pipelines.documents", "pipelines.findings"],
    [
        "pipelines.job",
        "pipelines.front_matter",
        "pipelines.simple_yaml",
        "pipelines.repeats",
        "pipelines.fitting",
        "pipelines.leftovers",
        "pipelines.fences",
        "pipelines.raw",
        "pipelines.casting",
        "pipelines.validation",
        "pipelines.months",
        "pipelines.timestamps",
        "pipelines.excerpts",
        "pipelines.urls",
        "pipelines.parquet",
    ],
    ["schemas"],
    [
        "pipelines.commands",
        "pipelines.errors",
        "pipelines.parsed",
        "pipelines.failures",
        "pipelines.field_path",
        "pipelines.hints",
        "pipelines.fingerprints",
        "pipelines.places",
        "pipelines.distinct",
        "pipelines.entities",
        "pipelines.ids",
        "pipelines.streams",
    ],
]
"""From the command line down to what imports nothing of ours; a module imports from below its own
layer, or beside it."""


@cache
def imports(module: str) -> frozenset[str]:
    found = set()
    for node in ast.walk(ast.parse(MODULES[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: found a relative import, expected a whole name"
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {str(node.module)}
    return frozenset(found)


def layer(module: str) -> int:
    levels = [
        level
        for level, names in enumerate(LAYERS)
        if any(module == name or module.startswith(f"{name}.") for name in names)
    ]
    assert len(levels) == 1, f"{module} is in {len(levels)} layers: name it once in LAYERS"
    return levels[0]


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"pipelines"}))
def test_imports_point_one_way(module: str) -> None:
    ours = (imports(module) & MODULES.keys()) - {"pipelines"}
    assert {name for name in ours if layer(name) < layer(module)} == set()


def test_the_ground_stands_on_nothing() -> None:
    assert {name: ours for name in LAYERS[-1] if (ours := imports(name) & MODULES.keys())} == {}


def test_imports_make_no_circle() -> None:
    waiting = {name: (imports(name) - {name}) & MODULES.keys() for name in MODULES}
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert not waiting


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_a_fingerprint_follows_every_import(table: str) -> None:
    for module in list_modules(table):
        assert imports(module) <= list_imports(module)


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
    writing = re.compile(
        r"\.(write_\w+|mkdir|rename|symlink_to|unlink|rmtree|chmod|link|copy2|touch)\("
        r"|OSFile\(|ParquetWriter\(|\bopen\([^)]*\"w"
    )
    writers = {module for module, text in MODULES.items() if writing.search(text)}
    outside = {name for name in writers if not name.startswith("pipelines.warehouse")}
    # Workers write what they parsed and found into staging; parquet is the warehouse's pen.
    assert outside == {"pipelines.parsing", "pipelines.rebuild", "pipelines.parquet"}


def test_one_word_per_table() -> None:
    for name in TABLE_NAMES:
        assert f"schemas.{name}" in MODULES
        assert f"pipelines.{name}" in MODULES
        assert (ROOT / "tests" / f"test_{name}.py").exists()


def test_a_table_that_is_made_from_documents_is_known_to_all_who_make_it() -> None:
    from pipelines.flows import FLOWS

    assert set(DERIVED_TABLES) == set(TABLE_NAMES) - {"documents", "findings", "files"}
    assert set(DERIVED_TABLES) == {"articles", *BUILD_CHILD}
    assert list(FLOWS) == ["build", "ingest", *DERIVED_TABLES]
    assert list(get_args(get_type_hints(run)["flow"])) == ["ingest", *DERIVED_TABLES]


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "helpers", "common", "misc", "core", "base"}
