"""Guard rails."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import PipelineError, RefusedError, WarehouseError
from pipelines.runs.guards import list_objections
from pipelines.runs.job import Job, Limits
from tests.conftest import Archive, post


def files(loaded: int, rejected: int, ignored: int = 0) -> pl.DataFrame:
    counts = {"loaded": loaded, "rejected": rejected, "ignored": ignored}
    status = [name for name, count in counts.items() for _ in range(count)]
    reason = pl.when(status="rejected").then(pl.lit("title is_not_null: found nothing"))
    return pl.DataFrame({"status": status}).with_columns(reason=reason)


def paths(count: int) -> pl.Series:
    return pl.Series([f"{number}.md" for number in range(count)], dtype=pl.String)


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
def test_shares_stop_a_run_only_above_ten_files_and_only_if_they_grow(
    before: pl.DataFrame, after: pl.DataFrame, lost: int, objects: bool
) -> None:
    job = Job("build", Path("warehouse"), Path("raw"))
    assert bool(list_objections(before, after, paths(lost), 0, job, "")) is objects


def test_what_lets_it_pass_is_one_command_that_asks_for_the_same() -> None:
    limits = Limits(reject_share=0.08)
    job = Job(
        "build", Path("w x"), Path("a"), include="_news/*", months=("2024-03",), limits=limits
    )
    look = job.look(is_staged=True)
    assert list_objections(files(94, 6), files(47, 3, 0), paths(50), 3, job, look) == [
        "50 of 100 known files are gone or newly ignored, expected at most 20.0%; the first are "
        "0.md, 1.md, 2.md: look whether the raw files are whole and whether '_news/*' is the glob "
        "that was meant, and with `matterhouse rejects --staged --warehouse 'w x'` at what else "
        "was found, or insist with "
        "`matterhouse build --include '_news/*' --max-reject-share 0.08 --max-delete-share 0.5 "
        "--month 2024-03 --raw a --warehouse 'w x'`"
    ]
    full = replace(job, is_full=True, is_dry=True).command(limits)
    assert full.startswith("matterhouse build --full --dry-run --include ")
    told = list_objections(files(88, 12), files(20, 5), paths(75), 5, job, look)
    assert told[0] == (
        "5 of 25 files are rejected (20.0%), 5 of them by title is_not_null, expected at most "
        "12.0%, as before (12 of 100): "
        "look with `matterhouse rejects --staged --warehouse 'w x'`"
    )
    assert "--max-reject-share 0.2 --max-delete-share 0.75" in told[1]


@pytest.mark.parametrize(("errors", "is_strict"), [(0, True), (1, False)])
def test_to_insist_stays_strict_where_that_can_pass(errors: int, is_strict: bool) -> None:
    job = Job("build", Path("warehouse"), Path("raw"), limits=Limits(is_strict=True))
    told = list_objections(files(20, 0), files(5, 0), paths(15), errors, job, "")
    assert ("build --strict --max-delete-share 0.75`" in told[0]) is is_strict


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"limits": Limits(reject_share=5)}, "found the shares"),
        ({"limits": Limits(delete_share=-1)}, "found the shares"),
        ({"jobs": -3}, "found -3 jobs"),
        ({"wait_seconds": math.nan}, "nan seconds to wait"),
        ({"since": "2024"}, "found '2024', expected months"),
        ({"until": ""}, "expected months"),
        ({"months": ("unknown", "2024-03-15")}, "found '2024-03-15'"),
    ],
)
def test_a_job_is_what_can_be_asked_whoever_asks(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        Job("articles", Path("w"), Path("a"), **asked)


def test_what_is_wrong_with_most_files_is_told_with_their_number(archive: Archive) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post({"type": None}))
    for number in range(3):
        archive.write(f"{number}.md", "---\ntitle: x\n")
    with pytest.raises(RefusedError, match=r"\(100\.0%\), 9 of them by type is_not_null, expected"):
        archive.run(limits=Limits())


def test_a_refused_state_is_not_published_but_can_be_looked_at(archive: Archive) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post())
    archive.run()
    before = archive.hashes()
    archive.write("0.md", post({"title": None}))
    with pytest.raises(RefusedError, match=r"1 of 12 files are rejected \(8\.3%.*--staged.*0\.09"):
        archive.run(limits=Limits())
    assert archive.hashes() == before
    staged = archive.warehouse.staged().scan("findings").collect()
    assert staged["rule"].to_list() == ["is_not_null"]
    archive.run(limits=Limits(reject_share=0.09))
    assert archive.statuses()["0.md"] == "rejected"
    with pytest.raises(WarehouseError, match="no state is staged"):
        archive.warehouse.staged()


def test_what_was_accepted_is_no_objection_to_making_a_damaged_state_anew(
    archive: Archive,
) -> None:
    for number in range(12):
        archive.write(f"{number}.md", post())
    archive.write("bad.md", post({"title": None}))
    archive.run()
    archive.snapshot.list_files("articles")["2024-03"].unlink()
    assert archive.run(is_full=True, limits=Limits()).changes["new"] == 0
    for number in range(12):
        archive.delete(f"{number}.md")
    archive.snapshot.list_files("articles")["2024-03"].unlink()
    with pytest.raises(RefusedError, match="12 of 13 known files are gone"):
        archive.run(is_full=True, limits=Limits())


def test_strict_refuses_any_error(archive: Archive) -> None:
    archive.write("a.md", post({"images": "[{url: x}]"}))
    with pytest.raises(RefusedError, match="found errors: 1, expected none with --strict"):
        archive.run(limits=Limits(is_strict=True))
    assert archive.warehouse.current() is None
    with pytest.raises(WarehouseError, match="look at what was not published with"):
        archive.warehouse.pin()
