"""Check a datapackage.json with frictionless, and every row of its tables.

Usage: python datapackage.py FILE

It prints a JSON list of what is wrong. frictionless reads one file of a table, and numbers with
nulls as NaN. So the rows are read with pyarrow, and handed to it.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from frictionless import Package
from pyarrow import parquet

MONTH = re.compile(r"published_month=([^/]+)/")
OF_FILES = ("path", "format", "mediatype", "hash", "parts")


def read_rows(folder: Path, resource: dict[str, Any]) -> Iterator[list[Any]]:
    """The header and the rows of a table, with the month that the path of a file names."""
    names = [field["name"] for field in resource["schema"]["fields"]]
    yield names
    paths = resource["path"]
    for path in [paths] if isinstance(paths, str) else paths:
        month = MONTH.search(path)
        added = {"published_month": month[1]} if month else {}
        for row in parquet.ParquetFile(folder / path).read().to_pylist():
            yield [{**row, **added}[name] for name in names]


def main(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    Package.from_descriptor(content, basepath=str(path.parent))
    for resource in content["resources"]:
        resource["data"] = list(read_rows(path.parent, resource))
        for name in OF_FILES:
            resource.pop(name, None)
    report = Package.from_descriptor(content).validate()
    errors = [error for task in report.tasks for error in task.errors]
    print(json.dumps([error.message for error in [*report.errors, *errors]]))  # noqa: T201


main(Path(sys.argv[1]))
