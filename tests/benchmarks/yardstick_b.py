"""Yardstick B: python-frontmatter and pandas' `to_parquet` (snappy), as a notebook would do it.

Usage: python yardstick_b.py RAW OUT   (prints the rows of every table as JSON)
"""

import json
import sys
from pathlib import Path

import frontmatter
import pandas as pd
from post_rows import Rows


def build_tables(raw: Path, out: Path) -> dict[str, int]:
    """Write every table as one file; how many rows each has."""
    rows = Rows([], [], [])
    for path in sorted(raw.rglob("*.md")):
        post = frontmatter.load(str(path))
        rows.add_post(path.relative_to(raw).as_posix(), post.metadata, post.content)
    out.mkdir(parents=True)
    for table, dicts in rows._asdict().items():
        pd.DataFrame(dicts).to_parquet(out / f"{table}.parquet")
    return {table: len(dicts) for table, dicts in rows._asdict().items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build_tables(Path(sys.argv[1]), Path(sys.argv[2]))))
