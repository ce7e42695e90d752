"""Guards: checks that refuse a publish which looks like an accident."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from pipelines.changes.file_changes import FileChanges
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.left_out import LeftOut
from pipelines.runs.limits import Limits
from pipelines.runs.rule_counts import select_findings
from pipelines.sources.globs import Globs
from pipelines.tables.files import select_file_errors
from pipelines.tables.finding_search import without_positions

FEWEST_FILES: Final = 10
"""Up to this many files, the limits of shares do not apply."""
FEWEST_NEW_FILES: Final = 4
"""From this many new or changed files on, the limit of their share applies."""
NAMED_FILES: Final = 3
"""How many files a message names."""


@dataclass(frozen=True)
class TooManyRejects:
    """A larger share of the files is rejected than the limit, and than before.

    `limit` is that share in words. `main_reason` is the most common field and rule, which `count`
    files break, perhaps among others.
    """

    rejected: int
    judged: int
    limit: str
    main_reason: str
    count: int

    @property
    def share(self) -> float:
        """The rejected files of those loaded or rejected."""
        return self.rejected / self.judged

    def __str__(self) -> str:
        return (
            f"{self.rejected:,} of {self.judged:,} files are rejected ({self.share:.1%}), "
            f"most often by {self.main_reason} ({self.count:,}); the limit is {self.limit}"
        )


@dataclass(frozen=True)
class TooManyNewRejects:
    """Of the files that came in, a larger share is rejected than the limit, and was not before.

    `came_in` files are new or changed, and loaded or rejected. `main_reason` and `count` are as
    above, among the `rejected`.
    """

    rejected: tuple[str, ...]
    came_in: int
    limit: float
    main_reason: str
    count: int

    @property
    def share(self) -> float:
        """The rejected files of those that came in."""
        return len(self.rejected) / self.came_in

    def __str__(self) -> str:
        return (
            f"{len(self.rejected):,} of {self.came_in:,} new or changed files are rejected and "
            f"were not before ({self.share:.1%}), most often by {self.main_reason} "
            f"({self.count:,}); the limit is {self.limit:.1%}; {_name_first(self.rejected)}"
        )


@dataclass(frozen=True)
class TooManyLosses:
    """More of the known posts are gone or newly ignored than a limit: a share or a number."""

    lost: tuple[str, ...]
    known: int
    limit: float
    is_share: bool = True

    @property
    def share(self) -> float:
        """The lost posts of those that the parent snapshot knew."""
        return len(self.lost) / self.known

    def __str__(self) -> str:
        limit = f"{self.limit:.1%}" if self.is_share else f"{self.limit:,}"
        return (
            f"{len(self.lost):,} of {self.known:,} known posts are gone or newly ignored; the "
            f"limit is {limit}; {_name_first(self.lost)}"
        )


@dataclass(frozen=True)
class PostsLeftOut:
    """Other files are chosen than before, and so posts would go whose files are still there."""

    lost: tuple[str, ...]
    before: Globs
    now: Globs

    def __str__(self) -> str:
        chosen = ""
        if self.before != self.now:
            chosen = f": {self.before or 'all files'} before, {self.now or 'all files'} now"
        is_one = len(self.lost) == 1
        posts = "1 post would go, though its file is" if is_one else ""
        posts = posts or f"{len(self.lost):,} posts would go, though their files are"
        return (
            f"{posts} still there, since other files are chosen{chosen}; {_name_first(self.lost)}"
        )


@dataclass(frozen=True)
class TooManyFindings:
    """More findings of a rule than the settings allow: a number, or a share of `judged` files."""

    rule: str
    findings: int
    files: tuple[str, ...]
    judged: int
    allowed: float

    @property
    def is_too_many(self) -> bool:
        """Whether there are more than the settings allow."""
        found = len(self.files) if self._is_share else self.findings
        return found > self.allowed * (self.judged if self._is_share else 1)

    @property
    def _is_share(self) -> bool:
        return 0 < self.allowed < 1

    def __str__(self) -> str:
        if self._is_share:
            found = f"{len(self.files):,} of {self.judged:,} files break {self.rule}"
            allowed = f"{self.allowed:.1%}"
        else:
            findings = "1 finding" if self.findings == 1 else f"{self.findings:,} findings"
            found, allowed = f"{findings} of {self.rule}", f"{self.allowed:,.0f}"
        return f"{found}; [guards.rules] allows {allowed}; {_name_first(self.files)}"


@dataclass(frozen=True)
class ErrorsWhenStrict:
    """There are errors, and `--strict` accepts none."""

    errors: int

    def __str__(self) -> str:
        return f"there are errors: {self.errors:,}; --strict accepts none"


Objection: TypeAlias = (
    TooManyRejects
    | TooManyNewRejects
    | TooManyLosses
    | PostsLeftOut
    | TooManyFindings
    | ErrorsWhenStrict
)


def list_objections(
    changes: FileChanges,
    findings: pl.DataFrame,
    limits: Limits,
    left_out: LeftOut,
    mapping: PostMapping,
) -> list[Objection]:
    """Why the state should not be published; empty if nothing is wrong with it.

    Args:
        changes: What became of the files since the parent snapshot.
        findings: Those of the state to be published.
        limits: What is accepted.
        left_out: The lost posts whose files are still there.
        mapping: By which the posts are read.
    """
    errors = findings.filter(severity="error").height
    return [
        *_judge_rejects(changes, findings, limits),
        *_judge_new_rejects(changes, findings, limits),
        *([] if limits.allow_deletes else _judge_losses(changes, limits, left_out)),
        *_judge_rules(changes, findings, limits, mapping),
        *([ErrorsWhenStrict(errors)] if limits.strict and errors else []),
    ]


def _judge_rejects(
    changes: FileChanges, findings: pl.DataFrame, limits: Limits
) -> Iterator[Objection]:
    now, then = _count_rejects(changes.statuses), _count_rejects(changes.statuses_before)
    most = limits.max_reject_share
    if now.judged > FEWEST_FILES and now.share > max(most, then.share):
        limit = f"{most:.1%}"
        if then.share > most:
            limit = f"{then.share:.1%}, as before ({then.rejected} of {then.judged})"
        yield TooManyRejects(*now, limit, *_find_main_reason(findings))


def _judge_new_rejects(
    changes: FileChanges, findings: pl.DataFrame, limits: Limits
) -> Iterator[Objection]:
    rejected, came_in = changes.new_rejects, changes.came_in
    is_first = not _count_rejects(changes.statuses_before).judged
    if is_first or came_in < FEWEST_NEW_FILES:
        return
    if len(rejected) / came_in > limits.max_new_reject_share:
        theirs = findings.filter(pl.col("source_path").is_in(rejected.implode()))
        yield TooManyNewRejects(
            tuple(rejected), came_in, limits.max_new_reject_share, *_find_main_reason(theirs)
        )


def _judge_losses(changes: FileChanges, limits: Limits, left_out: LeftOut) -> Iterator[Objection]:
    if len(left_out.posts):
        yield PostsLeftOut(tuple(left_out.posts), left_out.before, left_out.now)
    known = _count_rejects(changes.statuses_before).judged
    # A post that is a link now is as lost as one that is gone.
    lost = tuple(changes.lost.filter(~changes.lost.is_in(left_out.posts.implode())))
    if known > FEWEST_FILES and len(lost) / known > limits.max_delete_share:
        yield TooManyLosses(lost, known, limits.max_delete_share)
    if limits.max_deletes is not None and len(lost) > limits.max_deletes:
        yield TooManyLosses(lost, known, limits.max_deletes, is_share=False)


def _judge_rules(
    changes: FileChanges, findings: pl.DataFrame, limits: Limits, mapping: PostMapping
) -> Iterator[Objection]:
    judged = _count_rejects(changes.statuses).judged
    for rule, allowed in limits.rules.items():
        found = select_findings(findings, rule, mapping)
        files = tuple(found["source_path"].unique().sort())
        objection = TooManyFindings(rule, found.height, files, judged, allowed)
        if objection.is_too_many:
            yield objection


def _name_first(source_paths: tuple[str, ...]) -> str:
    first = ", ".join(source_paths[:NAMED_FILES])
    return f"the first are {first}" if len(source_paths) > 1 else f"it is {first}"


def round_up(share: float) -> float:
    """The limit of two digits that just accepts `share`."""
    return math.ceil(round(share * 100, 9)) / 100


class _Rejects(NamedTuple):
    """How many files are rejected, of those that are loaded or rejected."""

    rejected: int
    judged: int

    @property
    def share(self) -> float:
        return self.rejected / self.judged if self.judged else 0.0


class _Reason(NamedTuple):
    field_and_rule: str
    files: int


def _count_rejects(statuses: Mapping[str, int]) -> _Rejects:
    rejected = statuses.get("rejected", 0)
    return _Rejects(rejected, rejected + statuses.get("loaded", 0))


def _find_main_reason(findings: pl.DataFrame) -> _Reason:
    """The field and rule that most files break, without positions in lists."""
    field = without_positions(pl.col("field_path"))
    reason = pl.concat_str(field, "rule", separator=" ", ignore_nulls=True)
    counts = (
        select_file_errors(findings)
        .group_by(reason=reason)
        .agg(pl.col("source_path").n_unique())
        .sort("source_path", "reason", descending=[True, False])
    )
    return _Reason(*counts.row(0))
