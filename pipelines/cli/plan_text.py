"""What `matterhouse plan` prints."""

from collections.abc import Iterator
from typing import Final

from pipelines.cli.comparison_text import print_comparison
from pipelines.cli.console import print_line
from pipelines.reports.commands import render_command, render_plan, shorten_path
from pipelines.reports.staged import compare_staged, find_apply, list_new_findings
from pipelines.reports.text import count_noun, describe_counts, render_finding
from pipelines.runs.job import Job
from pipelines.sources.addresses import open_source
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.staged_plan import StagedPlan, read_plan

SHOWN_FINDINGS: Final = 10
"""How many new and closed findings are shown by default."""


def print_nothing_planned(record: RunRecord, job: Job) -> None:
    """A plan in which nothing changes."""
    print_line(f"plan of {job.name}: nothing would change in snapshot {record.snapshot}")


def print_plan(record: RunRecord, job: Job, limit: int | None) -> None:
    """What would change, which findings would come and go, and what to type next."""
    plan = read_plan(job.warehouse)
    changes = describe_counts(record.changes) if job.reads_raw else "made from documents"
    print_line(f"plan of {job.name}: {changes}")
    print_comparison(compare_staged(job.warehouse), limit, unlisted={"findings"})
    print_line("")
    for line in _describe_findings(job, SHOWN_FINDINGS if limit is None else limit):
        print_line(line)
    for name, said in plan.objections.items():
        print_line(f"refused by the guard {name}: {said}")
    print_line(_describe_next(plan, job))


def _describe_findings(job: Job, limit: int) -> Iterator[str]:
    changes = list_new_findings(job.warehouse)
    counts = [count_noun(count, f"{kind} {what}") for kind, what, count in changes.count_kinds()]
    yield f"findings: {', '.join(counts) or 'none new, none closed'}"
    source = open_source(compare_staged(job.warehouse).new.manifest.raw)

    def find_file(source_path: str) -> str:
        return shorten_path(source.find_file(source_path))

    for sign, rows in (("+", changes.new), ("-", changes.closed)):
        for finding in rows.head(limit).iter_rows(named=True):
            yield f"  {sign} {render_finding(finding, find_file)}"
        if rows.height > limit:
            yield f"  {sign} and {rows.height - limit:,} more"


def _describe_next(plan: StagedPlan, job: Job) -> str:
    rows = render_command("diff", "staged", "--rows", warehouse=job.warehouse)
    see = f"see all of it with `{rows}`"
    command = find_apply(plan, job.warehouse)
    if command is None:
        whole = render_plan(job, months=(), since=None, until=None)
        return (
            "Nothing is published, and this plan cannot be applied: the other months would still "
            f"follow the old rules. {see[0].upper()}{see[1:]}, or plan all months with `{whole}`."
        )
    anyway = ", although a guard refuses it," if plan.objections else ""
    return f"Nothing is published. Publish exactly this{anyway} with `{command}`, or {see}."
