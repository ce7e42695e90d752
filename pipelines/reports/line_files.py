"""The lines of a comparison in a file or a pipe, as JSON, CSV, Parquet or a page."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, Literal

import polars as pl

from pipelines.reports.cell_changes import CELL_TYPES
from pipelines.reports.comparison import Comparison
from pipelines.reports.diff_page import render_page
from pipelines.reports.text import escape_json

LineFormat = Literal["json", "csv", "parquet", "html"]
PAGE_LINES: Final = 1_000
"""How many lines of each table and kind a page has by default. A browser can show no million."""

Name = int | str | None
"""A snapshot as people call it: a number, `current` or `staged`."""


def write_lines(
    comparison: Comparison, form: LineFormat, file: IO[bytes], limit: int | None = None
) -> None:
    """Write the lines of `comparison` into `file`, in order, some at a time."""
    _WRITERS[form](comparison, file, limit)


@contextmanager
def replace_file(path: Path, folder: Path | None = None) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when all of it is written.

    Until then it lies in `folder`, or beside `path`. It stays there if the process is killed.
    """
    draft = (folder or path.parent) / f".{path.name}.{os.getpid()}"
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError):
            # Nobody knows the name of the draft.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def name_snapshots(comparison: Comparison) -> dict[str, Name]:
    """What is compared with what."""
    old, new = comparison.old, comparison.new
    return {
        "old": old.manifest.snapshot if old else None,
        "new": new.manifest.snapshot if new.is_published else "staged",
    }


def _write_json(comparison: Comparison, file: IO[bytes], limit: int | None) -> None:
    names = json.dumps(name_snapshots(comparison))[1:-1]
    file.write(f'{{{names}, "rows": ['.encode())
    separator = "\n"
    for lines in comparison.list_lines(limit):
        for line in lines.iter_rows(named=True):
            file.write(f"{separator} {_render(line)}".encode())
            separator = ",\n"
    counts = [each._asdict() for each in comparison.counts]
    file.write(f'\n], "counts": {_render(counts)}}}\n'.encode())


def _render(value: Any) -> str:
    return escape_json(json.dumps(value, ensure_ascii=False))


def _write_csv(comparison: Comparison, file: IO[bytes], limit: int | None) -> None:
    file.write(CELL_TYPES.to_frame().write_csv().encode())
    for lines in comparison.list_lines(limit):
        file.write(lines.write_csv(include_header=False).encode())


def _write_parquet(comparison: Comparison, file: IO[bytes], limit: int | None) -> None:
    # Loaded here: no other form needs it.
    import pyarrow.parquet  # type: ignore[import-untyped]  # It has no type hints.

    level = pl.CompatLevel.oldest()
    schema = CELL_TYPES.to_frame().to_arrow(compat_level=level).schema
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for lines in comparison.list_lines(limit):
            if lines.height:
                writer.write_table(lines.to_arrow(compat_level=level))


def _write_page(comparison: Comparison, file: IO[bytes], limit: int | None) -> None:
    lines = list(comparison.list_lines(PAGE_LINES if limit is None else limit))
    names = name_snapshots(comparison)
    old = "nothing" if names["old"] is None else f"snapshot {names['old']}"
    new = "what is staged" if names["new"] == "staged" else f"snapshot {names['new']}"
    page = render_page(f"From {old} to {new}", comparison.counts, pl.concat(lines or [_NOTHING]))
    file.write(page.encode())


_NOTHING: Final = CELL_TYPES.to_frame()
_WRITERS: Final[dict[LineFormat, Callable[[Comparison, IO[bytes], int | None], None]]] = {
    "json": _write_json,
    "csv": _write_csv,
    "parquet": _write_parquet,
    "html": _write_page,
}
