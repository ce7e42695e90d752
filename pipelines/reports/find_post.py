"""Finding a post by what people call it: a path as it is printed anywhere, or an id."""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.changes.ledger import open_ledger
from pipelines.errors import PipelineError, WarehouseError
from pipelines.runs.start import read_globs
from pipelines.sources.source import Source
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

_ID: Final = re.compile(r"[0-9a-f]{32}")
_LINE: Final = re.compile(r"(?::\d+){1,2}:?$")
_SHOWN_CLOSE: Final = 3


def find_source_path(warehouse: Warehouse, snapshot: Snapshot, source: Source, target: str) -> str:
    """The source path of the file that is called `target` in `snapshot`, or in one before it.

    Raises:
        PipelineError: There is none. It says whether the file is there and was only never read.
    """
    names = list(dict.fromkeys(_list_names(source, target)))
    for each in _list_snapshots(warehouse, snapshot):
        if found := _find(each, names, target):
            return found
    raise PipelineError(f"{target}: {_explain_unknown(snapshot, source, names)}")


def _list_names(source: Source, target: str) -> Iterator[str]:
    """What `target` may mean as a source path: as it is, or without the line that is printed."""
    for text in (target, _LINE.sub("", target)):
        path = Path(text)
        # Not the file itself, which may be a link.
        for file in (path.parent.resolve() / path.name, os.path.normpath(text)):
            if found := source.find_path(str(file)):
                yield found
        yield text
        yield os.path.normpath(text)


def _list_snapshots(warehouse: Warehouse, newest: Snapshot) -> Iterator[Snapshot]:
    yield newest
    for number in reversed(warehouse.numbers()):
        if number < newest.manifest.snapshot:
            yield warehouse.snapshot(number)


def _find(snapshot: Snapshot, names: list[str], target: str) -> str | None:
    try:
        ledger = open_ledger(snapshot)
    except WarehouseError:
        return None
    known = ledger.find(pl.Series(names, dtype=pl.String), ("source_path",))["source_path"]
    if found := next((name for name in names if name in known), None):
        return found
    if not _ID.fullmatch(target):
        return None
    for bucket in ledger.buckets:
        rows = ledger.read(bucket, ("source_path", "document_id")).filter(document_id=target)
        if rows.height:
            return str(rows["source_path"][0])
    return None


def _explain_unknown(snapshot: Snapshot, source: Source, names: list[str]) -> str:
    """Why no snapshot knows the file."""
    for name in names:
        try:
            source.read(name)
        except (OSError, ValueError):
            continue
        globs = read_globs(snapshot.manifest)
        if not globs.match(name):
            return f"is there, but left out: the last build read only what matches {globs}"
        return "is there, but was not read yet: the next build reads it"
    return f"no snapshot has a file of this path or an article of this id{_ask(snapshot, names)}"


def _ask(snapshot: Snapshot, names: list[str]) -> str:
    """The question which file is meant, one of a name that is alike."""
    ledger = open_ledger(snapshot)
    paths = pl.concat(
        [
            pl.Series(dtype=pl.String),
            *(ledger.read(each, ("source_path",)).to_series() for each in ledger.buckets),
        ]
    )
    wanted = names[-1].rpartition("/")[2]
    alike = paths.filter(paths.str.ends_with(f"/{wanted}")).head(_SHOWN_CLOSE).to_list()
    alike = alike or get_close_matches(names[-1], paths.head(10_000).to_list(), _SHOWN_CLOSE)
    return f"; is {' or '.join(alike)} meant?" if alike else ""
