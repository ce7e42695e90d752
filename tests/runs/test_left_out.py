"""Globs: remembered by later builds, and refused if they would remove posts unasked."""

from pathlib import Path

import pytest

from pipelines.errors import RefusedError
from pipelines.reports.advice import explain
from tests.conftest import Archive, post
from tests.runs.test_archives import Both, both  # noqa: F401  # A fixture.


@pytest.fixture
def two(archive: Archive) -> Archive:
    """A built archive of two folders."""
    for name in ("one/a.md", "one/b.md", "two/c.md", "two/notes.txt"):
        archive.write(name, post({"title": name}) if name.endswith(".md") else "text")
    archive.run()
    return archive


def posts(archive: Archive) -> list[str]:
    return sorted(archive.rows("articles")["source_path"])


def write_settings(archive: Archive, text: str) -> dict[str, str]:
    """The options of a build that reads these settings."""
    path = archive.raw.parent / "matterhouse.toml"
    path.write_text(f'base = "everyday"\n{text}\n')
    return {"mapping": "auto", "config": str(path)}


def test_globs_that_would_remove_posts_are_refused_unless_said(two: Archive) -> None:
    with pytest.raises(RefusedError) as refusal:
        two.run(include=("two/",))
    advice = explain(refusal.value)
    assert advice.startswith(
        "2 posts would go, though their files are still there, since other files are chosen: all "
        "files before, 'two/' now; the first are one/a.md, one/b.md: check that you mean to leave "
        "them out, or publish anyway with `matterhouse build --include two/"
    )
    assert "--allow-deletes" in advice
    assert posts(two) == ["one/a.md", "one/b.md", "two/c.md"]
    record = two.run(include=("two/",), allow_deletes=True)
    assert record.message == "2 deleted: one/a.md, one/b.md"
    assert posts(two) == ["two/c.md"]


def test_globs_that_only_leave_out_what_is_no_post_are_accepted(two: Archive) -> None:
    two.run(include=("*.md",))
    assert posts(two) == ["one/a.md", "one/b.md", "two/c.md"]


def test_posts_that_are_gone_are_not_left_out(two: Archive) -> None:
    two.delete("one/a.md")
    two.run(exclude=("*.txt",))
    assert posts(two) == ["one/b.md", "two/c.md"]


def test_later_builds_remember_globs_until_others_are_given(two: Archive) -> None:
    two.run(include=("two/",), allow_deletes=True)
    assert two.run().status == "unchanged"
    two.write("one/new.md", post())
    assert two.run("ingest").status == "unchanged"
    assert two.run().options["include"] == ("two/",)
    two.run(include=("**",))
    assert posts(two) == ["one/a.md", "one/b.md", "one/new.md", "two/c.md"]
    assert two.run().options["include"] == ()


def test_settings_that_name_globs_come_before_remembered_ones(two: Archive) -> None:
    two.run(exclude=("two/",), allow_deletes=True)
    options = write_settings(two, 'exclude = ["one/b.md"]')
    with pytest.raises(RefusedError, match=r"all but 'two/' before, all but 'one/b\.md' now"):
        two.run(**options)
    two.run(**options, allow_deletes=True)
    assert posts(two) == ["one/a.md", "two/c.md"]
    two.run(**options, exclude=("one/a.md",), allow_deletes=True)
    assert posts(two) == ["one/b.md", "two/c.md"]


def test_globs_of_settings_end_with_the_settings(two: Archive) -> None:
    two.run(**write_settings(two, 'exclude = ["one/"]'), allow_deletes=True)
    assert posts(two) == ["two/c.md"]
    two.run(**write_settings(two, ""))
    assert posts(two) == ["one/a.md", "one/b.md", "two/c.md"]


def test_an_exclude_of_one_archive_is_refused_unless_said(both: Both) -> None:  # noqa: F811
    path = Path(both.raw.parent / "matterhouse.toml")
    path.write_text(path.read_text().replace('exclude = ["drafts"]', 'exclude = ["*.md"]'))
    both.write("of-news/keep.txt", "text")
    with pytest.raises(RefusedError, match=r"1 post would go.*; it is news/b\.md"):
        both.build()
    both.build(allow_deletes=True)
    assert [path for _, path, _ in both.list_articles()] == ["blog/a.md"]


def test_an_archive_that_leaves_the_settings_is_not_refused(both: Both) -> None:  # noqa: F811
    path = Path(both.raw.parent / "matterhouse.toml")
    path.write_text(path.read_text().partition("[archives.news]")[0])
    both.build()
    assert [path for _, path, _ in both.list_articles()] == ["blog/a.md"]
