"""Yardstick A: PyYAML's C loader, `pl.from_dicts` and `write_parquet`; one process, no validation.

Usage: python yardstick_a.py RAW OUT   (prints the rows of every table as JSON)
"""

import json
import sys
from pathlib import Path

import polars as pl
import yaml
from post_rows import Rows


def build_tables(raw: Path, out: Path) -> dict[str, int]:
    """Write every table that has rows as one file; how many rows each has."""
    rows = Rows([], [], [])
    for path in sorted(raw.rglob("*.md")):
        start, *fenced = path.read_text(encoding="utf-8").split("---\n", 2)
        if start or len(fenced) < 2:
            # It has no front matter, so it is no post.
            continue
        front_matter, body = fenced
        post = yaml.load(front_matter, Loader=yaml.CSafeLoader)
        rows.add_post(path.relative_to(raw).as_posix(), post, body)
    out.mkdir(parents=True)
    for table, dicts in rows._asdict().items():
        if not dicts:
            continue
        # A column may be null for longer than the 100 rows that are looked at by default.
        frame = pl.from_dicts(dicts, infer_schema_length=None)
        frame.write_parquet(out / f"{table}.parquet")
    return {table: len(dicts) for table, dicts in rows._asdict().items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build_tables(Path(sys.argv[1]), Path(sys.argv[2]))))
