"""A reader: it reads three tables again and again, with each engine, and counts what it sees.

It runs where the engine is installed, and needs nothing of the project. In each generation of the
archive, all articles have its number as their heat, all images as their width and all related links
as their quality. Odd generations have one more row of each.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

COLUMNS = {"articles": "heat", "images": "width", "related_links": "quality"}
FEWEST = 6
"""The rows of a table in the even generations."""

Values = list[int]


def read_duckdb(pattern: str, column: str) -> Values:
    import duckdb

    rows = duckdb.execute(
        f"SELECT {column} FROM read_parquet($1, hive_partitioning = true)", [pattern]
    )
    return [value for (value,) in rows.fetchall()]


def read_polars(pattern: str, column: str) -> Values:
    import polars

    rows = polars.scan_parquet(pattern, hive_partitioning=True)
    return rows.select(column).collect()[column].to_list()


def read_pyarrow(pattern: str, column: str) -> Values:
    import pyarrow.dataset

    folder = pattern.partition("/**")[0]
    rows = pyarrow.dataset.dataset(folder, format="parquet", partitioning="hive")
    return rows.to_table(columns=[column])[column].to_pylist()


def read_pandas(pattern: str, column: str) -> Values:
    import pandas

    return pandas.read_parquet(pattern.partition("/**")[0], columns=[column])[column].tolist()


def pin(warehouse: str) -> str:
    """Pin one snapshot for all tables, as the README says."""
    return os.path.realpath(f"{warehouse}/current")


def pin_duckdb(warehouse: str) -> str:
    """The same in SQL."""
    import duckdb

    row = duckdb.execute(
        "SELECT $1 || '/snapshots/' || lpad(content ->> 'snapshot', 6, '0') FROM read_text($2)",
        [warehouse, f"{warehouse}/current/manifest.json"],
    ).fetchone()
    assert row is not None
    return str(row[0])


ENGINES = {
    "duckdb": read_duckdb,
    "polars": read_polars,
    "pyarrow": read_pyarrow,
    "pandas": read_pandas,
}


def judge(tables: list[Values]) -> str:
    """What was seen: one whole generation, or a kind of mixture."""
    generations = [set(values) for values in tables]
    for values, seen in zip(tables, generations, strict=True):
        if len(seen) != 1 or len(values) != FEWEST + values[0] % 2:
            return "torn within a table"
    return "whole" if len(set.union(*generations)) == 1 else "torn across tables"


def read_all(read: Callable[[str, str], Values], folder: str) -> str:
    try:
        return judge([read(f"{folder}/{name}/**/*.parquet", COLUMNS[name]) for name in COLUMNS])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # Whatever the engine raises; Polars panics.
        return f"error: {type(error).__name__}"


def main(warehouse: str, engines: str, *, is_pinned: bool) -> None:
    counts: dict[str, Counter[str]] = {engine: Counter() for engine in engines.split(",")}
    stop = Path(warehouse).with_name("stop")
    is_first = True
    while not stop.exists():
        for engine, seen in counts.items():
            folder = warehouse
            if is_pinned:
                folder = (pin_duckdb if engine == "duckdb" else pin)(warehouse)
            seen[read_all(ENGINES[engine], folder)] += 1
        if is_first:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            is_first = False
    sys.stdout.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], is_pinned=sys.argv[3] == "pinned")
