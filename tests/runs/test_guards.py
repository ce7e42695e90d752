"""The guards, and the jobs that they judge."""

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.changes.file_changes import FileChanges
from pipelines.errors import NothingPublishedError, RefusedError, UsageError, WarehouseError
from pipelines.mapping.built_in import EVERYDAY
from pipelines.reports.advice import explain
from pipelines.reports.commands import render_job
from pipelines.reports.text import summarize_run
from pipelines.runs.guards import Objection, list_objections
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_limits
from pipelines.runs.left_out import LeftOut
from tests.conftest import USUAL_LIMITS, Archive, Run, post


def files(loaded: int, rejected: int, ignored: int = 0) -> Counter[str]:
    return Counter(loaded=loaded, rejected=rejected, ignored=ignored)


def object_to(
    before: Counter[str], after: Counter[str], lost: int, errors: int, job: Job
) -> list[Objection]:
    """The objections to `after`, if so many files of `before` are lost.

    Each rejected file has an error, and its images have `errors` more.
    """
    paths = pl.Series([f"{number}.md" for number in range(lost)], dtype=pl.String)
    rejects = [("articles", f"{number}.md", "title") for number in range(after["rejected"])]
    others = [("images", "a.md", f"images[{number}]") for number in range(errors)]
    findings = pl.DataFrame(
        [*rejects, *others],
        {"table_name": pl.String, "source_path": pl.String, "field_path": pl.String},
        orient="row",
    ).with_columns(severity=pl.lit("error"), rule=pl.lit("is_not_null"))
    changes = FileChanges(before, after, {}, {}, paths, 0, paths.clear())
    return list_objections(
        changes, findings, find_limits(job, None), LeftOut(paths.clear()), EVERYDAY
    )


@pytest.mark.parametrize(
    ("before", "after", "lost", "objects"),
    [
        (files(0, 0), files(95, 5), 0, False),
        (files(0, 0), files(94, 6), 0, True),
        (files(0, 0), files(5, 5), 0, False),
        (files(0, 0), files(5, 6), 0, True),
        (files(0, 0), files(5, 5, ignored=90), 0, False),
        (files(94, 6), files(94, 6), 0, False),
        (files(94, 6), files(93, 7), 0, True),
        (files(100, 0), files(80, 0), 20, False),
        (files(100, 0), files(79, 0), 21, True),
        (files(10, 0), files(0, 0), 10, False),
        (files(11, 0), files(0, 0), 11, True),
    ],
)
def test_the_guards_apply_above_ten_files_and_only_to_growing_shares(
    before: Counter[str], after: Counter[str], lost: int, objects: bool
) -> None:
    job = Job("build", Path("warehouse"), "raw")
    assert bool(object_to(before, after, lost, 0, job)) is objects


def test_a_refusal_says_what_is_wrong_and_how_to_publish_anyway() -> None:
    job = Job("build", Path("w x"), "a", include=("_news/*",), max_reject_share=0.08)
    objections = object_to(files(94, 6), files(47, 3), 50, 3, job)
    assert explain(RefusedError(objections, job, is_staged=True)) == (
        "50 of 100 known posts are gone or newly ignored; the limit is 20.0%; the first are "
        "0.md, 1.md, 2.md: check that the raw files are complete, and that you mean '_news/*', "
        "or publish anyway with `matterhouse build --include '_news/*' "
        "--max-reject-share 0.08 --max-delete-share 0.5 --raw a --warehouse 'w x'`, "
        "or publish exactly what was refused with "
        "`matterhouse apply --accept too-many-losses --warehouse 'w x'`"
    )


def test_a_refusal_by_two_guards_names_both_limits() -> None:
    job = Job("build", Path("warehouse"), "raw")
    objections = object_to(files(88, 12), files(20, 5), 75, 5, job)
    assert str(objections[0]) == (
        "5 of 25 files are rejected (20.0%), most often by title is_not_null (5); the limit is "
        "12.0%, as before (12 of 100)"
    )
    advice = explain(RefusedError(objections, job, is_staged=True))
    assert "--max-reject-share 0.2 --max-delete-share 0.75" in advice
    tried = RefusedError(objections, replace(job, dry_run=True), is_staged=True)
    assert explain(tried) == advice


@pytest.mark.parametrize(("errors", "is_strict"), [(0, True), (1, False)])
def test_the_recommended_command_stays_strict_if_that_can_pass(
    errors: int, is_strict: bool
) -> None:
    job = Job("build", Path("warehouse"), "raw", strict=True)
    objections = object_to(files(20, 0), files(5, 0), 15, errors, job)
    advice = explain(RefusedError(objections, job, is_staged=True))
    assert ("build --strict --max-delete-share 0.75`" in advice) is is_strict


def test_a_recommended_command_asks_for_the_same_job() -> None:
    job = Job("images", Path("w"), "r", months=("2024-03", "unknown"), since="2024-01", jobs=3)
    assert render_job(job, max_reject_share=0.5) == (
        "matterhouse run images --month 2024-03 --month unknown --since 2024-01 "
        "--max-reject-share 0.5 --raw r --warehouse w"
    )
    full = Job("build", full=True, dry_run=True, wait_seconds=600)
    assert render_job(full) == "matterhouse build --full --dry-run"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"max_reject_share": 5}, "--max-reject-share: found 5, expected a number from 0 to 1"),
        ({"max_delete_share": -1}, "--max-delete-share: found -1, expected a number from 0 to 1"),
        ({"max_delete_share": math.nan}, "--max-delete-share: found nan"),
        ({"jobs": -3}, "--jobs: found -3, expected a number from 1 upwards"),
        ({"wait_seconds": math.nan}, "--wait: found nan, expected a number from 0 upwards"),
        ({"since": "2024"}, '--since: found "2024", expected YYYY-MM'),
        ({"until": ""}, '--until: found "", expected YYYY-MM'),
        ({"months": ("unknown", "2024-03-15")}, '--month: found "2024-03-15"'),
        ({"since": "2024-02", "until": "2024-01"}, "expected a month up to --until 2024-01"),
        ({"raw": " "}, "--raw: found nothing, expected a folder"),
    ],
)
def test_a_job_is_checked_whoever_asks_for_it(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Job(**{"name": "articles", "warehouse": Path("w"), "raw": "a"} | asked)


def test_a_refusal_names_the_rule_of_most_rejects(archive: Archive) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post({"type": None}))
    for number in range(3):
        archive.write(f"{number}.md", "---\ntitle: x\n")
    # It breaks another rule first, but this one too.
    archive.write("3.md", post({"type": None, "title": None}))
    with pytest.raises(
        RefusedError, match=r"\(100\.0%\), most often by type is_not_null \(9\); the limit"
    ):
        archive.run(**USUAL_LIMITS)


def test_a_refused_state_is_not_published_but_can_be_looked_at(archive: Archive) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post())
    archive.run()
    before = archive.hashes()
    archive.write("0.md", post({"title": None}))
    with pytest.raises(RefusedError, match=r"1 of 12 files are rejected \(8\.3%") as refusal:
        archive.run(**USUAL_LIMITS)
    assert re.search(r"rejects --staged.*--max-reject-share 0\.09", explain(refusal.value))
    assert archive.hashes() == before
    staged = archive.warehouse.staged().scan("findings").collect()
    assert staged["rule"].to_list() == ["is_not_null"]
    archive.run(max_reject_share=0.09)
    assert archive.statuses()["0.md"] == "rejected"
    with pytest.raises(WarehouseError, match="nothing is staged"):
        archive.warehouse.staged()


def test_a_full_build_of_a_damaged_state_accepts_known_rejects(
    archive: Archive,
) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post())
    archive.write("bad.md", post({"title": None}))
    archive.run()
    archive.snapshot.list_files("articles")["2024-03"].unlink()
    assert archive.run(full=True, **USUAL_LIMITS).changes["new"] == 0
    for number in range(12):
        archive.delete(f"{number}.md")
    archive.snapshot.list_files("articles")["2024-03"].unlink()
    with pytest.raises(RefusedError, match="12 of 13 known posts are gone"):
        archive.run(full=True, **USUAL_LIMITS)


def test_strict_refuses_a_state_with_any_error(archive: Archive) -> None:
    archive.write("a.md", post({"images": "[{url: x}]"}))
    with pytest.raises(RefusedError, match="there are errors: 1; --strict accepts none"):
        archive.run(strict=True)
    assert archive.warehouse.current() is None
    with pytest.raises(NothingPublishedError) as error:
        archive.warehouse.pin()
    assert "look at what was not published with" in explain(error.value)


BAD = {"publishedDateTime": "soon"}
"""What a feed looks like whose dates broke."""


@pytest.fixture
def known(archive: Archive) -> Archive:
    """A built archive of 40 posts, of which one is rejected."""
    for number in range(39):
        archive.write(f"known/{number:02}.md", post({"title": f"Known {number}"}))
    archive.write("known/bad.md", post(BAD))
    archive.run()
    return archive


def feed(archive: Archive, good: int, bad: int) -> None:
    for number in range(good + bad):
        change = BAD if number < bad else {}
        archive.write(f"new/{number}.md", post({"title": f"New {number}"} | change))


@pytest.mark.parametrize(
    ("good", "bad", "is_refused"),
    [(0, 3, False), (0, 4, True), (3, 1, False), (2, 2, True), (15, 5, False), (14, 6, True)],
)
def test_a_feed_that_breaks_is_refused_from_four_files_on(
    known: Archive, good: int, bad: int, is_refused: bool
) -> None:
    feed(known, good, bad)
    if is_refused:
        with pytest.raises(RefusedError):
            known.run(max_new_reject_share=None)
    else:
        known.run(max_new_reject_share=None)


def test_a_refused_feed_is_named_with_its_rule_and_the_way_out(known: Archive) -> None:
    feed(known, 1, 5)
    with pytest.raises(RefusedError) as refusal:
        known.run(max_new_reject_share=None)
    advice = explain(refusal.value)
    assert advice.startswith(
        "5 of 6 new or changed files are rejected and were not before (83.3%), most often by "
        "publishedDateTime is_timestamp (5); the limit is 25.0%; the first are new/0.md, "
        "new/1.md, new/2.md: look with `matterhouse rejects --staged"
    )
    assert "--max-new-reject-share 0.84" in advice
    known.run(max_new_reject_share=0.84)
    assert known.run(max_new_reject_share=None).status == "unchanged"


def test_good_posts_that_are_cut_off_are_refused(known: Archive) -> None:
    for number in range(5):
        known.write(f"known/{number:02}.md", "---\ntitle: cut o")
    with pytest.raises(RefusedError, match=r"5 of 5 new or changed files .* by is_closed"):
        known.run(max_new_reject_share=None)


def test_what_was_rejected_before_is_no_news(known: Archive) -> None:
    feed(known, 0, 6)
    known.run()
    for number in range(6):
        known.write(f"new/{number}.md", post(BAD | {"title": f"Edited {number}"}))
    known.run(max_new_reject_share=None)
    (known.raw / "new").rename(known.raw / "renamed")
    assert known.run(max_new_reject_share=None).changes["renamed"] == 6


def test_a_first_build_has_no_news(archive: Archive) -> None:
    feed(archive, 0, 8)
    archive.run(max_new_reject_share=None)


def test_files_that_did_not_change_are_no_news_if_the_parser_did(known: Archive) -> None:
    feed(known, 0, 5)
    known.run()
    known.make_stale("documents", "2024-03")
    assert known.run(max_new_reject_share=None).status == "published"


def test_deleted_posts_are_counted_and_named(known: Archive, run: Run) -> None:
    for number in range(5):
        known.delete(f"known/{number:02}.md")
    record = known.run()
    assert record.message == "5 deleted: known/00.md, known/01.md, known/02.md and 2 more"
    assert len(record.names["deleted"]) == 5
    assert summarize_run(record).endswith(record.message)
    known.delete("known/05.md")
    (known.raw / "known/05.md").symlink_to("elsewhere")
    outcome = run("build", "--mapping", "everyday")
    assert "1 newly ignored: known/05.md\n" in outcome.out


def test_deletes_can_be_limited_by_number(known: Archive) -> None:
    for number in range(3):
        known.delete(f"known/{number:02}.md")
    with pytest.raises(RefusedError, match=r"3 of 40 known posts .* limit is 2;") as refusal:
        known.run(max_deletes=2)
    assert "--max-deletes 3" in explain(refusal.value)
    known.run(max_deletes=3)


def test_deletes_can_be_allowed_whatever_the_limits(known: Archive) -> None:
    for number in range(30):
        known.delete(f"known/{number:02}.md")
    with pytest.raises(RefusedError, match=r"limit is 20\.0%"):
        known.run(max_delete_share=None)
    known.run(max_delete_share=None, max_deletes=0, allow_deletes=True)


def test_an_archive_that_is_gone_is_refused_and_nobody_is_told_how_to_publish_that(
    known: Archive,
) -> None:
    for path in known.raw.rglob("*.md"):
        path.unlink()
    with pytest.raises(RefusedError, match="known posts are gone") as refusal:
        known.run(**USUAL_LIMITS)
    assert explain(refusal.value).endswith(": check that the raw files are complete")


def test_an_archive_that_is_emptied_is_refused_and_no_mapping_is_blamed(known: Archive) -> None:
    for path in known.raw.rglob("*.md"):
        path.write_bytes(b"")
    with pytest.raises(RefusedError, match="most often by is_still_post") as refusal:
        known.run(**USUAL_LIMITS)
    advice = explain(refusal.value)
    assert "check that the raw files are complete, and look with `matterhouse rejects" in advice
    assert "inspect" not in advice
    assert "publish anyway" not in advice
