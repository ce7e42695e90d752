"""Damage: what to do about it, the cheapest way first."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.errors import WarehouseError
from pipelines.reports.commands import render_command
from pipelines.values.parts import find_month
from pipelines.warehouse.damage import (
    DamagedFile,
    Hashes,
    find_wrong_size,
    list_damaged_files,
    list_damages,
)
from pipelines.warehouse.healing import find_twin
from pipelines.warehouse.layout import CURRENT_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.manifest import Manifest, read_manifest
from schemas.language.registry import list_derived, load_tables

if TYPE_CHECKING:
    from pipelines.runs.verifying import Verified
    from pipelines.warehouse.warehouse import Warehouse

MOST_MONTHS: Final = 3
"""If more months of a table are damaged, the whole table is rebuilt."""


def advise_verified(warehouse: "Warehouse", verified: "Verified") -> str:
    """What to do about the damage that was found, and is still there after a repair.

    Raises:
        WarehouseError: It cannot be found out which snapshot is current.
    """
    current = warehouse.current()
    if current is None or verified.damages.get(current.number) != []:
        return describe_way_back(warehouse.root, is_repair_tried=bool(verified.repaired))
    ways = []
    if not verified.repaired:
        repair = render_command("verify", "--all", "--repair", warehouse=warehouse.root)
        ways.append(f"put their files back with `{repair}`")
    newer = sum(number > max(verified.damaged) for number in warehouse.numbers())
    if newer:
        keep = ("--keep", str(newer), "--days", "0")
        prune = render_command("prune", *keep, warehouse=warehouse.root)
        ways.append(f"remove them, and all before them, with `{prune}`")
    damaged = ", ".join(map(str, verified.damaged))
    stay = f"the current snapshot is whole; do not roll back to {damaged}"
    return f"{stay}: {', or '.join(ways)}" if ways else stay


def describe_way_back(root: Path, *, is_repair_tried: bool = False) -> str:
    """The commands that help when the warehouse `root` is damaged, the cheapest first.

    Reads whole snapshots, since they share files: only what is whole is recommended.
    """
    numbers = sorted(list_numbers(root), reverse=True)
    # Not `resolve`, which fails if links lead in a circle.
    target = os.path.realpath(root / CURRENT_NAME)
    real_root = Path(os.path.realpath(root))
    current = next((n for n in numbers if str(locate_snapshot(real_root, n)) == target), None)
    manifest = None
    hashes: Hashes = {}
    ways: list[str] = []
    if current is not None:
        folder = locate_snapshot(root, current)
        if not list_damages(folder, hashes):
            return f"the current snapshot, {current}, is whole: stay with it, or choose another"
        with suppress(WarehouseError):
            manifest = read_manifest(folder)
            damaged = list_damaged_files(folder, manifest, hashes)
            if not damaged:
                return "move away what is in no manifest"
            if any(file.damage.startswith(os.strerror(errno.EACCES)) for file in damaged):
                return "let this user read all files of the warehouse, or run it as the owner"
            ways += _list_cheap_ways(root, damaged, is_repair_tried=is_repair_tried)
    number = next(_list_same(root, numbers, manifest, hashes), None)
    if number is not None:
        ways.append(f"go back with `{render_command('rollback', str(number), warehouse=root)}`")
    ways.append(f"rebuild everything with `{_render_full_build(root, numbers)}`")
    return ", or ".join(ways)


def _list_cheap_ways(
    root: Path, damaged: list[DamagedFile], *, is_repair_tried: bool
) -> Iterator[str]:
    """The ways that touch only what is damaged."""
    if not is_repair_tried and all(map(_is_repairable, damaged)):
        repair = render_command("verify", "--repair", warehouse=root)
        yield f"put the damaged files back with `{repair}`"
    tables = {file.table for file in damaged}
    # A build refuses a file that is missing or cut short.
    are_there = all(find_wrong_size(file.path, file.record) is None for file in damaged)
    if len(tables) == 1 and are_there and tables <= {*list_derived()}:
        months = sorted({find_month(file.partition) for file in damaged})
        options = [word for month in months for word in ("--month", month)]
        options = options if len(months) <= MOST_MONTHS else []
        run = render_command("run", *tables, *options, warehouse=root)
        yield f"rebuild them with `{run}`"


def _is_repairable(file: DamagedFile) -> bool:
    """Whether a repair can be expected to help: the code is the same, or the file is elsewhere."""
    if file.path.is_dir() or file.path.parent.is_file():
        return False
    is_same_code = file.record.fingerprint == fingerprint_table(file.table)
    is_lost = load_tables()[file.table].is_history and file.record.rows > 0
    return (is_same_code and not is_lost) or find_twin(file, {}) is not None


def _list_same(
    root: Path, numbers: list[int], manifest: Manifest | None, hashes: Hashes
) -> Iterator[int]:
    """The whole snapshots that the same code and settings made as the current one.

    Without its `manifest`, those of the present code. Others have other rows, by other rules.
    """
    now = {table: {fingerprint_table(table)} for table in list_derived()}
    wanted = _describe_making(manifest) if manifest else (now, None)
    for number in numbers:
        folder = locate_snapshot(root, number)
        with suppress(WarehouseError):
            code, settings = _describe_making(read_manifest(folder))
            is_same = code == wanted[0] and wanted[1] in (None, settings)
            if is_same and not list_damages(folder, hashes):
                yield number


def _describe_making(manifest: Manifest) -> tuple[dict[str, set[str]], object]:
    """The code and the settings by which the tables of a snapshot were made."""
    code = {
        table: {record.fingerprint for record in manifest.tables.get(table, {}).values()}
        for table in list_derived()
    }
    return code, (manifest.mapping, manifest.settings)


def _render_full_build(root: Path, numbers: list[int]) -> str:
    """The command that rebuilds everything, from where the newest whole manifest was read."""
    for number in numbers:
        with suppress(WarehouseError):
            manifest = read_manifest(locate_snapshot(root, number))
            globs = [("--include", glob) for glob in manifest.include]
            globs += [("--exclude", glob) for glob in manifest.exclude]
            options = [word for option in globs for word in option]
            return render_command("build", "--full", *options, warehouse=root, raw=manifest.raw)
    return render_command("build", "--full", warehouse=root)
