"""The manifest of a snapshot: its files, and what each was made from."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from pipelines.errors import NewerFormatError, WarehouseError
from schemas import TABLE_NAMES

FORMAT: Final = 1
MANIFEST_NAME: Final = "manifest.json"

_FILE = re.compile(r"(?P<table>\w+)/(?:published_month=[\w-]+/)?part-[0-9a-f]{32}\.parquet")


@dataclass(frozen=True)
class Partition:
    """One partition of one table: its file, and the record by which it is found stale.

    `inputs` are the hashes of what it was made from, by table; `fingerprint` that of the code.
    `file` is relative to the snapshot and null where there are no rows. `parents_sha256`, of
    articles alone, is the hash of what children read of them.
    """

    inputs: dict[str, str]
    fingerprint: str
    file: str | None
    rows: int
    bytes: int
    sha256: str | None
    parents_sha256: str | None = None


@dataclass(frozen=True)
class Manifest:
    """What a snapshot consists of.

    `raw` is the folder of the raw files as the run was told, `listed_ns` when it was listed: a
    file changed after that, or just before, cannot be trusted to look changed.
    """

    snapshot: int
    parent: int | None
    run_id: str
    created_at: str
    raw: str
    listed_ns: int
    tables: dict[str, dict[str, Partition]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Put it into the folder of its snapshot."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)
        (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the snapshot in `folder`.

    Raises:
        WarehouseError: It is missing or damaged.
        NewerFormatError: It was written by a newer version.
    """
    path = folder / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] > FORMAT:
            raise NewerFormatError(
                f"{path}: found format {content['format']}, expected at most {FORMAT}: "
                "it was written by a newer version of matterhouse"
            )
        del content["format"]
        tables = {
            table: {key: Partition(**partition) for key, partition in partitions.items()}
            for table, partitions in content.pop("tables").items()
        }
        # Sorted in the file, in their usual order in memory.
        tables = {name: tables[name] for name in sorted(tables, key=TABLE_NAMES.index)}
        manifest = Manifest(**content, tables=tables)
        _check_files(manifest)
    except OSError as error:
        raise WarehouseError(f"{path}: {error.strerror}, expected a manifest") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WarehouseError(f"{path}: damaged, expected a manifest: {error}") from error
    return manifest


def _check_files(manifest: Manifest) -> None:
    """A file named in a manifest cannot lie outside its snapshot."""
    if set(manifest.tables) != set(TABLE_NAMES):
        raise ValueError(f"found the tables {sorted(manifest.tables)}")
    for table, partitions in manifest.tables.items():
        for partition in partitions.values():
            match = _FILE.fullmatch(partition.file or f"{table}/part-{'0' * 32}.parquet")
            if match is None or match["table"] != table:
                raise ValueError(f"found the file {partition.file!r}")
