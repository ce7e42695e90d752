"""The floor: reading, parsing alone and writing alone, on both cores. No product can do less.

Usage: python floor.py RAW WAREHOUSE OUT   (WAREHOUSE is finished: its tables are written again)

Prints JSON. The seconds leave out the start of the process and of its workers, and the reading
of the finished tables.
"""

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import ryml

PROCESSES = 2
TREE = ryml.Tree()


def parse_post(path: str) -> bool:
    """Read one file and parse its front matter into the tree of this process.

    Returns:
        Whether rapidyaml could parse it: PyYAML reads more.
    """
    with open(path, "rb") as file:  # noqa: PTH123  # A Path for every file would be felt here.
        data = file.read()
    if not data.startswith(b"---\n"):
        # No front matter, so there is nothing to parse.
        return True
    TREE.clear()
    TREE.clear_arena()
    try:
        ryml.parse_in_place(bytearray(data[4 : data.index(b"\n---", 3) + 1]), tree=TREE)
    except ryml.ExceptionBasic:
        return False
    return True


def parse_archive(raw: Path) -> tuple[float, list[bool]]:
    """The seconds it takes to read and parse all files, and which of them could be parsed."""
    # Forked, the workers have all that they need at once.
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        begin = time.perf_counter()
        paths = [f"{folder}/{name}" for folder, _, names in os.walk(raw) for name in names]
        are_parsed = list(pool.imap_unordered(parse_post, paths, chunksize=64))
        return time.perf_counter() - begin, are_parsed


def read_tables(warehouse: Path) -> dict[str, Any]:
    """The tables of a finished warehouse as frames."""
    # Not before the workers are gone: the threads of Polars do not survive a fork.
    import polars as pl

    snapshot = os.path.realpath(warehouse / "current")
    return {
        name: pl.read_parquet(f"{snapshot}/{name}/**/*.parquet", hive_partitioning=False)
        for name in ("articles", "images", "related_links")
    }


def write_tables(tables: dict[str, Any], out: Path) -> float:
    """The seconds it takes to write the tables, compressed as those of the product are."""
    begin = time.perf_counter()
    for name, table in tables.items():
        table.write_parquet(out / f"{name}.parquet", compression="zstd", compression_level=3)
    return time.perf_counter() - begin


def count_cpu_seconds() -> float:
    """Of this process so far, and of its children that ended."""
    return sum(os.times()[:4])


def measure_floor(raw: Path, warehouse: Path, out: Path) -> dict[str, float]:
    out.mkdir(parents=True)
    start = count_cpu_seconds()
    parse_seconds, are_parsed = parse_archive(raw)
    parsed = count_cpu_seconds()
    tables = read_tables(warehouse)
    read = count_cpu_seconds()
    write_seconds = write_tables(tables, out)
    return {
        "seconds": parse_seconds + write_seconds,
        "cpu_seconds": parsed - start + count_cpu_seconds() - read,
        "files": len(are_parsed),
        "unparsed": are_parsed.count(False),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_floor(*map(Path, sys.argv[1:4]))))
