"""Check a croissant.json with mlcroissant, and read all records that it describes.

Usage: python croissant.py FILE

It prints the first record and the number of records of each set, as JSON.
"""

import json
import sys

import mlcroissant


def main(path: str) -> None:
    dataset = mlcroissant.Dataset(path)
    records = {each.id: list(dataset.records(each.id)) for each in dataset.metadata.record_sets}
    print(  # noqa: T201
        json.dumps(
            {
                "counts": {name: len(rows) for name, rows in records.items()},
                "first": {name: rows[0] for name, rows in records.items() if rows},
            },
            default=lambda value: value.decode() if isinstance(value, bytes) else str(value),
        )
    )


main(sys.argv[1])
