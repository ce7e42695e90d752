"""The command that looks at an archive before anything is built."""

import json

import pytest

from tests.conftest import Archive, Run, post


def test_it_shows_what_a_build_would_do(archive: Archive, run: Run) -> None:
    for number in range(12):
        archive.write(f"_posts/{number}.md", f"---\ntitle: {number}\ndate: 2024-03-05\n---\n")
    archive.write("_posts/twice.md", "---\ntitle: a\ntitle: b\n---\n")
    archive.write("notes.txt", "no post")
    shown = run("inspect", "raw")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "raw: 14 files",
        "",
        "files  format",
        "   12  yaml",
        "    1  none (ignored: without front matter, or no post by its name)",
        "    1  unreadable (their front matter cannot be read)",
        "",
        "files  posts  unreadable  ignored  top folder",
        "   13     12           1        0  _posts",
        "    1      0           0        1  .",
        "",
        "files  ignored because",
        "    1  does not begin with front matter (---, +++ or {)",
        "",
        "A first build would take the mapping web: of 14 files, spread over the archive, fewer "
        "than half of the posts have the key publishedDateTime.",
        "",
        "Under web: 12 posts would load, 1 would be rejected",
        "  dated by       12: date 12",
        "  no date         0",
        "  titled by      12: title 12",
        "  files  rejected by    key  the first one",
        '      1  is_unique_key       raw/_posts/twice.md:3:1 found the key "title" again, '
        "expected each key once",
        "",
        "Under everyday (--mapping everyday): 0 posts would load, 13 would be rejected",
        "  files  rejected by    key   the first one",
        "     12  is_not_null    type  raw/_posts/0.md:2:1 found nothing, expected a value",
        '      1  is_unique_key        raw/_posts/twice.md:3:1 found the key "title" again, '
        "expected each key once",
        "",
        "The most used keys, and what web makes of them",
        "posts  fill  key    becomes       shapes  for example",
        "   12  100%  date   published_at  text    2024-03-05",
        "   12  100%  title  title         text    0",
        "",
        "A build refuses to reject more than 5% unless it is allowed to, as here:",
        "Next: matterhouse build --max-reject-share 0.08",
    ]
    refused = run("build", "--jobs", "1")
    assert refused.code == 1
    assert run("build", "--jobs", "1", "--max-reject-share", "0.08").code == 0


def test_it_tells_machines_the_same(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"mood": "x"}))
    facts = json.loads(run("inspect", "raw", "--json", "--include", "*.md").out)
    assert facts["mappings"]["everyday"]["loaded"] == 1
    assert {each["key"] for each in facts["keys"]} > {"title", "mood"}
    assert facts["include"] == ["*.md"]


def test_it_recommends_a_warehouse_that_is_apart(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a b/c.md", post())
    build = "Next: matterhouse build --raw 'raw/a b' --warehouse 'a b-warehouse'"
    assert run("inspect", "raw/a b").out.splitlines()[-1] == build
    monkeypatch.chdir(archive.raw)
    *_, last = run("inspect", ".", "--exclude", "*.txt").out.splitlines()
    where = f"--warehouse {archive.raw}-warehouse"
    assert last == f"Next: matterhouse build --exclude '*.txt' --raw . {where}"


def test_it_says_if_nothing_would_load(archive: Archive, run: Run) -> None:
    assert run("inspect", "raw") == (0, "raw: 0 files\n", "")
    archive.write("notes.txt", "no post")
    assert "Nothing would load. Is this the folder of the posts?" in run("inspect", "raw").out
    assert run("inspect", "nowhere").code == 1
    assert run("inspect", "raw", "--include", "").code == 2
