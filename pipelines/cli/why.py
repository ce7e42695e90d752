"""The command that explains where a value came from, and what it prints."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    WarehouseOption,
    app,
    refuse_together,
)

_MOST_CHARACTERS: Final = 120
_MOST_EARLIER: Final = 5
"""How many earlier values of each are shown, and how many changes of the post."""


@app.command(short_help="Explain where the values of a post came from.")
def why(
    target: Annotated[
        str, typer.Argument(metavar="PATH_OR_ID", help="A raw file, or the id of an article.")
    ],
    field: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIELD]", help="Only this, like title, heat, 'related[2].title' or a key."
        ),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    staged: Annotated[
        bool,
        typer.Option(
            "--staged",
            help="Explain what the last run would have published, if it was refused or dry.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Explain what became of a file, and where each value of its article came from.

    For each value: the line of the raw file, the key that was taken and those that were tried, the
    rules, what is wrong or in doubt, and its earlier values in the snapshots that are kept.
    """
    if not target.strip():
        raise typer.BadParameter("found nothing, expected a path or an id")
    from pipelines.cli.console import print_json, print_line
    from pipelines.reports.commands import shorten_path
    from pipelines.reports.why import explain_post
    from pipelines.warehouse.warehouse import Warehouse

    refuse_together(staged=staged, snapshot=snapshot is not None)
    opened = Warehouse(warehouse)
    pinned = opened.staged() if staged else opened.pin(snapshot)
    found = explain_post(opened, pinned, target, field)
    if json:
        print_json(found)
        return
    found["file"] = shorten_path(found["file"])
    for line in (*_describe_file(found), *_describe_values(found)):
        print_line(line)


def _describe_file(found: dict[str, Any]) -> Iterator[str]:
    reason = f": {found['reason']}" if found["reason"] else ""
    yield f"{found['file']}"
    yield f"  {found['status']} in {_name(found['last_seen'])}{reason}"
    if found["last_seen"] != found["snapshot"]:
        yield f"  gone: not in {_name(found['snapshot'])} any more"
    if found["article_id"]:
        mapping = f", mapping {found['mapping']}" if found["mapping"] else ""
        yield f"  id {found['article_id']}, month {found['published_month']}{mapping}"
    yield f"  the raw file {_describe_raw(found)}"
    if found["status"] != "loaded" and found["last_article"]:
        last = found["last_article"]
        yield f"  its last article is in snapshot {last}: --snapshot {last} explains it"
    yield from _describe_changes(found["changes"])
    if unreadable := found["unreadable_snapshots"]:
        yield f"  not readable: snapshots {', '.join(map(str, unreadable))}"
    yield from (f"  {_describe_finding(each, found)}" for each in found["findings"])


def _describe_changes(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes[:_MOST_EARLIER]:
        if change["changed"]:
            yield f"  changed in {_name_run(change)}: {', '.join(change['changed'])}"
        else:
            yield f"  there in the oldest snapshot that is kept, {_name_run(change)}"
    if (more := len(changes) - _MOST_EARLIER) > 0:
        yield f"  and {more:,} earlier changes, which --json lists"


def _describe_raw(found: dict[str, Any]) -> str:
    state = str(found["raw"])
    if state.startswith("changed"):
        return f"{state}, so its lines are not known"
    return f"was {state}" if state == "not read" else f"is {state}".replace("is cannot", "cannot")


def _name_run(made: dict[str, Any]) -> str:
    first, last = made["snapshot"], made.get("until", made["snapshot"])
    names = _name(first)
    if first != last:
        is_open = isinstance(last, str)
        names = f"snapshots from {first} on" if is_open else f"snapshots {first} to {last}"
    return f"{names} ({made['published_at']}, run {made['run_id']})"


def _name(snapshot: int | str) -> str:
    return f"snapshot {snapshot}" if isinstance(snapshot, int) else "what is staged"


def _describe_finding(finding: dict[str, Any], found: dict[str, Any]) -> str:
    from pipelines.reports.text import render_finding

    return render_finding(finding, lambda _: str(found["file"]))


def _describe_values(found: dict[str, Any]) -> Iterator[str]:
    """Each value in some lines. Of several, those that are null come last, in one line."""
    values = found["values"]
    is_alone = len(values) == 1
    empty = [each for each in values if not is_alone and _is_empty(each)]
    for each in values:
        if each not in empty:
            yield ""
            yield from _describe_value(each, found, is_alone=is_alone)
    if empty:
        yield ""
        yield f"{_describe_empty(found)}: {', '.join(each['name'] for each in empty)}"


def _describe_empty(found: dict[str, Any]) -> str:
    return "null or empty" if found["status"] == "loaded" else f"not there, since {found['status']}"


def _is_empty(value: dict[str, Any]) -> bool:
    return value["value"] in (None, []) and not (value["findings"] or value["earlier"])


def _describe_value(
    value: dict[str, Any], found: dict[str, Any], *, is_alone: bool
) -> Iterator[str]:
    is_secret = value["is_secret"]
    note = "" if value["is_in_table"] or is_secret else f" ({_describe_absence(value, found)})"
    yield f"{value['name']}: {value['value'] if is_secret else _render(value['value'])}{note}"
    if place := value["place"]:
        yield f"  {found['file']}:{place['line']}:{place['column_number']}  {place['text']}"
    if found["article_id"]:
        yield f"  {_describe_origin(value)}"
    for result in ("passed", "broken", "not judged"):
        rules = [each["rule"] for each in value["rules"] if each["result"] == result]
        if rules:
            yield f"  {result}: {', '.join(rules)}"
    yield from (f"  {_describe_finding(each, found)}" for each in value["findings"])
    since = value["since"]
    if since and (is_alone or value["earlier"]):
        yield f"  since {_name_run({**since, 'until': since['snapshot']})}"
    for earlier in value["earlier"][:_MOST_EARLIER]:
        shown = f"({earlier['status']})" if earlier["status"] else _render(earlier["value"])
        yield f"  before: {shown}, in {_name_run(earlier)}"
    if (more := len(value["earlier"]) - _MOST_EARLIER) > 0:
        yield f"  and {more:,} earlier values, which --json lists"


def _describe_absence(value: dict[str, Any], found: dict[str, Any]) -> str:
    if value["table"] is None:
        return "in no column"
    if found["article_id"] is None:
        return f"not read, since {found['status']}"
    return f"as written; {found['status']}" if found["status"] != "loaded" else "not in the table"


def _describe_origin(value: dict[str, Any]) -> str:
    """Which key was taken, and which were tried."""
    sources = value["sources"]
    taken = [each["source"] for each in sources if each["is_taken"]]
    field_path = value["field_path"]
    if value["is_computed"]:
        return f"computed: {value['meaning']}"
    others = ", ".join(each["source"] for each in sources if not each["is_taken"])
    if not (taken or field_path):
        return f"from no key; looked for {others}" if others else f"from: {value['meaning']}"
    origin = f"from: {', '.join(taken) or field_path}"
    return f"{origin}; also looked for {others}" if others else origin


def _render(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return text.lower()
    more = len(text) - _MOST_CHARACTERS
    return text if more <= 0 else f"{text[:_MOST_CHARACTERS]}... and {more:,} characters more"
