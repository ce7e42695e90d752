"""Fingerprints: which code the bytes of a table depend on."""

import hashlib
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("pipelines", "schemas")
_IMPORT: Final = re.compile(r"^ *(?:from ([\w.]+) import |import ([\w.]+)(?: as |  #|$))", re.M)
_DISTRIBUTIONS: Final = {"ryml": "rapidyaml", "yaml": "pyyaml"}
"""Import names that differ from the name of the distribution."""
_ENTRIES: Final = {
    "documents": (
        "pipelines.documents.batch",
        "pipelines.tables.findings",
        "pipelines.values.months",
        "schemas.documents",
    ),
    "findings": ("pipelines.runs.conclude",),
}
"""The modules that make a table, where it is not the one of its name."""


@cache
def fingerprint_table(table: str) -> str:
    """A hash of everything but data that decides the bytes of `table`.

    That is the source of the module of the table and of every module of ours that it imports,
    directly or not, and the versions of Python and of the libraries that these import. A change
    of a comment counts too: it costs one rebuild that rewrites nothing. Not covered is what only
    orders the work, like `rebuild`: it would have every raw file parsed again.
    """
    imports = {module: list_imports(module) for module in list_modules(table)}
    libraries = {name.partition(".")[0] for names in imports.values() for name in names}
    parts = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    parts += [
        f"{name} {_version(name)}"
        for name in sorted(libraries - {*_OURS, *sys.stdlib_module_names})
    ]
    parts += [f"{module}\n{_source(module)}" for module in sorted(imports)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def list_modules(table: str) -> set[str]:
    """The modules of ours that make `table`, and what these import, directly or not."""
    found: set[str] = set()
    waiting = {"pipelines.warehouse.parquet", *_ENTRIES.get(table, (f"pipelines.tables.{table}",))}
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= {name for name in list_imports(module) if name.startswith(_OURS)} - found
    return found


@cache
def list_imports(module: str) -> frozenset[str]:
    """What `module` imports, be it words of a docstring that only look like it.

    By a pattern, since syntax trees would take most of a run in which nothing changed. It does not
    see `from pipelines import x`: a test holds the modules of every table to whole names.
    """
    return frozenset(map("".join, _IMPORT.findall(_source(module))))


@cache
def _source(module: str) -> str:
    path = _ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8")


@cache
def _version(library: str) -> str:
    try:
        return version(_DISTRIBUTIONS.get(library, library))
    except PackageNotFoundError:
        # Words of a docstring may look like an import.
        return ""
