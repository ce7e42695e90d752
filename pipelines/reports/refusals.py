"""Refusals: where to look, what to check, and how to publish all the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.errors import RefusedError
from pipelines.reports.commands import (
    look_at_findings,
    render_apply,
    render_inspection,
    render_job,
)
from pipelines.runs.guards import (
    ErrorsWhenStrict,
    Objection,
    PostsLeftOut,
    TooManyFindings,
    TooManyLosses,
    TooManyNewRejects,
    TooManyRejects,
    round_up,
)
from pipelines.runs.planned import name_objection
from pipelines.warehouse.layout import SETTINGS_NAME


def advise_refused(error: RefusedError) -> str:
    """What to do about a refusal, in one line."""
    if _is_all_rejected(error):
        if _is_by_new_rejects(error):
            return f"check that the raw files are complete, and look with `{_look(error)}`"
        inspect = render_inspection(error.job.raw)
        return f"see what the files hold, and which mapping fits, with `{inspect}`"
    return ", ".join(dict.fromkeys(_list_ways(error)))


def _list_ways(error: RefusedError) -> Iterator[str]:
    # What was lost has no findings.
    if not all(isinstance(each, TooManyLosses | PostsLeftOut) for each in error.objections):
        yield f"look with `{_look(error)}`"
    for objection in error.objections:
        yield from _list_checks(objection, error)
    if changes := list_overrides(error):
        yield f"or publish anyway with `{render_job(error.job, dry_run=False, **changes)}`"
    if error.is_staged and not error.job.is_trial:
        apply = render_apply(map(name_objection, error.objections), error.job.warehouse)
        yield f"or publish exactly what was refused with `{apply}`"


def _list_checks(objection: Objection, error: RefusedError) -> Iterator[str]:
    match objection:
        case TooManyLosses():
            globs = error.job.globs
            meant = f", and that you mean {globs}" if globs else ""
            yield f"check that the raw files are complete{meant}"
        case PostsLeftOut():
            yield "check that you mean to leave them out"
        case TooManyFindings():
            yield f"or allow more in [guards.rules] of {SETTINGS_NAME}"


def _look(error: RefusedError) -> str:
    """The command that shows the findings: of what came in, those that are new."""
    return look_at_findings(
        error.job, is_staged=error.is_staged, only_new=_is_by_new_rejects(error)
    )


def _is_by_new_rejects(error: RefusedError) -> bool:
    return any(isinstance(each, TooManyNewRejects) for each in error.objections)


def _is_all_rejected(error: RefusedError) -> bool:
    return any(isinstance(each, TooManyRejects) and each.share == 1 for each in error.objections)


def _is_all_lost(error: RefusedError) -> bool:
    return any(isinstance(each, TooManyLosses) and each.share == 1 for each in error.objections)


def list_overrides(error: RefusedError) -> dict[str, Any]:
    """The options, with their values, that would let the refused state be published.

    None are named if that is no use: nobody wants to publish empty tables, and no option allows
    more findings of a rule.
    """
    is_limited = any(isinstance(each, TooManyFindings) for each in error.objections)
    is_useless = is_limited or _is_all_rejected(error) or _is_all_lost(error)
    return {} if is_useless else _list_changes(error.objections)


def _list_changes(objections: Sequence[Objection]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for objection in objections:
        changes |= _find_change(objection)
    if "allow_deletes" in changes:
        # It accepts all other losses, too.
        changes = {name: value for name, value in changes.items() if "max_delete" not in name}
    # A strict run would be refused again for its errors.
    is_strict = any(isinstance(each, ErrorsWhenStrict) for each in objections)
    return {**changes, "strict": False} if changes and is_strict else changes


def _find_change(objection: Objection) -> dict[str, Any]:
    match objection:
        case TooManyRejects():
            return {"max_reject_share": round_up(objection.share)}
        case TooManyNewRejects():
            return {"max_new_reject_share": round_up(objection.share)}
        case TooManyLosses(is_share=True):
            return {"max_delete_share": round_up(objection.share)}
        case TooManyLosses():
            return {"max_deletes": len(objection.lost)}
        case PostsLeftOut():
            return {"allow_deletes": True}
    return {}
