"""The finished tables as pandas writes them by default, whole and by month, in snappy.

Usage: python snappy_tables.py WAREHOUSE OUT   (prints the bytes of every table as JSON)
"""

import json
import os
import sys
from pathlib import Path

import pandas as pd


def write_tables(warehouse: Path, out: Path) -> dict[str, dict[str, int]]:
    """Write every table as one file, and as one for each month; how many bytes each has."""
    out.mkdir(parents=True)
    snapshot = os.path.realpath(warehouse / "current")
    sizes: dict[str, dict[str, int]] = {"whole": {}, "by month": {}}
    for name in ("articles", "images", "related_links"):
        # Arrow's types: numpy's would make floats of integers with nulls, and lose on it.
        table = pd.read_parquet(f"{snapshot}/{name}", dtype_backend="pyarrow")
        # The month is the name of a folder in the warehouse, not a column of its files.
        table.drop(columns="published_month").to_parquet(out / f"{name}.parquet", index=False)
        table.to_parquet(out / name, index=False, partition_cols=["published_month"])
        sizes["whole"][name] = (out / f"{name}.parquet").stat().st_size
        sizes["by month"][name] = sum(
            path.stat().st_size for path in (out / name).rglob("*.parquet")
        )
    return sizes


if __name__ == "__main__":
    sys.stdout.write(json.dumps(write_tables(Path(sys.argv[1]), Path(sys.argv[2]))))
