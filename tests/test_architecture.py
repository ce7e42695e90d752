"""The structure that the README describes."""

import ast
import re
import subprocess
import sys
from dataclasses import fields
from functools import cache
from inspect import signature
from pathlib import Path

import pytest

from pipelines.changes.fingerprints import list_imports, list_modules
from pipelines.cli.app import FlowName
from pipelines.cli.replaying import replay
from pipelines.cli.writing import build, run
from pipelines.runs.job import Job
from schemas.language.registry import list_derived, load_tables

ROOT = Path(__file__).parent.parent


def strip_words(text: str) -> str:
    """Code without docstrings and comments."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    return ast.unparse(tree)


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path.read_text(encoding="utf-8")
    for package in ("pipelines", "schemas")
    for path in (ROOT / package).rglob("*.py")
}

CODE = {name: strip_words(text) for name, text in MODULES.items()}
"""The modules without docstrings and comments."""

PACKAGES = ("schemas", "pipelines.tables")
NAMED_TABLES = {"documents", "articles", "findings", "files", "observations"}
"""The tables that a run consists of, so its code names them. Other tables are found by their files.
"""

LAYERS = [
    ["pipelines.cli"],
    ["pipelines.flows"],
    ["pipelines.reports"],
    ["pipelines.runs"],
    ["pipelines.settings"],
    ["pipelines.tables", "pipelines.database"],
    ["pipelines.documents", "pipelines.changes"],
    ["pipelines.mapping"],
    [
        "pipelines.warehouse",
        "pipelines.values",
        "pipelines.sources",
        "pipelines.processes",
    ],
    ["schemas"],
    ["schemas.language"],
    ["pipelines.errors"],
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


@pytest.mark.parametrize("table", load_tables())
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
        (
            "prefect",
            {
                f"pipelines.flows.{module}"
                for module in (
                    "alarms",
                    "connection",
                    "deployments",
                    "endings",
                    "flow",
                    "recorded",
                    "registry",
                    "runner",
                    "schedules",
                    "serving",
                    "states",
                    "tasks",
                    "trouble",
                    "verifying",
                )
            },
        ),
        ("yaml", {"pipelines.documents.libyaml", "pipelines.reports.metadata.yaml_text"}),
        ("ryml", {"pipelines.documents.simple_yaml"}),
        ("duckdb", {"pipelines.database.engine"}),
        ("jinja2", {"pipelines.reports.catalog.page"}),
        ("markupsafe", {"pipelines.reports.catalog.page"}),
        ("pygal", {"pipelines.reports.catalog.charts"}),
        ("rich", {"pipelines.cli.console"}),
        ("prometheus_client", {"pipelines.runs.metrics"}),
        ("opentelemetry", {"pipelines.runs.tracing"}),
        (
            "pydantic",
            {
                "pipelines.flows.parameters",
                *(
                    f"pipelines.settings.{module}"
                    for module in (
                        *("checking", "effective", "guards", "model", "operating"),
                        *("schedules", "strict"),
                    )
                ),
            },
        ),
        (
            "pandera",
            {"pipelines.tables.validation"},
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


def test_typer_stays_in_the_terminal() -> None:
    users = {module for module in MODULES if "typer" in imports(module)}
    assert users
    assert {find_package(module) for module in users} == {"pipelines.cli"}


def test_only_the_warehouse_writes_files() -> None:
    writing = re.compile(
        r"\.(write_\w+|mkdir|rename|symlink_to|unlink|rmtree|chmod|link|copy2|touch)\("
        r"|OSFile\(|ParquetWriter\(|\bopen\([^)]*\"[wx]"
    )
    writers = {module for module, text in MODULES.items() if writing.search(text)}
    outside = {name for name in writers if not name.startswith("pipelines.warehouse")}
    # Workers write the documents that they parsed into staging, `inspect --write` a proposal,
    # `diff --output` what changed, a publish the views for DuckDB, and `query` opens a pipe.
    assert outside == {
        "pipelines.reports.export",
        "pipelines.database.file",
        "pipelines.documents.rows",
        "pipelines.settings.writing",
        "pipelines.reports.line_files",
    }


def test_a_table_is_one_file_in_each_layer() -> None:
    for name in load_tables():
        assert f"schemas.{name}" in MODULES
        assert (ROOT / "tests" / "tables" / f"test_{name}.py").exists()
        # Documents are made by a whole package.
        assert f"pipelines.tables.{name}" in MODULES or name == "documents"


@pytest.mark.parametrize("table", sorted(load_tables().keys() - NAMED_TABLES))
def test_the_machinery_names_no_table(table: str) -> None:
    pattern = re.compile(rf"\b{table}\b|\b{table.upper()}\b")
    # A table, a mapping or a setting may name a key that is called like another table.
    readers = {f"{package}.{name}" for package in PACKAGES for name in load_tables()}
    named = ("pipelines.mapping.", "pipelines.settings.")
    readers |= {name for name in CODE if name.startswith(named)}
    # The traps of counting name the tables in which they lie.
    readers.add("pipelines.reports.catalog.traps")
    assert {name for name in CODE.keys() - readers if pattern.search(CODE[name])} == set()


def test_an_init_is_one_sentence_and_imports_nothing_heavy() -> None:
    # Readers write `from pipelines.warehouse import Warehouse`, and Prefect takes the flows from
    # `pipelines.flows`. So these two have a `__getattr__`. That of pipelines finds our own schemas.
    packages = sorted((ROOT / "pipelines").rglob("__init__.py"))
    free = ("pipelines", "warehouse", "flows")
    inits = [path for path in packages if path.parent.name not in free]
    assert [path for path in inits if len(ast.parse(path.read_text()).body) != 1] == []
    program = (
        "import sys, pkgutil, importlib, pipelines, schemas\n"
        "for package in (pipelines, schemas):\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if found.ispkg: importlib.import_module(found.name)\n"
        "print({'polars', 'pyarrow', 'pandera', 'prefect', 'rich', 'duckdb'} & set(sys.modules))\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert process.stdout == "set()\n"


def test_flows_and_choices_follow_the_tables() -> None:
    from pipelines import flows
    from pipelines.flows.flow import FLOWS

    assert list(FLOWS) == ["build", "ingest", "replay", *list_derived(), "verify"]
    assert all(getattr(flows, name) is each for name, each in FLOWS.items())
    assert FlowName().list_names() == ["ingest", *list_derived()]


def test_every_option_of_a_run_is_offered_by_a_command_and_a_flow() -> None:
    from pipelines.flows.flow import FLOWS

    names = {each.name for each in fields(Job)} - {"name"}
    of_jobs = [flow for name, flow in FLOWS.items() if name != "verify"]
    flows = {name for flow in of_jobs for name in signature(flow.fn).parameters}
    commands = {name for command in (build, run, replay) for name in signature(command).parameters}
    assert flows == names
    assert commands == names | {"flow", "engine", "json", "_metrics", "_log_format"}


def test_there_is_no_module_for_odds_and_ends() -> None:
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "helpers", "common", "misc", "core", "base"}
