"""The manifest of a snapshot: its files, and what each was made from."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, get_origin

from pipelines.errors import NewerFormatError, WarehouseError
from pipelines.warehouse.address import read_address
from pipelines.warehouse.layout import MANIFEST_NAME, name_folder, read_number
from pipelines.warehouse.ownership import describe_unreadable
from schemas.language.registry import load_tables

FORMAT: Final = 6
"""The newest format that can be read. The settings of the archive are there."""
FORMAT_WITHOUT_SETTINGS: Final = 5
"""What is written if there are none, so that earlier versions can read it."""
OLDEST_FORMAT: Final = 2
"""The oldest format that can be read. It had no `include`. Before 4, months had no parts; before 5,
`files` had none, globs were one glob or null, and there was no mapping."""
PLAIN_MAPPING: Final = "everyday"
"""The mapping of all formats before 5."""
_NEEDED: Final = {"documents", "articles", "findings", "files"}
"""The tables that a run starts from. A snapshot of another version may lack others."""

_FILE: Final = re.compile(r"(?P<folder>[\w-]+(?:/[\w=-]+)?)/part-(?P<sha256>[0-9a-f]{32})\.parquet")


@dataclass(frozen=True)
class Partition:
    """One partition of one table: its file, and what it was made from.

    `inputs` are the hashes of its inputs, by table; `fingerprint` is that of the code. `file` is
    relative to the snapshot; None if there are no rows, or it is not written yet. `views` are
    hashes of what each other table reads of it. Only documents and articles have them.
    """

    inputs: dict[str, str]
    fingerprint: str
    rows: int
    file: str | None = None
    bytes: int = 0
    sha256: str | None = None
    views: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What a snapshot consists of.

    `raw` is the address of the raw files in full, where they were found last. `listed_ns` is when
    the run that read them began.
    `include` and `exclude` are the globs that narrowed the listing.
    `mapping` is the name of the mapping by which the documents were read, `settings` what the
    archive says beyond it.
    """

    snapshot: int
    parent: int | None
    run_id: str
    created_at: str
    raw: str
    listed_ns: int
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    mapping: str = PLAIN_MAPPING
    settings: dict[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Partition]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Put it into the folder of its snapshot."""
        # `asdict` would copy every record, `default` and `indent` would make json slow.
        tables = {
            table: {key: vars(record) for key, record in sorted(records.items())}
            for table, records in sorted(self.tables.items())
        }
        number = FORMAT if self.settings else FORMAT_WITHOUT_SETTINGS
        content = {"format": number, **vars(self), "tables": tables}
        if not self.settings:
            del content["settings"]
        # Not `sort_keys`: own columns have the order of the settings.
        text = json.dumps(dict(sorted(content.items())))
        (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    def replace(self, folder: Path) -> None:
        """Put it into the folder of its snapshot, in place of an earlier one, in one step."""
        scratch = folder / ".new"
        scratch.mkdir(exist_ok=True)
        self.write(scratch)
        (scratch / MANIFEST_NAME).replace(folder / MANIFEST_NAME)
        scratch.rmdir()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the snapshot in `folder`.

    Raises:
        WarehouseError: It is missing or damaged.
        NewerFormatError: It was written by a newer version.
    """
    path = folder / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _check_format(path, content.pop("format"))
        # Earlier versions recognised the raw folder by it.
        content.pop("raw_id", None)
        content["raw"] = read_address(folder) or content["raw"]
        for name in ("include", "exclude"):
            content[name] = _read_globs(content.get(name))
        tables = {
            table: {key: Partition(**partition) for key, partition in partitions.items()}
            for table, partitions in content.pop("tables").items()
        }
        # They are sorted by name in the file, and parents first in memory.
        tables = {name: tables[name] for name in sorted(tables, key=_order_tables)}
        manifest = Manifest(**content, tables=tables)
        _check(manifest)
        if read_number(folder) not in (None, manifest.snapshot):
            raise ValueError(f"found that of snapshot {manifest.snapshot}")
    except OSError as error:
        owner = f"; {describe_unreadable(path)}" if isinstance(error, PermissionError) else ""
        raise WarehouseError(f"{path}: {error.strerror}, expected a manifest{owner}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"found no {error}" if isinstance(error, KeyError) else str(error)
        raise WarehouseError(f"{path}: damaged, expected a manifest: {problem}") from error
    return manifest


def _read_globs(found: Any) -> tuple[str, ...]:
    """Earlier versions wrote one glob or None."""
    globs = [found] if isinstance(found, str) else found or []
    if not isinstance(globs, list) or not all(isinstance(each, str) for each in globs):
        raise TypeError(f"found {found!r} as globs")
    return tuple(globs)


def _order_tables(table: str) -> tuple[int, str]:
    known = list(load_tables())
    return (known.index(table) if table in known else len(known), table)


def _check_format(path: Path, found: int) -> None:
    if found > FORMAT:
        raise NewerFormatError(
            f"{path}: found format {found}, expected {FORMAT}: it was written by a newer version "
            "of matterhouse"
        )
    if found < OLDEST_FORMAT:
        raise WarehouseError(
            f"{path}: found format {found}, expected {FORMAT}: it was written by an older version "
            "of matterhouse"
        )


def _check(manifest: Manifest) -> None:
    """Check that everything has its type, every table has a file, and no file lies outside."""
    if missing := sorted(_NEEDED - manifest.tables.keys()):
        raise ValueError(f"found no table {', '.join(missing)}")
    _check_types(manifest, _MANIFEST_TYPES)
    for table, partitions in manifest.tables.items():
        if not any(partition.file for partition in partitions.values()):
            raise ValueError(f"found no file of {table}")
        for key, partition in partitions.items():
            _check_types(partition, _PARTITION_TYPES)
            _check_file(table, key, partition)


def _check_types(record: Manifest | Partition, types: Sequence[tuple[str, Any]]) -> None:
    for name, expected in types:
        value = getattr(record, name)
        if not isinstance(value, expected):
            raise TypeError(f"found {value!r} as {name}")


def _list_types(record: type) -> list[tuple[str, Any]]:
    """The name and type of every field."""
    origins = {each.name: get_origin(each.type) for each in fields(record)}
    containers = (dict, tuple, Mapping)
    return [
        (each.name, origin if (origin := origins[each.name]) in containers else each.type)
        for each in fields(record)
    ]


# Found out once, since there may be thousands of records.
_MANIFEST_TYPES: Final = _list_types(Manifest)
_PARTITION_TYPES: Final = _list_types(Partition)


def _check_file(table: str, key: str, partition: Partition) -> None:
    if partition.file is None:
        return
    match = _FILE.fullmatch(partition.file)
    if (
        match is None
        or match["folder"] != name_folder(table, key)
        or not str(partition.sha256).startswith(match["sha256"])
    ):
        raise ValueError(f"found the file {partition.file!r} for {key} of {table}")
