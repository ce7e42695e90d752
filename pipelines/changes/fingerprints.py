"""Fingerprints: which code the bytes of a table depend on."""

import hashlib
import json
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables

_ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("pipelines", "schemas")
_IMPORT: Final = re.compile(r"^ *(?:from ([\w.]+) import |import ([\w.]+)(?: as |  #|$))", re.M)
_DISTRIBUTIONS: Final = {"ryml": "rapidyaml", "yaml": "pyyaml"}
"""Import names that differ from the name of the distribution."""
_ENTRIES: Final = {
    "documents": (
        "pipelines.documents.batch",
        "pipelines.documents.items",
        "pipelines.documents.libyaml",
        "pipelines.documents.simple_yaml",
        "pipelines.tables.documents",
        "pipelines.tables.findings",
        "pipelines.values.parts",
    ),
    "dates": (
        "pipelines.mapping.translate",
        "pipelines.tables.locality",
        "pipelines.values.months",
    ),
    "files": ("pipelines.tables.files", "pipelines.changes.buckets"),
    "findings": ("pipelines.runs.conclude",),
    "views": ("pipelines.tables.views",),
}
"""The modules that make a table, if that is not the one of its name in `pipelines.tables`.

`dates` are the months of documents, `views` the hashes of what other tables read. Both are made
from documents, so no raw file is read for them."""


@cache
def fingerprint_table(table: str) -> str:
    """A hash of everything but data that decides the bytes of `table`.

    It covers the source of the table's module and of every module of ours that it imports, directly
    or not. It covers the versions of Python and of the libraries that these import, and the keys of
    the archive if one of them reads those. A change of a comment counts too: it costs one rebuild
    that rewrites nothing. Code that only orders the work, like `rebuild`, is left out: a change
    there would parse every raw file again.
    """
    imports = {module: list_imports(module) for module in list_modules(table)}
    libraries = {name.partition(".")[0] for names in imports.values() for name in names}
    parts = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    parts += [
        f"{name} {_version(name)}"
        for name in sorted(libraries - {*_OURS, *sys.stdlib_module_names})
    ]
    parts += [f"{module}\n{_source(module)}" for module in sorted(imports)]
    if "schemas.documents" in imports:
        # Documents are text: another column of another table does not change them.
        parts.append(_describe_archive(is_text=table == "documents"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def name_version() -> str:
    """Our version, and a hash of the code that makes the tables, like `1.2.3+0a1b2c3d`."""
    codes = "".join(fingerprint_table(table) for table in load_tables())
    return f"{_version('matterhouse')}+{hashlib.sha256(codes.encode()).hexdigest()[:8]}"


@cache
def _describe_archive(*, is_text: bool) -> str:
    """The keys of the archive. They come from all the tables that are there, not from an import.

    With `is_text`, only those that decide what the text of a document is.
    """
    keys = {**vars(ARCHIVE), "secret_keys": sorted(ARCHIVE.secret_keys)}
    text = ("repeated_key", "secret_keys")
    return json.dumps({key: keys[key] for key in text} if is_text else keys)


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
    """What `module` imports, and words of docstrings that look like an import.

    Found by a pattern, since syntax trees would take most of a run without changes. It misses
    `from pipelines import x`: a test checks that the modules of every table use whole names.
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
