"""The structure that the README draws, held to."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from pipelines.changes.fingerprints import list_imports, list_modules
from pipelines.changes.staleness import DERIVED_TABLES
from pipelines.cli.writing import run
from pipelines.runs.rebuild import BUILD_CHILD
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
    ["pipelines.flows"],
    ["pipelines.runs", "pipelines.reports"],
    ["pipelines.tables"],
    ["pipelines.documents", "pipelines.changes"],
    ["pipelines.warehouse", "pipelines.values", "pipelines.sources", "pipelines.processes"],
    ["schemas"],
    ["schemas.language"],
    ["pipelines.errors", "pipelines.commands"],
]
"""The packages, from the command line down. A package imports only from itself and from below."""


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


def find_package(module: str) -> str:
    """The package in `LAYERS` that `module` belongs to."""
    packages = [
        package
        for layer in LAYERS
        for package in layer
        if module == package or module.startswith(f"{package}.")
    ]
    assert packages, f"{module} is in no package of LAYERS"
    return max(packages, key=len)


def find_layer(package: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if package in layer)


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"pipelines"}))
def test_a_package_imports_only_from_itself_and_from_below(module: str) -> None:
    package = find_package(module)
    others = {find_package(name) for name in (imports(module) & MODULES.keys()) - {"pipelines"}}
    above = {other for other in others - {package} if find_layer(other) <= find_layer(package)}
    assert above == set()


def test_bottom_packages_import_nothing() -> None:
    bottom = [name for name in MODULES.keys() - {"pipelines"} if find_package(name) in LAYERS[-1]]
    assert {name: ours for name in bottom if (ours := imports(name) & MODULES.keys())} == {}


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
        ("yaml", {"pipelines.documents.libyaml"}),
        ("ryml", {"pipelines.documents.simple_yaml"}),
        ("duckdb", {"pipelines.reports.query"}),
        ("rich", {"pipelines.cli.console"}),
        ("typer", {"pipelines.cli.app", "pipelines.cli.reading", "pipelines.cli.writing"}),
        (
            "pandera",
            {"pipelines.tables.validation", "schemas.language.rules", "schemas.language.table"},
        ),
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
    # Workers write what they parsed and found into staging.
    assert outside == {"pipelines.documents.batch", "pipelines.runs.rebuild"}


def test_one_word_per_table() -> None:
    for name in TABLE_NAMES:
        assert f"schemas.{name}" in MODULES
        assert f"pipelines.tables.{name}" in MODULES or name == "documents"
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
