"""What `matterhouse why` prints."""

import json
import re

import pytest

from tests.conftest import MARCH, Archive, Run, post


@pytest.fixture
def edited(built: Archive) -> Archive:
    """The archive `built`, after an edit of one title."""
    built.write("_news/b.md", post(MARCH | {"title": "New", "secured": "one"}))
    built.run()
    return built


@pytest.mark.usefixtures("edited")
def test_one_value_is_explained_in_some_lines(run: Run) -> None:
    done = run("why", "raw/_news/b.md", "title")
    out = re.sub(r"\(\S+, run \S+\)", "(...)", done.out)
    assert (done.code, done.err) == (0, "")
    assert re.sub(r"id \w{32}", "id ...", out).splitlines() == [
        "raw/_news/b.md",
        "  loaded in snapshot 2",
        "  id ..., month 2024-03, mapping everyday",
        "  the raw file is as it was read",
        "  changed in snapshot 2 (...): title, title_text",
        "  there in the oldest snapshot that is kept, snapshot 1 (...)",
        "",
        'title: "New"',
        "  raw/_news/b.md:3:8  title: New",
        "  from: title",
        "  passed: is_not_null, is_not_blank",
        "  since snapshot 2 (...)",
        '  before: "A title", in snapshot 1 (...)',
    ]


@pytest.mark.usefixtures("edited")
def test_a_whole_post_ends_with_what_is_empty(run: Run) -> None:
    out = run("why", "_news/b.md").out
    assert out.splitlines()[-1].startswith("null or empty: archive, slug, language, authors, ")
    assert '\ncategory: "news"\n' in out
    assert "secured" not in out


@pytest.mark.usefixtures("edited")
def test_machines_get_all_of_it(run: Run) -> None:
    found = json.loads(run("why", "_news/rejected.md", "--json").out)
    assert (found["status"], found["reason"]) == (
        "rejected",
        "title is_not_null: found nothing, expected a value",
    )
    assert run("why", "_news/b.md", "secured", "--json").out.count('"(secret)"') == 2


@pytest.mark.usefixtures("edited")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["b.md"], 1, "matterhouse: b.md: no snapshot has a file of this path"),
        (["_news/b.md", "titel"], 1, "matterhouse: titel: no column of articles and no key"),
        ([""], 2, "found nothing, expected a path or an id"),
        (["_news/b.md", "--snapshot", "9"], 1, "no snapshot 9; there are: 1, 2"),
    ],
)
def test_what_is_not_there_is_one_line(
    run: Run, arguments: list[str], code: int, message: str
) -> None:
    done = run("why", *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_a_rejected_and_an_ignored_file_say_what_became_of_them(edited: Archive, run: Run) -> None:
    edited.delete("_news/c.md")
    out = run("why", "raw/_news/rejected.md").out
    assert "  rejected in snapshot 2: title is_not_null: found nothing" in out
    assert (
        "\n  raw/_news/rejected.md:2:1 title: found nothing, expected a value [is_not_null]" in out
    )
    assert "\nnot there, since rejected: article_id, archive, " in out
    assert (
        "  ignored in snapshot 2: does not begin with front matter" in run("why", "notes.txt").out
    )
    assert "  the raw file was not read" in run("why", ".hidden").out
    assert "  the raw file is gone" in run("why", "_news/c.md").out
    assert "title: null (not read, since rejected)" in run("why", "_news/broken.md", "title").out


def test_what_is_staged_can_be_explained_before_it_is_published(edited: Archive, run: Run) -> None:
    edited.write("_news/b.md", post(MARCH | {"title": "Planned", "secured": "one"}))
    edited.run(dry_run=True)
    out = re.sub(r"\(\S+, run \S+\)", "(...)", run("why", "_news/b.md", "title", "--staged").out)
    assert "  loaded in what is staged\n" in out
    assert "  changed in what is staged (...): title, title_text\n" in out
    assert 'title: "Planned"\n' in out
    assert '  since what is staged (...)\n  before: "New", in snapshot 2 (...)\n' in out
    out = run("why", "_news/b.md", "type", "--staged").out
    assert "  since snapshot 1 (" in out
    assert run("why", "_news/b.md", "--staged", "--snapshot", "1").code == 2
    edited.run()
    assert "nothing is staged" in run("why", "_news/b.md", "--staged").err


def test_text_of_files_cannot_control_the_terminal(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"title": '"\\e[31m\\u202e"', "mood": "a\u202eb"}))
    archive.run()
    out = run("why", "a.md", "title").out + run("why", "a.md", "mood").out + run("why", "a.md").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert 'title: "\\x1b[31m\\u202e"' in out
