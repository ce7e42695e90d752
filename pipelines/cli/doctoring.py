"""The command that checks the machine and the warehouse, for a bug report."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.app import (
    DEFAULT_RAW,
    DEFAULT_WAREHOUSE,
    RAW_VARIABLE,
    JsonOption,
    WarehouseOption,
    app,
)

if TYPE_CHECKING:
    from pipelines.reports.health import Check
    from pipelines.warehouse.snapshot import Snapshot
    from pipelines.warehouse.warehouse import Warehouse


@app.command(short_help="Check the machine and the warehouse.")
def doctor(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    raw: Annotated[
        str,
        typer.Option(
            "--raw",
            metavar="FOLDER",
            envvar=RAW_VARIABLE,
            help="Folder of the raw files. By default where the last build found them.",
        ),
    ] = DEFAULT_RAW,
    json: JsonOption = False,
) -> None:
    """Check all that a build needs: versions, disks, locks, links, clock, server, files.

    Each line is ok, a warning or a problem. Put the page into a bug report: it shows no content of
    posts and no passwords. It reads no table; `verify` does. Exit code 1 if there is a problem.
    """
    from dataclasses import asdict

    from pipelines.cli.console import print_json
    from pipelines.warehouse.warehouse import Warehouse

    checks = list(_check(Warehouse(warehouse), raw))
    if json:
        print_json([asdict(each) for each in checks])
    else:
        _print_checks(checks)
    if any(each.status == "problem" for each in checks):
        raise typer.Exit(1)


def _check(warehouse: "Warehouse", raw: str) -> "Iterator[Check]":
    from pipelines.reports import machine_health, warehouse_health
    from pipelines.reports.health import check_all
    from pipelines.runs.job import Job

    root = warehouse.root
    return check_all(
        warehouse,
        {
            "versions": machine_health.check_versions,
            "platform": machine_health.check_platform,
            "disk": partial(machine_health.check_disks, root),
            "locks": partial(machine_health.check_abilities, root),
            "holder": partial(warehouse_health.check_holder, root),
            "hold": partial(warehouse_health.check_hold, root),
            "server": _check_server,
            "settings": partial(warehouse_health.check_settings, raw),
            "raw": partial(
                warehouse_health.check_raw, Job("build", root, raw), _find_current(warehouse)
            ),
            "warehouse": partial(warehouse_health.check_snapshots, warehouse),
            "staging": partial(warehouse_health.check_staging, warehouse),
            "last run": partial(warehouse_health.check_last_run, root),
        },
    )


def _find_current(warehouse: "Warehouse") -> "Snapshot | None":
    """The current snapshot; None if there is none, or it is damaged, as another check says."""
    from contextlib import suppress

    from pipelines.errors import WarehouseError

    with suppress(WarehouseError):
        current = warehouse.current()
        return current if current and current.manifest else None
    return None


def _check_server() -> "Iterator[Check]":
    from pipelines.cli.engine import choose_engine, find_api_url
    from pipelines.reports.health import ok, warn

    url = find_api_url()
    if url is None:
        yield ok("server", "no Prefect API is configured, so runs are local")
        return
    shown = _hide_password(url)
    if choose_engine("auto").engine == "prefect":
        yield ok("server", f"the Prefect API {shown} answers, version {_ask_version(url)}")
    else:
        start = "start the server, or take PREFECT_API_URL away"
        yield warn("server", f"the Prefect API {shown} does not answer, so runs are local", start)


def _ask_version(url: str) -> str:
    from http.client import HTTPException
    from json import load
    from urllib.request import urlopen

    from pipelines.cli.engine import ANSWER_SECONDS

    try:
        with urlopen(f"{url.rstrip('/')}/admin/version", timeout=ANSWER_SECONDS) as response:
            return str(load(response))
    except (OSError, HTTPException, ValueError):
        return "unknown"


def _hide_password(url: str) -> str:
    """`url` without the user and the password that may stand in it."""
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    path = path.partition("?")[0]
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"


def _print_checks(checks: "list[Check]") -> None:
    from pipelines.cli.console import print_line

    for each in checks:
        print_line(f"{each.status:<8} {each.name:<10} {each.message}")
        if each.advice and each.status != "ok":
            print_line(f"{'':<19} {each.advice}")
    counts = {
        status: sum(each.status == status for each in checks) for status in ("problem", "warning")
    }
    found = [f"{count} {status}{'' if count == 1 else 's'}" for status, count in counts.items()]
    print_line(", ".join(found))
