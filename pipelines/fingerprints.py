"""Fingerprints: which code the bytes of a table depend on."""

import hashlib
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent.parent
_OURS: Final = ("pipelines", "schemas")
_IMPORT: Final = re.compile(r"^ *(?:from ([\w.]+) import |import ([\w.]+)(?: as |  #|$))", re.M)
_DISTRIBUTIONS: Final = {"ryml": "rapidyaml", "yaml": "pyyaml"}
"""Import names that differ from the name of the distribution."""
_ENTRIES: Final = {
    "documents": (
        "pipelines.parsing",
        "pipelines.findings",
        "pipelines.months",
        "schemas.documents",
    ),
    "findings": ("pipelines.conclude",),
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
    modules: set[str] = set()
    libraries: set[str] = set()
    waiting = ["pipelines.parquet", *_ENTRIES.get(table, (f"pipelines.{table}",))]
    while waiting:
        module = waiting.pop()
        if module in modules:
            continue
        modules.add(module)
        for name in map("".join, _IMPORT.findall(_source(module))):
            if name.startswith(_OURS):
                waiting.append(name)
            elif (library := name.partition(".")[0]) not in sys.stdlib_module_names:
                libraries.add(library)
    parts = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    parts += [f"{name} {_version(name)}" for name in sorted(libraries)]
    parts += [f"{name}\n{_source(name)}" for name in sorted(modules)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


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
