"""The report of a run: one page of Markdown for the person who is called.

Text of files stands in code blocks alone, where no renderer takes it for markup.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipelines.errors import MatterhouseError, RefusedError
from pipelines.reports.advice import advise
from pipelines.reports.by_hand import describe_by_hand
from pipelines.reports.commands import render_command, whole_paths
from pipelines.reports.refusals import list_overrides
from pipelines.reports.text import (
    FindFile,
    count_noun,
    describe_counts,
    escape_text,
    render_finding,
    summarize_run,
)
from pipelines.runs.job import Job
from pipelines.sources.addresses import open_source
from pipelines.warehouse.runs import RunRecord

_FENCE: Final = "```"


def render_report(job: Job, record: RunRecord | None, error: MatterhouseError | None) -> str:
    """What a run did, or why it did nothing, what it touched, and what to type next.

    Args:
        job: What was asked for.
        record: The record of the run; None if it did not begin.
        error: What it failed of; None if it did not fail.
    """
    with whole_paths():
        kind = "Refused: " if isinstance(error, RefusedError) else ""
        parts = [f"**{kind}{escape_markdown(describe_outcome(record, error))}**"]
        if error:
            parts.append(_render_advice(job, error))
        if record:
            parts += [_render_changes(record), _render_new(record), _render_rules(record)]
            parts += [_render_by_hand(job, record), _render_look(job, record)]
            parts += [_render_tables(record), _render_facts(record)]
    return "\n\n".join(filter(None, parts)) + "\n"


def describe_outcome(record: RunRecord | None, error: MatterhouseError | None) -> str:
    """What became of a run, in one line without advice."""
    if error or record is None:
        return escape_text(error)
    return escape_text(" ".join(filter(None, (_name_snapshot(record), summarize_run(record)))))


def escape_markdown(text: str) -> str:
    """`text` without a character that Markdown or HTML gives a meaning."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", escape_text(text))


def _name_snapshot(record: RunRecord) -> str | None:
    return None if record.snapshot is None else f"snapshot {record.snapshot}"


def _render_advice(job: Job, error: MatterhouseError) -> str:
    advice = advise(error)
    lines = [f"What to do: {escape_text(advice)}"] if advice else []
    overrides = list_overrides(error) if isinstance(error, RefusedError) else {}
    if overrides:
        values = ", ".join(f"{name} = {str(value).lower()}" for name, value in overrides.items())
        lines.append(f"In Prefect, run `{job.name}` by hand with the parameters `{values}`.")
    return "\n\n".join(lines)


def _render_changes(record: RunRecord) -> str:
    if not any(record.changes.values()):
        return ""
    lines = [f"### Files: {describe_counts(record.changes)}"]
    for kind, names in record.names.items():
        more = record.changes.get(kind, len(names)) - len(names)
        others = [f"and {more:,} more"] if more > 0 else []
        lines += ["", f"{kind.replace('_', ' ')}:", "", _render_block([*names, *others])]
    return "\n".join(lines)


def _render_new(record: RunRecord) -> str:
    if not record.first_findings:
        return ""
    counts = ", ".join(count_noun(count, name) for name, count in record.new_findings.items())
    found = [render_finding(each, _find_files(record)) for each in record.first_findings]
    more = sum(record.new_findings.values()) - len(found)
    others = [f"and {more:,} more"] if more > 0 else []
    return "\n".join([f"### New: {counts}", "", _render_block([*found, *others])])


def _find_files(record: RunRecord) -> FindFile:
    """Where the files of a run are found."""
    return open_source(record.raw).find_file if record.raw else str


def _render_rules(record: RunRecord) -> str:
    if not record.rules:
        return ""
    counts = [f"{count:>7,}  {rule}" for rule, count in record.rules.items()]
    return "\n".join(["### Errors by table, field and rule", "", _render_block(counts)])


def _render_by_hand(job: Job, record: RunRecord) -> str:
    """What a run that does not read all raw files left out, and what a replay closed."""
    lines = list(describe_by_hand(record, job.warehouse))
    return "\n".join(["### By hand", "", _render_block(lines)]) if lines else ""


def _render_look(job: Job, record: RunRecord) -> str:
    if not any(record.findings.values()):
        return ""
    staged = ["--staged"] if record.status in ("refused", "dry_run") else []
    look = render_command("rejects", *staged, warehouse=job.warehouse)
    return f"List the errors with `{look}`, and the warnings too with `--warnings`."


def _render_tables(record: RunRecord) -> str:
    if not record.rows:
        return ""
    rows = [
        f"| {table} | {rows:,} | {rewritten} | {kept} |"
        for table, rows, rewritten, kept in record.list_tables()
    ]
    return "\n".join(
        ["| table | rows | partitions rewritten | kept |", "|---|---:|---:|---:|", *rows]
    )


def _render_facts(record: RunRecord) -> str:
    steps = _describe_steps(record.steps)
    facts = {"run": record.run_id, "code": record.version, "host": record.host, "seconds": steps}
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return _render_block(lines)


def _describe_steps(steps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {seconds:g}" for name, seconds in steps.items())


def _render_block(lines: Sequence[Any]) -> str:
    """`lines` as code, whatever stands in them."""
    return "\n".join([_FENCE, *_list_harmless(lines), _FENCE])


def _list_harmless(lines: Sequence[Any]) -> Iterator[str]:
    for line in lines:
        # Nothing but such a row of backticks ends a block of code.
        yield escape_text(line).replace(_FENCE, "'''")
