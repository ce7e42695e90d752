"""The command that compares files with their manifests, and puts damaged ones back."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    WaitOption,
    WarehouseOption,
    app,
    refuse_together,
)

if TYPE_CHECKING:
    from pipelines.runs.verifying import Verified


@app.command(short_help="Find damaged files; --repair puts them back.")
def verify(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    all_: Annotated[bool, typer.Option("--all", help="Every snapshot, not only one.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put damaged and missing files back.")
    ] = False,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Read every file of the current snapshot again and compare it with its manifest.

    Takes no lock. Exit code 1 if anything is damaged.

    --repair puts damaged and missing files back, byte for byte, from another snapshot that has
    them, from documents, or from raw files. It takes the lock, and never puts other bytes in their
    place. Exit code 0 if all is whole afterwards.
    """
    from pipelines.cli.console import print_error, print_json
    from pipelines.reports.damage import advise_verified
    from pipelines.runs.verifying import Verified, find_damages, list_asked_for, verify_and_repair
    from pipelines.warehouse.warehouse import Warehouse

    refuse_together(all=all_, snapshot=snapshot is not None)
    opened = Warehouse(warehouse)
    if repair:
        verified, _ = verify_and_repair(warehouse, snapshot, is_all=all_, wait_seconds=wait)
    else:
        numbers = list_asked_for(opened, snapshot, is_all=all_)
        verified = Verified(find_damages(warehouse, numbers), [])
    if json:
        print_json(_list_facts(verified) if repair else verified.damages)
    else:
        _print_verified(verified)
    if verified.damaged:
        print_error(advise_verified(opened, verified))
        raise typer.Exit(1)


def _print_verified(verified: "Verified") -> None:
    from pipelines.cli.console import print_line

    for each in verified.repaired:
        if each.source:
            print_line(f"{each.file.path}: put back, made from {each.source}")
        else:
            print_line(f"{each.file.path}: not put back: {each.reason}")
    for number, found in verified.damages.items():
        for line in found:
            print_line(line)
        print_line(f"snapshot {number}: {f'{len(found)} damaged' if found else 'whole'}")


def _list_facts(verified: "Verified") -> dict[str, object]:
    repaired = [
        {
            "snapshot": int(each.file.folder.name),
            "file": str(each.file.record.file),
            "made_from": each.source,
            "reason": each.reason,
        }
        for each in verified.repaired
    ]
    return {"damages": verified.damages, "repaired": repaired}
