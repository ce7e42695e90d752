"""replay: only the raw files with errors are read again."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import NothingPublishedError, OutdatedError, RawError, UsageError
from pipelines.runs.run import run_job
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, post
from tests.runs.test_archives import Both, both  # noqa: F401  # A fixture.

GOOD = post(APRIL | CHILDREN)


def test_a_fixed_file_is_taken_up_and_all_others_stay(built: Archive) -> None:
    built.write("_news/rejected.md", GOOD)
    built.write("_news/b.md", post(MARCH | {"title": "Not read"}))
    built.write("_news/new.md", post())
    built.delete("_news/c.md")
    record = built.run("replay")
    assert (record.status, record.changes["changed"], record.changes["new"]) == ("published", 1, 0)
    assert built.statuses()["_news/rejected.md"] == "loaded"
    assert built.statuses()["_news/c.md"] == "loaded"
    assert "_news/new.md" not in built.statuses()
    assert "Not read" not in built.rows("articles")["title"]
    assert (record.unread["new"], record.unread["changed"], record.unread["deleted"]) == (1, 1, 1)


def test_it_says_which_errors_were_closed_and_which_are_left(built: Archive) -> None:
    built.write("_news/rejected.md", GOOD)
    replayed = built.run("replay").replayed
    assert (replayed["files"], replayed["closed"], replayed["left"]) == (2, 3, 1)
    assert {each["source_path"] for each in replayed["first_closed"]} == {"_news/rejected.md"}
    assert [each["rule"] for each in replayed["first_left"]] == ["is_closed"]


def test_a_replay_and_a_build_equal_a_build_from_nothing(built: Archive) -> None:
    built.write("_news/rejected.md", GOOD)
    built.write("_news/broken.md", post(MARCH))
    built.run("replay")
    assert built.hashes() == built.hashes_from_nothing()
    built.write("_news/new.md", post())
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


@pytest.mark.parametrize(
    ("filters", "read"),
    [
        ({}, {"_news/broken.md", "_news/rejected.md"}),
        ({"rule": "is_closed"}, {"_news/broken.md"}),
        ({"table": "articles"}, {"_news/rejected.md"}),
        ({"field_path": "title"}, {"_news/rejected.md"}),
        ({"path": "**/b*.md"}, {"_news/broken.md"}),
        ({"path": "{raw}/_news/broken.md"}, {"_news/broken.md"}),
        ({"rule": "is_closed", "table": "articles"}, set()),
        # A warning rejects nothing.
        ({"rule": "is_known_key"}, set()),
    ],
)
def test_files_are_chosen_by_their_errors(
    built: Archive, filters: dict[str, str], read: set[str]
) -> None:
    for name in ("broken", "rejected"):
        built.write(f"_news/{name}.md", GOOD)
    found = {key: value.format(raw=built.raw) for key, value in filters.items()}
    record = built.run("replay", **found)
    loaded = {path for path, status in built.statuses().items() if status == "loaded"}
    assert loaded & {"_news/broken.md", "_news/rejected.md"} == read
    assert record.replayed["files"] == len(read)


def test_without_a_fix_nothing_is_published(built: Archive) -> None:
    record = built.run("replay")
    assert (record.status, record.replayed["closed"], record.replayed["left"]) == (
        "unchanged",
        0,
        4,
    )
    assert built.run("replay", rule="is_url").replayed["files"] == 0


def test_only_a_chosen_file_can_be_gone(built: Archive) -> None:
    built.delete("_news/rejected.md")
    built.delete("_news/a.md")
    assert built.run("replay").changes["deleted"] == 1
    assert "_news/rejected.md" not in built.statuses()
    assert built.statuses()["_news/a.md"] == "loaded"


def test_an_empty_raw_folder_is_an_accident(built: Archive) -> None:
    for path in built.raw.rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(RawError, match="holds no files, and the last snapshot has some of them"):
        built.run("replay")


def test_all_that_is_out_of_date_is_rebuilt(built: Archive) -> None:
    built.make_stale("articles", "2024-03")
    built.write("_news/rejected.md", GOOD)
    built.run("replay")
    records = built.snapshot.manifest.tables["articles"]
    assert records["2024-03"].fingerprint != "of other code"


def test_it_needs_documents_of_this_code(built: Archive, tmp_path: Path) -> None:
    built.make_stale("documents", "2024-03")
    with pytest.raises(OutdatedError, match="other code parsed the documents"):
        built.run("replay")
    empty = replace(built.job("replay"), warehouse=tmp_path / "none")
    with pytest.raises(NothingPublishedError, match="nothing is published here"):
        run_job(empty)


def test_another_raw_folder_is_refused(built: Archive, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--raw: replay reads files where the last build did"):
        run_job(replace(built.job("replay"), raw=str(tmp_path / "other")))


def test_a_path_that_is_no_glob_is_refused(built: Archive) -> None:
    with pytest.raises(UsageError, match="--path: found"):
        built.run("replay", path="[z-a]")


def test_of_several_archives_only_those_with_errors_must_be_there(
    both: Both,  # noqa: F811
) -> None:
    both.write("of-news/b.md", post({"heat": "hot"}))
    both.build()
    both.write("of-news/b.md", post({"title": "Fixed"}))
    (both.raw / "of-blog").rename(both.raw / "away")
    run_job(replace(both.job("replay"), raw="raw"))
    assert both.list_articles() == [("blog", "blog/a.md", "A"), ("news", "news/b.md", "Fixed")]
