"""The commands that only read."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    TableOption,
    WarehouseOption,
    app,
    refuse_together,
)
from pipelines.cli.watching import (
    MaxAgeOption,
    MaxNewRejectsOption,
    MaxRejectsOption,
    print_health,
)


@app.command(short_help="Show what is published, stale and rejected.")
def status(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    max_age: MaxAgeOption = None,
    max_rejects: MaxRejectsOption = None,
    max_new_rejects: MaxNewRejectsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is published, how fresh it is, what is out of date and what was rejected.

    With a limit, for monitors: print one line, look at no raw file, and exit with 1 if a limit is
    broken.
    """
    given = (max_age, max_rejects, max_new_rejects)
    if any(each is not None for each in given):
        if snapshot is not None:
            raise typer.BadParameter("--snapshot and limits for monitors exclude each other")
        from pipelines.reports.watching import MonitorLimits

        print_health(warehouse, MonitorLimits(*given), is_json=json)
        return
    from pipelines.cli.console import print_json, print_status
    from pipelines.reports.commands import render_command
    from pipelines.reports.status import describe_status
    from pipelines.warehouse.warehouse import Warehouse

    opened = Warehouse(warehouse)
    described = describe_status(opened, opened.pin(snapshot))
    if json:
        print_json(described)
    else:
        pinned = [] if snapshot is None else ["--snapshot", str(snapshot)]
        print_status(described, render_command("rejects", *pinned, warehouse=warehouse))


@app.command(short_help="List what was rejected: file, line and rule.")
def rejects(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    table: TableOption = None,
    path: Annotated[
        str | None,
        typer.Option(metavar="GLOB", help="Only those of files that match, like '_news/**'."),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only those of this rule, like is_url.")] = None,
    field: Annotated[
        str | None,
        typer.Option(help="Only those of this field, like title or 'related[].title'."),
    ] = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Only those that the run which made this state saw first."),
    ] = False,
    warnings: Annotated[bool, typer.Option("--warnings", help="Show warnings too.")] = False,
    groups: Annotated[
        bool, typer.Option("--groups", help="Count them by table, field and rule.")
    ] = False,
    page: Annotated[
        int | None,
        typer.Option(min=1, max=10**9, metavar="N", help="List those of this page, 50 a page."),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="List all on one page; with --groups, every field.")
    ] = False,
    staged: Annotated[
        bool,
        typer.Option(
            "--staged",
            help="Those of what the last run would have published, if it was refused or dry.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """List what was rejected, a line each: `raw/path:line:column field: message [rule]`.

    If there are more than 50, it counts them by table, field and rule. --rule, --field or --page
    then list them, a page at a time. --json lists all, or those of a page.
    """
    from pipelines.cli.console import print_error, print_json
    from pipelines.cli.rejects import describe_known, print_findings, print_groups
    from pipelines.reports.commands import shorten_path
    from pipelines.reports.rejects import open_rejects
    from pipelines.reports.text import count_noun
    from pipelines.sources.addresses import open_source
    from pipelines.warehouse.warehouse import Warehouse

    refuse_together(staged=staged, snapshot=snapshot is not None)
    refuse_together(page=page is not None, all=all_)
    refuse_together(page=page is not None, groups=groups)
    opened = Warehouse(warehouse)
    pinned = opened.staged() if staged else opened.pin(snapshot)
    source = open_source(pinned.manifest.raw)
    # Accept a path as it is printed, too.
    below = (path and source.find_path(str(Path(path).resolve()))) or path
    everything = open_rejects(pinned)

    def find_file(source_path: str) -> str:
        return shorten_path(source.find_file(source_path))

    try:
        matching = everything.select(
            table=table,
            path=below,
            rule=rule,
            field=field,
            first_seen_run=pinned.manifest.run_id if new else None,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--path'") from error
    found = matching if warnings else matching.select(severity="error")
    counts = matching.count()
    hidden = 0 if warnings else counts.pop("warning")
    total = sum(counts.values())
    pages = check_page(page, total)
    if json:
        print_json((found.group() if groups else found.read(page)).to_dicts())
        return
    is_chosen = all_ or any(each is not None for each in (rule, field, page))
    if total and (groups or (pages > 1 and not is_chosen)):
        print_groups(found, counts, find_file, shows_all=all_)
    else:
        print_findings(found, total, find_file, None if all_ else page or 1)
    if hidden:
        start = "and" if total else "no error matches, but"
        print_error(f"{start} {count_noun(hidden, 'warning')}: add --warnings")
    elif not total:
        known = describe_known(rule, everything.list_rules(), "rules broken")
        known = known or describe_known(field, everything.list_fields(), "fields with findings")
        is_narrowed = new or any(each is not None for each in (table, path, rule, field))
        nothing = (
            "no finding matches" if is_narrowed else "nothing was rejected, and nothing is in doubt"
        )
        print_error(f"{nothing}{known}")


def check_page(page: int | None, total: int) -> int:
    """How many pages `total` findings fill. Refuse a page behind the last one."""
    from pipelines.reports.rejects import count_pages

    pages = count_pages(total)
    if total and page is not None and page > pages:
        last = f"1 to {pages:,}" if pages > 1 else "1, which has all"
        raise typer.BadParameter(f"found {page:,}, expected {last}", param_hint="'--page'")
    return pages


@app.command()
def snapshots(warehouse: WarehouseOption = DEFAULT_WAREHOUSE, json: JsonOption = False) -> None:
    """List the snapshots, the newest first."""
    from pipelines.cli.console import print_json, print_table
    from pipelines.reports.status import list_snapshots
    from pipelines.warehouse.warehouse import Warehouse

    listed = list_snapshots(Warehouse(warehouse))
    if json:
        print_json(listed)
    else:
        print_table(
            ("snapshot", "current", "published", "parent", "articles", "bytes"),
            [tuple(each.values()) for each in listed],
        )
