"""The outcome of a run: files, tables, and what to look at next."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from pipelines.cli.console import print_line
from pipelines.mapping.built_in import CHOSEN_MAPPING, EVERYDAY
from pipelines.reports.by_hand import describe_by_hand
from pipelines.reports.commands import look_at_findings, render_inspection
from pipelines.reports.text import count_noun, describe_counts, summarize_findings
from pipelines.runs.job import Job
from pipelines.sources.globs import EVERYTHING, Globs
from pipelines.sources.source import NOT_ENTERED
from pipelines.warehouse.layout import SETTINGS_NAME
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
    for line in (*_describe_choice(record, job), *_describe_reading(record)):
        print_line(line)
    print_line(summarize_findings(record))
    # The message of a refusal is printed as an error.
    if record.message and record.status != "refused":
        print_line(record.message)
    if record.snapshot is not None:
        print_line(f"snapshot {record.snapshot}, {record.seconds:.1f} s, {engine}")
    # The message of a refusal says so.
    if record.status != "refused" and any(record.findings.values()):
        print_line(_advise(record, job))
    for line in describe_by_hand(record, job.warehouse):
        print_line(line)


def _describe_choice(record: RunRecord, job: Job) -> Iterator[str]:
    """Which files count, if not all. Settings or an earlier build may have said so."""
    globs = Globs(*(tuple(record.options.get(name) or ()) for name in ("include", "exclude")))
    if globs and job.reads_raw:
        way = "" if job.globs else f"; build --include '{EVERYTHING}' takes all"
        yield f"files that count: {globs}{way}"


def _describe_reading(record: RunRecord) -> Iterator[str]:
    """How the files were read, and what did not become a dated article."""
    is_asked_for = record.options.get("mapping") != CHOSEN_MAPPING
    is_first_default = record.mapping == EVERYDAY.name and not record.is_adapted
    if record.mapping and (not is_first_default or is_asked_for):
        adapted = f", and {SETTINGS_NAME}" if record.is_adapted else ""
        yield f"mapping: {record.mapping}, {_describe_mapping(record.mapping)}{adapted}"
    articles = record.rows.get("articles", 0)
    if record.undated:
        yield f"dated: {articles - record.undated:,} of {articles:,} articles"
    if record.ignored:
        yield f"ignored: {_list_ignored(record.ignored)}"
    if record.files and not record.files.get("loaded"):
        # After a refusal, the tables still have the articles of the last snapshot.
        none = "would load" if record.status in ("refused", "dry_run") else "is in the tables"
        yield f"no article {none}: see `{render_inspection(record.options['raw'])}`"


def _describe_mapping(name: str) -> str:
    return (
        "the keys of the tables" if name == EVERYDAY.name else "the usual keys of site generators"
    )


def _list_ignored(counts: dict[str, int]) -> str:
    """The most common reasons. A single other one takes no more room than a hint at it."""
    shown = len(counts) if len(counts) == SHOWN_REASONS + 1 else SHOWN_REASONS
    listed = [
        f"{count_noun(count, 'folder' if reason.endswith(NOT_ENTERED) else 'file')}: {reason}"
        for reason, count in islice(counts.items(), shown)
    ]
    others = [count_noun(len(counts) - shown, "other reason")] if len(counts) > shown else []
    return "; ".join(listed + others)


def _advise(record: RunRecord, job: Job) -> str:
    """How to list the findings."""
    is_staged = record.status == "dry_run"
    ways = []
    if record.findings["error"]:
        look = look_at_findings(job, is_staged=is_staged)
        new = record.new_findings.get("error", 0)
        has_others = 0 < new < record.findings["error"]
        if has_others:
            look_new = look_at_findings(job, is_staged=is_staged, only_new=True)
            ways.append(f"{count_noun(new, 'new error')} with `{look_new}`")
        ways.append(f"{'all' if has_others else 'the'} errors with `{look}`")
    if record.findings["warning"]:
        look = look_at_findings(job, is_staged=is_staged, with_warnings=True)
        ways.append(f"the warnings{' too' if ways else ''} with `{look}`")
    return f"list {', '.join(ways)}"


def _describe_changes(record: RunRecord) -> str:
    if record.job not in ("build", "ingest", "replay"):
        return "made from documents"
    changes = {kind: count for kind, count in record.changes.items() if kind != "waiting"}
    if any(changes.values()):
        return describe_counts(changes)
    return "no content of a file changed" if any(record.files.values()) else "found no files"
