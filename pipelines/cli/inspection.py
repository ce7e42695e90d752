"""What `matterhouse inspect` prints: lines with aligned columns, for a terminal and for a log."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pipelines.cli.columns import align_columns
from pipelines.cli.console import print_line
from pipelines.reports.commands import render_job, shorten_path
from pipelines.reports.origins import NOTHING, is_by_name, is_undated
from pipelines.reports.text import FindFile, count_noun, render_first
from pipelines.runs.guards import FEWEST_FILES, round_up
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings, find_limits
from pipelines.settings.stored import find_settings
from pipelines.sources.addresses import open_source
from pipelines.sources.mounts import Mounts

MOST_KEYS: Final = 30
MOST_ROWS: Final = 10
"""How many folders and reasons are shown."""
_MOST_ORIGINS: Final = 6
_COMPARED: Final = {
    "files looked at": "found",
    "posts loaded": "loaded",
    "posts rejected": "rejected",
    "posts dated": "dated",
    "posts titled": "titles",
    "posts with a body": "with_body",
    "sum of image_count": "image_count",
    "sum of related_count": "related_count",
}
"""What is counted without and with a proposal, for people and in the facts."""
_FORMATS: Final = {
    "none": "ignored: without front matter, or no post by its name",
    "unreadable": "their front matter cannot be read",
}


def print_inspection(facts: dict[str, Any], job: Job, *, shows_all: bool) -> None:
    """The facts about an archive that nobody has built yet."""
    for line in _list_lines(facts, job, MOST_ROWS if not shows_all else None, shows_all):
        print_line(line)


def print_proposal(facts: dict[str, Any], job: Job, path: Path) -> None:
    """Where the proposal was written, what it says, and what it would change."""
    for line in _list_proposal(facts, job, path):
        print_line(line)


def _list_proposal(facts: dict[str, Any], job: Job, path: Path) -> Iterator[str]:
    yield f"Wrote {shorten_path(path)}:"
    yield ""
    for line in facts["proposal"]["text"].splitlines():
        yield f"  {line}" if line else ""
    yield ""
    base = facts["proposal"]["settings"]["base"]
    before = {"found": facts["found"], **facts["mappings"][base]}
    after = facts["with_proposal"]
    if facts["looked_at"] < facts["found"]:
        yield f"Counts are of a sample of {facts['looked_at']:,} files (see --all)."
    yield f"What it changes, compared with {base} alone:"
    yield from (
        f"  {line}" for line in align_columns(["", "without", "with"], _compare(before, after))
    )
    yield ""
    columns = facts["proposal"]["settings"].get("articles", {}).get("columns", {})
    if columns:
        yield f"It adds {count_noun(len(columns), 'column')}: {', '.join(columns)}."
    if "\n# " in facts["proposal"]["text"]:
        yield "Lines that begin with # do nothing yet. Decide about them."
    yield from _advise(facts, job, path)


def _compare(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[int | str, ...]]:
    rows = ((name, _count(before, key), _count(after, key)) for name, key in _COMPARED.items())
    return [row for row in rows if any(row[1:])]


def _count(described: dict[str, Any], key: str) -> int:
    """A count of an inspection; that of titles are those that are more than the name of a file."""
    if key == "titles":
        return sum(each for origin, each in described[key].items() if not is_by_name(origin))
    return int(described[key])


def _list_lines(
    facts: dict[str, Any], job: Job, most: int | None, shows_all: bool
) -> Iterator[str]:
    source = open_source(facts["raw"])
    archives = [mount.name for mount in source.mounts] if isinstance(source, Mounts) else []
    raw = f"archives {', '.join(archives)}" if archives else shorten_path(facts["raw"])
    found, looked_at = facts["found"], facts["looked_at"]
    yield f"{raw}: {found:,} files"
    if not found:
        return
    if looked_at < found:
        yield f"A sample: {looked_at:,} files were read. All counts below are of these (see --all)."
    yield from _tell_settings(facts)
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
    yield from _list_unreadable(facts["cannot_be_read"])
    if facts["ignored"]:
        yield ""
        rows = [(count, reason) for reason, count in facts["ignored"].items()]
        yield from align_columns(["files", "ignored because"], rows, most)
    yield ""
    yield f"A first build would take the mapping {facts['mapping']}: {facts['because']}."
    for name in facts["mappings"]:
        yield ""
        yield _title(name, facts)
        yield from _describe_mapping(
            facts["mappings"][name], lambda path: shorten_path(source.find_file(path)), most
        )
    if facts["keys"]:
        yield ""
        yield from _list_keys(facts, MOST_KEYS if not shows_all else None)
    yield ""
    yield from _advise(facts, job)


def _tell_settings(facts: dict[str, Any]) -> Iterator[str]:
    """The settings that count, and those of them that do nothing."""
    settings = facts["settings"]
    if settings is None:
        return
    yield f"{shorten_path(settings['path'])} counts, as in a build: see {facts['mapping']} below."
    if settings["idle"]:
        of_sample = " in the sample" if facts["looked_at"] < facts["found"] else ""
        yield f"Of its settings, these do nothing{of_sample}:"
    for each in settings["idle"]:
        meant = f"; is {each['meant']} meant?" if each["meant"] else ""
        yield f"  {each['setting']}: {each['problem']}{meant}"


def _describe_format(name: str) -> str:
    return f"{name} ({_FORMATS[name]})" if name in _FORMATS else name


def _list_unreadable(found: dict[str, Any]) -> Iterator[str]:
    """Files that the system does not let us read. A build would change nothing because of them."""
    if found["files"]:
        yield ""
        yield f"{count_noun(found['files'], 'file')} cannot be read, so a build would be refused:"
        for each in found["first"]:
            yield f"  {shorten_path(each['file'])}: {each['problem']}"


def _title(name: str, facts: dict[str, Any]) -> str:
    described = facts["mappings"][name]
    loaded, rejected = described["loaded"], described["rejected"]
    several = sum(each["files"] for each in described["reasons"]) > rejected
    chosen = "" if name == facts["mapping"] else f" (--mapping {name})"
    skipped = f", {described['skipped']:,} are skipped" if described["skipped"] else ""
    return (
        f"Under {name}{chosen}: {loaded:,} posts would load, {rejected:,} would be rejected"
        f"{', some for several reasons' if several else ''}{skipped}"
    )


def _describe_mapping(
    described: dict[str, Any], find_file: FindFile, most: int | None
) -> Iterator[str]:
    if loaded := described["loaded"]:
        dates = described["dates"]
        dated = {origin: count for origin, count in dates.items() if not is_undated(origin)}
        unread = {origin: dates[origin] for origin in dates.keys() - dated if origin != NOTHING}
        yield f"  dated by   {_list_origins(dated)}"
        yield f"  no date    {loaded - described['dated']:>6,}{_list_unread(unread)}"
        yield f"  titled by  {_list_origins(described['titles'])}"
    rows = [
        (
            each["files"],
            each["rule"],
            each["field"] or "",
            render_first(each["first"], find_file),
        )
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


def _advise(facts: dict[str, Any], job: Job, written: Path | None = None) -> Iterator[str]:
    """The next command. A build does not find settings that were `written` elsewhere."""
    chosen = facts["with_proposal"] if written else facts["mappings"][facts["mapping"]]
    loaded, rejected = chosen["loaded"], chosen["rejected"]
    if not loaded:
        yield "Nothing would load. Is this the folder of the posts? See --include and --exclude."
        return
    changes: dict[str, Any] = {}
    if written:
        # The globs are in the settings.
        is_found = find_settings(job.raw) == written
        job = replace(job, include=(), exclude=(), config=None if is_found else str(written))
    share = rejected / (loaded + rejected)
    limits = find_limits(job, find_job_settings(job, None))
    if loaded + rejected > FEWEST_FILES and share > limits.max_reject_share:
        changes["max_reject_share"] = round_up(share)
        limit = f"{limits.max_reject_share:.0%}"
        yield f"A build refuses to reject more than {limit} unless it is allowed to, as here:"
    # Archives lie where the settings say.
    if not isinstance(open_source(facts["raw"]), Mounts):
        changes["raw"] = facts["raw"]
        if shorten_path(facts["raw"]) != Job("build").raw:
            job = replace(job, warehouse=_name_warehouse(Path(facts["raw"])))
    yield f"Next: {render_job(job, **changes)}"


def _name_warehouse(raw: Path) -> Path:
    """A warehouse for this archive alone, apart from the raw files."""
    name = f"{raw.name or 'raw'}-warehouse"
    return raw.parent / name if Path.cwd().is_relative_to(raw) else Path(name)
