"""How the tables are made: from raw files to published Parquet."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def _load_schemas() -> None:
    """Take `schemas` from beside this package, whatever else of that name is on the path."""
    folder = Path(__file__).resolve().parents[1] / "schemas"
    spec = spec_from_file_location("schemas", folder / "__init__.py")
    # mypy: a path that ends in .py always has a loader.
    if spec and spec.loader:
        sys.modules["schemas"] = module = module_from_spec(spec)
        spec.loader.exec_module(module)


if "schemas" not in sys.modules:
    _load_schemas()
