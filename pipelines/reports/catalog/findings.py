"""The findings of a snapshot: by rule, by month, and the first of them with their lines."""

from pathlib import Path
from typing import Any, Final

from pipelines.reports.catalog.asking import Ask
from pipelines.reports.catalog.months import MOST_STEPS, choose_scale, sum_steps
from pipelines.reports.rejects import open_rejects
from pipelines.reports.text import render_finding
from pipelines.sources.addresses import open_source
from pipelines.sources.source import Source
from pipelines.warehouse.snapshot import Snapshot

MOST_LINES: Final = 200
"""How many findings are listed one by one. `matterhouse rejects` lists all."""


def describe_findings(snapshot: Snapshot, ask: Ask) -> dict[str, Any]:
    """The findings of `snapshot`, errors first."""
    rejects = open_rejects(snapshot)
    source = open_source(snapshot.manifest.raw)
    counts = rejects.count()
    return {
        "errors": counts["error"],
        "warnings": counts["warning"],
        "groups": [_describe_group(row, source) for row in rejects.group().to_dicts()],
        "months": _count_months(ask),
        "lines": [
            _describe_line(row, source)
            for row in rejects.read_shown().head(MOST_LINES).iter_rows(named=True)
        ],
    }


def _count_months(ask: Ask) -> dict[str, Any]:
    """The findings of each rule by the month of their article, as far as it has one."""
    rows = ask(
        "SELECT rule, published_month AS month, count(*) AS findings FROM findings "
        "JOIN (SELECT source_path, published_month FROM files) USING (source_path) "
        "WHERE published_month <> 'unknown' GROUP BY ALL ORDER BY rule, month"
    )
    scale = choose_scale((row["month"] for row in rows), MOST_STEPS)
    rules: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        rules.setdefault(row["rule"], []).append((row["month"], row["findings"]))
    counts = {rule: sum_steps(found, scale) for rule, found in rules.items()}
    return {
        "step": scale.step,
        "steps": scale.steps,
        "rows": [{"rule": rule, "counts": found} for rule, found in counts.items()],
        "most": max((max(found) for found in counts.values()), default=0),
    }


def _describe_group(group: dict[str, Any], source: Source) -> dict[str, Any]:
    first = group.pop("first")
    return {**group, "first": _describe_line({**first, "severity": group["severity"]}, source)}


def _describe_line(finding: dict[str, Any], source: Source) -> dict[str, Any]:
    """One finding as a line of text, and where a browser finds its file."""
    places = (finding["source_path"], finding["line"], finding["column_number"])
    # The page shows the severity beside it.
    text = render_finding({**finding, "severity": "error"}, lambda path: path)
    place = ":".join(str(each) for each in places if each is not None)
    return {
        "severity": finding["severity"],
        "place": place,
        "text": text.removeprefix(f"{place} "),
        "link": link_file(source, finding["source_path"]),
    }


def link_file(source: Source, source_path: str) -> str | None:
    """The address of a raw file for a browser on this machine; None if it has none."""
    try:
        return Path(source.find_file(source_path)).absolute().as_uri()
    except (ValueError, OSError):
        return None
