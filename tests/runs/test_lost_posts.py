"""Posts that lose their content: an error by name, until they are posts again."""

import pytest

from pipelines.runs.maintenance import roll_back
from tests.conftest import CHILDREN, Archive, post

IS_LOST = "is_still_post"
LATE_FENCE = "Some words.\n" + post()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is empty"),
        ("Just text.\n", "it does not begin with front matter (---, +++ or {)"),
        (LATE_FENCE, "it does not begin with front matter (---, +++ or {)"),
        ("--- title: x\n", "its first line is more than a fence (---)"),
        ("---js\n{}\n---\n", "JavaScript front matter is not read"),
    ],
)
def test_a_post_that_becomes_something_else_is_an_error_by_name(
    archive: Archive, content: str, problem: str
) -> None:
    archive.write("a.md", post(CHILDREN))
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", content)
    record = archive.run()
    message = f"{problem}, expected a post, as in snapshot 1"
    assert archive.findings("table_name", "source_path", "rule", "message") == [
        ("documents", "a.md", IS_LOST, message)
    ]
    assert record.files == {"loaded": 1, "rejected": 1, "ignored": 0}
    assert record.changes["newly_ignored"] == 0
    assert archive.rows("files")["reason"].to_list() == [f"{IS_LOST}: {message}", None]
    assert archive.rows("articles")["source_path"].to_list() == ["b.md"]
    assert archive.rows("images").height == archive.rows("related_links").height == 0


def test_a_post_that_was_rejected_counts_too(archive: Archive) -> None:
    archive.write("a.md", post({"title": None}))
    archive.run()
    archive.write("a.md", "")
    archive.run()
    assert archive.findings("rule") == [(IS_LOST,)]


def test_what_never_was_a_post_stays_ignored(archive: Archive) -> None:
    archive.write("notes.md", "text")
    archive.write("a.md~", post())
    archive.run()
    archive.write("notes.md", "")
    archive.write("new.md", "")
    archive.run()
    assert set(archive.statuses().values()) == {"ignored"}
    assert archive.findings("rule") == []


def test_a_post_that_becomes_a_link_is_only_ignored(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.run()
    archive.delete("a.md")
    (archive.raw / "a.md").symlink_to("elsewhere")
    assert archive.run().changes["newly_ignored"] == 1
    assert archive.findings("rule") == []


def test_the_error_stays_until_the_file_is_a_post_again(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    assert archive.run().status == "unchanged"
    archive.write("b.md", post({"title": "Another"}))
    archive.run()
    archive.write("a.md", "Text.\n")
    archive.run()
    assert archive.findings("message") == [
        ("it does not begin with front matter (---, +++ or {), expected a post, as in snapshot 1",)
    ]
    archive.write("a.md", post())
    archive.run()
    assert archive.findings("rule") == []
    assert archive.hashes() == archive.hashes_from_nothing()


def test_the_error_ends_with_its_file(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    archive.delete("a.md")
    archive.run()
    assert archive.findings("rule") == []
    assert archive.statuses() == {"b.md": "loaded"}


def test_the_error_ends_when_its_file_is_left_out(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    archive.run(exclude=("a.md",), allow_deletes=True)
    assert archive.findings("rule") == []


def test_a_build_from_nothing_knows_no_history(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    assert archive.build_from_nothing().statuses() == {"a.md": "ignored", "b.md": "loaded"}
    archive.run(full=True)
    assert archive.statuses() == {"a.md": "ignored", "b.md": "loaded"}
    assert archive.hashes() == archive.hashes_from_nothing()


def test_the_error_survives_a_rollback(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    roll_back(archive.warehouse.root, 1, 0)
    archive.run()
    assert archive.findings("rule") == [(IS_LOST,)]


def test_the_error_survives_a_change_of_the_parser(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.write("a.md", "")
    archive.run()
    archive.run("articles")
    archive.make_stale("documents", "2024-03")
    archive.run()
    assert archive.findings("rule", "expected") == [(IS_LOST, "a post, as in snapshot 1")]
