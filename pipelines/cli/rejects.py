"""What `matterhouse rejects` prints: findings, a line each, or how many there are of which kind."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from pipelines.cli.columns import align_columns
from pipelines.cli.console import print_error, print_line
from pipelines.reports.rejects import Rejects, count_pages
from pipelines.reports.text import FindFile, count_noun, render_finding, render_first

MOST_FIELDS: Final = 10
"""If a rule was broken in more fields of a table, they are counted together."""
MOST_NAMES: Final = 20
"""How many names are listed for one that is not there."""
_MOST_CHARACTERS: Final = 60


def print_findings(rejects: Rejects, total: int, find_file: FindFile, page: int | None) -> None:
    """All of `rejects`, or those of a page and which page of how many it is, if it is not all."""
    for finding in rejects.read_shown(page).iter_rows(named=True):
        print_line(render_finding(finding, find_file))
    pages = count_pages(total)
    if page is not None and pages > 1:
        following = f"--page {page + 1} shows the next, " if page < pages else ""
        print_error(f"page {page:,} of {pages:,}: {following}--all shows all {total:,}")


def print_groups(
    rejects: Rejects, counts: dict[str, int], find_file: FindFile, *, shows_all: bool
) -> None:
    """How many `rejects` there are of each kind, with the first of them."""
    groups = rejects.group(None if shows_all else MOST_FIELDS).to_dicts()
    print_line(f"{_list_counts(counts)}, by table, field and rule")
    print_line("")
    rows = [_render_group(group, find_file) for group in groups]
    for line in align_columns(
        ["findings", "files", "severity", "table", "field", "rule", "the first one"], rows
    ):
        print_line(line)
    print_line("")
    print_line(
        "List those of one line with --table, --field and --rule, or all of them with --page 1."
    )


def describe_known(wanted: str | None, names: Sequence[str], what: str) -> str:
    """Which names there are, for one that is not among them; nothing if it is."""
    if wanted is None or wanted in names:
        return ""
    close = get_close_matches(wanted, names)
    meant = f" is {' or '.join(close)} meant?" if close else ""
    more = len(names) - MOST_NAMES
    listed = ", ".join(names[:MOST_NAMES]) or "none"
    return f";{meant} {what}: {listed}{f' and {more:,} more' if more > 0 else ''}"


def _list_counts(counts: dict[str, int]) -> str:
    return " and ".join(count_noun(count, severity) for severity, count in counts.items() if count)


def _render_group(group: dict[str, Any], find_file: FindFile) -> tuple[int | str, ...]:
    field = group["field"] or ""
    shown = f"{field[:_MOST_CHARACTERS]}..." if len(field) > _MOST_CHARACTERS + 3 else field
    first = render_first(group["first"], find_file)
    kind = (group["severity"], group["table_name"], shown, group["rule"])
    return (group["findings"], group["files"], *kind, first)
