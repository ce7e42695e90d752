"""The outcome of a run: files, tables, and what to look at next."""

from collections.abc import Iterator
from typing import Final

from pipelines.cli.console import list_changes, print_line
from pipelines.mapping.post_mapping import EVERYDAY
from pipelines.reports.advice import look_at_findings
from pipelines.reports.text import count_noun, summarize_findings
from pipelines.runs.job import Job
from pipelines.warehouse.runs import RunRecord

SHOWN_REASONS: Final = 4
"""How many reasons for ignored files are shown."""


def print_run(record: RunRecord, engine: str, job: Job) -> None:
    """The outcome of a run that `job` asked for."""
    print_line(f"{record.job}: {_describe_changes(record)}")
    if record.status != "unchanged":
        # Without rich, which takes long to load and adds nothing to a log.
        for table, rows, rewritten, kept in record.list_tables():
            partitions = f"partitions: {rewritten:,} rewritten, {kept:,} kept"
            print_line(f"  {table:<13} {rows:>11,} rows   {partitions}")
    for line in _describe_reading(record):
        print_line(line)
    print_line(summarize_findings(record))
    if record.snapshot is not None:
        print_line(f"snapshot {record.snapshot}, {record.seconds:.1f} s, {engine}")
    # The message of a refusal says so.
    if record.status != "refused" and any(record.findings.values()):
        print_line(_advise(record, job))


def _describe_reading(record: RunRecord) -> Iterator[str]:
    """How the files were read, and what did not become a dated article."""
    if record.mapping not in (None, EVERYDAY.name):
        yield f"mapping: {record.mapping}, the usual keys of site generators"
    articles = record.rows.get("articles", 0)
    if record.undated:
        yield f"dated: {articles - record.undated:,} of {articles:,} articles"
    if record.ignored:
        shown = list(record.ignored.items())[:SHOWN_REASONS]
        others = len(record.ignored) - len(shown)
        more = f"; {count_noun(others, 'other reason')}" if others else ""
        counts = (f"{count_noun(count, 'file')}: {reason}" for reason, count in shown)
        yield f"ignored: {'; '.join(counts)}{more}"
    if any(record.files.values()) and not record.files.get("loaded"):
        yield "no article is in the tables: `matterhouse inspect` shows what the files hold"


def _advise(record: RunRecord, job: Job) -> str:
    """How to list the findings."""
    is_staged = record.status == "dry_run"
    ways = []
    if record.findings["error"]:
        ways.append(f"the errors with `{look_at_findings(job, is_staged=is_staged)}`")
    if record.findings["warning"]:
        look = look_at_findings(job, is_staged=is_staged, with_warnings=True)
        ways.append(f"the warnings{' too' if ways else ''} with `{look}`")
    return f"list {', '.join(ways)}"


def _describe_changes(record: RunRecord) -> str:
    if record.job not in ("build", "ingest"):
        return "made from documents"
    if any(record.changes.values()):
        return list_changes(record.changes)
    return "no content of a file changed" if any(record.files.values()) else "found no files"
