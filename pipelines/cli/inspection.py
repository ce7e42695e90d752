"""What `matterhouse inspect` prints: lines with aligned columns, for a terminal and for a log."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pipelines.cli.columns import align_columns
from pipelines.cli.console import print_line
from pipelines.reports.commands import render_job, shorten_path
from pipelines.reports.origins import NOTHING, is_undated
from pipelines.reports.text import render_first
from pipelines.runs.guards import FEWEST_FILES, round_up
from pipelines.runs.job import Job

MOST_KEYS: Final = 30
MOST_ROWS: Final = 10
"""How many folders and reasons are shown."""
_MOST_ORIGINS: Final = 6
_FORMATS: Final = {
    "none": "ignored: without front matter, or no post by its name",
    "unreadable": "their front matter cannot be read",
}


def print_inspection(facts: dict[str, Any], job: Job, *, shows_all: bool) -> None:
    """The facts about an archive that nobody has built yet."""
    for line in _list_lines(facts, job, MOST_ROWS if not shows_all else None, shows_all):
        print_line(line)


def _list_lines(
    facts: dict[str, Any], job: Job, most: int | None, shows_all: bool
) -> Iterator[str]:
    raw = shorten_path(facts["raw"])
    found, looked_at = facts["found"], facts["looked_at"]
    yield f"{raw}: {found:,} files"
    if not found:
        return
    if looked_at < found:
        yield f"A sample: {looked_at:,} files were read. All counts below are of these (see --all)."
    yield ""
    yield from align_columns(
        ["files", "format"],
        [(count, _describe_format(name)) for name, count in facts["formats"].items()],
    )
    yield ""
    folders = [
        (each["files"], each["post"], each["unreadable"], each["ignored"], each["folder"] or ".")
        for each in facts["folders"]
    ]
    yield from align_columns(
        ["files", "posts", "unreadable", "ignored", "top folder"], folders, most
    )
    if facts["ignored"]:
        yield ""
        rows = [(count, reason) for reason, count in facts["ignored"].items()]
        yield from align_columns(["files", "ignored because"], rows, most)
    yield ""
    yield f"A first build would take the mapping {facts['mapping']}: {facts['because']}."
    for name in sorted(facts["mappings"], key=lambda each: each != facts["mapping"]):
        yield ""
        yield _title(name, facts)
        yield from _describe_mapping(facts["mappings"][name], raw, most)
    if facts["keys"]:
        yield ""
        yield from _list_keys(facts, MOST_KEYS if not shows_all else None)
    yield ""
    yield from _advise(facts, job)


def _describe_format(name: str) -> str:
    return f"{name} ({_FORMATS[name]})" if name in _FORMATS else name


def _title(name: str, facts: dict[str, Any]) -> str:
    described = facts["mappings"][name]
    loaded, rejected = described["loaded"], described["rejected"]
    several = sum(each["files"] for each in described["reasons"]) > rejected
    chosen = "" if name == facts["mapping"] else f" (--mapping {name})"
    return (
        f"Under {name}{chosen}: {loaded:,} posts would load, {rejected:,} would be rejected"
        f"{', some for several reasons' if several else ''}"
    )


def _describe_mapping(described: dict[str, Any], raw: str, most: int | None) -> Iterator[str]:
    if loaded := described["loaded"]:
        dates = described["dates"]
        dated = {origin: count for origin, count in dates.items() if not is_undated(origin)}
        unread = {origin: dates[origin] for origin in dates.keys() - dated if origin != NOTHING}
        yield f"  dated by   {_list_origins(dated)}"
        yield f"  no date    {loaded - described['dated']:>6,}{_list_unread(unread)}"
        yield f"  titled by  {_list_origins(described['titles'])}"
    rows = [
        (each["files"], each["rule"], each["field"] or "", render_first(each["first"], raw))
        for each in described["reasons"]
    ]
    if rows:
        lines = align_columns(["files", "rejected by", "key", "the first one"], rows, most)
        yield from (f"  {line}" for line in lines)


def _list_origins(counts: dict[str, int]) -> str:
    shown = [f"{origin} {count:,}" for origin, count in islice(counts.items(), _MOST_ORIGINS)]
    rest = sum(islice(counts.values(), _MOST_ORIGINS, None))
    others = [f"others {rest:,}"] if rest else []
    return f"{sum(counts.values()):>6,}: {', '.join([*shown, *others])}" if counts else "     0"


def _list_unread(counts: dict[str, int]) -> str:
    """Dates that are there, but cannot be read."""
    listed = ", ".join(f"{origin} {count:,}" for origin, count in sorted(counts.items()))
    return f", of which {listed}" if listed else ""


def _list_keys(facts: dict[str, Any], most: int | None) -> Iterator[str]:
    keys, mapping = facts["keys"], facts["mapping"]
    shown = keys if most is None else keys[:most]
    more = f"; --all shows all {len(keys):,}" if len(shown) < len(keys) else ""
    yield f"The most used keys, and what {mapping} makes of them{more}"
    yield from align_columns(
        ["posts", "fill", "key", "becomes", "shapes", "for example"],
        [
            (
                each["posts"],
                _render_share(each["fill"]),
                each["key"],
                ", ".join(islice(each["becomes"][mapping], 3)),
                _list_shapes(each["shapes"]),
                each["example"] or "",
            )
            for each in shown
        ],
    )


def _list_shapes(shapes: dict[str, int]) -> str:
    if len(shapes) == 1:
        return next(iter(shapes))
    return ", ".join(f"{shape} {count:,}" for shape, count in shapes.items())


def _render_share(share: float) -> str:
    """A share in percent. Few are not none, and most are not all."""
    percent = round(share * 100)
    if share and not percent:
        return "<1%"
    return ">99%" if share < 1 and percent == 100 else f"{percent}%"


def _advise(facts: dict[str, Any], job: Job) -> Iterator[str]:
    chosen = facts["mappings"][facts["mapping"]]
    loaded, rejected = chosen["loaded"], chosen["rejected"]
    if not loaded:
        yield "Nothing would load. Is this the folder of the posts? See --include and --exclude."
        return
    changes: dict[str, Any] = {}
    share = rejected / (loaded + rejected)
    if loaded + rejected > FEWEST_FILES and share > job.max_reject_share:
        changes["max_reject_share"] = round_up(share)
        limit = f"{job.max_reject_share:.0%}"
        yield f"A build refuses to reject more than {limit} unless it is allowed to, as here:"
    if shorten_path(facts["raw"]) != Job("build").raw:
        job = replace(job, warehouse=_name_warehouse(Path(facts["raw"])))
    yield f"Next: {render_job(job, raw=facts['raw'], **changes)}"


def _name_warehouse(raw: Path) -> Path:
    """A warehouse for this archive alone, apart from the raw files."""
    name = f"{raw.name or 'raw'}-warehouse"
    return raw.parent / name if Path.cwd().is_relative_to(raw) else Path(name)
