"""A profile as a file: JSON, CSV, Markdown or a page."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any, Final, Literal

from pipelines.reports.markdown import render_rows, render_text
from pipelines.reports.profile.checks import GROUPS
from pipelines.reports.profile.page import render_page
from pipelines.reports.profile.profile import Profile
from pipelines.reports.profile.words import name_line, name_months, name_place
from pipelines.reports.text import escape_json

ProfileFormat = Literal["json", "csv", "markdown", "html"]


def write_profile(profile: Profile, form: ProfileFormat) -> str:
    """The profile as text of a format. In CSV it is its columns, or its warnings if it has none."""
    return _WRITERS[form](profile)


def _write_json(profile: Profile) -> str:
    return escape_json(json.dumps(profile._asdict(), indent=1, ensure_ascii=False)) + "\n"


def _write_csv(profile: Profile) -> str:
    rows = profile.columns or list(map(_flatten, profile.warnings))
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flatten(warning: Mapping[str, Any]) -> dict[str, Any]:
    """A warning as one line, with its examples as places in one text."""
    places = [name_line(example, example["file"]) for example in warning["examples"]]
    months = name_months(warning["months"])
    shown = {name: value for name, value in warning.items() if name != "thresholds"}
    return {**shown, "months": months, "examples": "\n".join(places)}


def _write_markdown(profile: Profile) -> str:
    return "\n".join(_list_paragraphs(profile))


def _list_paragraphs(profile: Profile) -> Iterator[str]:
    for group, heading in GROUPS.items():
        found = [warning for warning in profile.warnings if warning["group"] == group]
        if found:
            yield f"## {heading}\n"
        for warning in found:
            yield f"### {render_text(warning['title'])}\n"
            yield f"{render_text(name_place(warning))}: {render_text(warning['message'])}.\n"
            yield f"{render_text(warning['means'])} {render_text(warning['fix'])}\n"
            for example in warning["examples"]:
                yield f"- {render_text(name_line(example, example['source_path']))}"
            yield ""
    if profile.columns:
        yield "## Columns\n"
        yield render_rows(list(profile.columns[0]), [list(row.values()) for row in profile.columns])


_WRITERS: Final[dict[ProfileFormat, Callable[[Profile], str]]] = {
    "json": _write_json,
    "csv": _write_csv,
    "markdown": _write_markdown,
    "html": render_page,
}
