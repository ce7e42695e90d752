"""Runs and findings as text for people, without characters that a terminal obeys."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pipelines.warehouse.runs import RunRecord

FindFile: TypeAlias = Callable[[str], str]
"""Where people find the file of a source path."""
MOST_CHARACTERS: Final = 160
"""How much is shown of a finding that stands for others."""
SHOWN_NAMES: Final = 3
"""How many names of a long list are shown."""
_HARMLESS_CATEGORIES = ("L", "M", "N", "P", "S", "Zs")


def escape_text(text: object) -> str:
    """`text`, with everything escaped that could move the cursor, or hide or reorder text."""
    return _escape(str(text), lambda each: each.encode("unicode_escape").decode("ascii"))


def escape_json(text: str) -> str:
    """The same JSON value, with the same characters escaped as in `escape_text`."""
    return "\n".join(
        _escape(line, lambda each: json.dumps(each)[1:-1]) for line in text.split("\n")
    )


def escape_to_ascii(text: str) -> str:
    """The same JSON value, with every other character escaped."""
    return re.sub(r"[^\n\x20-\x7e]", lambda found: json.dumps(found[0])[1:-1], text)


def _escape(text: str, write: Callable[[str], str]) -> str:
    """`text`, with `write` for every character that a terminal could obey."""
    if text.isprintable():
        return text
    return "".join(
        each if unicodedata.category(each).startswith(_HARMLESS_CATEGORIES) else write(each)
        for each in text
    )


def summarize_findings(record: RunRecord) -> str:
    """The outcome of a run in one line."""
    files = ", ".join(f"{count:,} {status}" for status, count in record.files.items())
    findings = ", ".join(count_noun(count, name) for name, count in record.findings.items())
    found = count_noun(sum(record.files.values()), "file")
    return f"{record.status}: {found} found, {files}; {findings}"


def summarize_run(record: RunRecord) -> str:
    """The same, and which files went or are waiting."""
    return "; ".join(filter(None, (summarize_findings(record), record.message)))


def count_noun(count: int, noun: str) -> str:
    """A count with its noun, like `1 error` or `2 errors`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def shorten_list(names: Sequence[str]) -> str:
    """The first of `names`, and how many more there are."""
    # A single other name takes no more room than its number.
    if len(names) <= SHOWN_NAMES + 1:
        return ", ".join(names)
    more = len(names) - SHOWN_NAMES
    return f"{', '.join(names[:SHOWN_NAMES])} and {more:,} more, which --json lists"


def describe_counts(counts: Mapping[str, int]) -> str:
    """Counts with their names, like `3 new, 1 newly ignored`, without those that are 0."""
    named = (f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    return ", ".join(named) or "none"


def render_finding(finding: dict[str, Any], find_file: FindFile) -> str:
    """One finding as `raw/path:line:column field: message [rule]`.

    Records of runs have no message. What was expected has to do then.
    """
    parts = (find_file(finding["source_path"]), finding["line"], finding["column_number"])
    place = ":".join(str(part) for part in parts if part is not None)
    severity = "warning: " if finding["severity"] == "warning" else ""
    field = "" if finding["field_path"] is None else f"{finding['field_path']}: "
    message = finding.get("message") or f"expected {finding['expected']}"
    return escape_text(f"{place} {field}{severity}{message} [{finding['rule']}]")


def render_first(first: dict[str, Any], find_file: FindFile) -> str:
    """A finding without what the columns beside it say, and not too long."""
    shown = {**first, "severity": "error", "field_path": None}
    text = render_finding(shown, find_file).removesuffix(f" [{first['rule']}]")
    return f"{text[:MOST_CHARACTERS]}..." if len(text) > MOST_CHARACTERS + 3 else text
