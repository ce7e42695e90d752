"""What looks wrong in a snapshot although every rule is kept: the warnings of its profile."""

from typing import Any

from pipelines.reports.catalog.findings import link_file
from pipelines.reports.profile.adapted import find_checks
from pipelines.reports.profile.profile import make_profile
from pipelines.runs.operating import recall_job
from pipelines.sources.addresses import open_source
from pipelines.sources.source import Source
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


def describe_doubts(warehouse: Warehouse, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every warning with what it means, what helps, and examples that link to raw files.

    Raises:
        SettingsError: The settings beside the raw folder make no sense.
    """
    source = open_source(snapshot.manifest.raw)
    checks = find_checks(recall_job(snapshot, warehouse.root, None))
    warnings = make_profile(warehouse, snapshot, checks=checks, with_columns=False).warnings
    return [_describe(warning, source) for warning in warnings]


def _describe(warning: dict[str, Any], source: Source) -> dict[str, Any]:
    shown = ("check", "title", "message", "column", "provider", "type", "means", "fix")
    months = sorted(warning["months"])
    return {
        **{name: warning[name] for name in shown},
        "months": " to ".join(dict.fromkeys((months[0], months[-1]))) if months else None,
        "examples": [_describe_example(each, source) for each in warning["examples"]],
    }


def _describe_example(example: dict[str, Any], source: Source) -> dict[str, Any]:
    places = (example["source_path"], example["line"], example["column_number"])
    return {
        "place": ":".join(str(each) for each in places if each is not None),
        "link": link_file(source, example["source_path"]),
        "text": (example["text"] or "").strip(),
    }
