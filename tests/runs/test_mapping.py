"""Archives of other people: read by the mapping that fits, and again by another one."""

import json
import time

import pytest

from pipelines.sources.folder import TICK_NS
from tests.conftest import Archive, Run, post

JEKYLL = """---
layout: post
Title: Hello
date: 2024-03-05 10:00:00 +0100
tags: [a, b]
cover: pic.png
heat: hot
price: 5
---
text
"""
UNTITLED = "---\ndraft: true\n---\n# A heading\n"


@pytest.fixture
def blog(archive: Archive) -> Archive:
    archive.write("_posts/2020-01-02-a.md", JEKYLL)
    archive.write("_posts/2021-02-03-some-post.md", UNTITLED)
    archive.age()
    return archive


def list_articles(archive: Archive) -> list[tuple[object, ...]]:
    columns = ("title", "published_month", "topics", "is_published", "type")
    return archive.rows("articles").select(columns).rows()


BY_WEB = [
    ("A heading", "2021-02", [], False, None),
    ("Hello", "2024-03", ["a", "b"], None, "post"),
]


def test_an_archive_of_a_site_generator_loads_without_configuration(
    blog: Archive, run: Run
) -> None:
    out = run("build").out
    assert "mapping: web, the usual keys of site generators" in out
    assert "2 loaded, 0 rejected" in out
    assert list_articles(blog) == BY_WEB
    assert blog.rows("images")["url"].to_list() == ["pic.png"]
    (extra,) = blog.rows("articles")["extra"].drop_nulls()
    assert json.loads(extra) == {"price": "5"}
    assert blog.run(mapping="auto").status == "unchanged"
    assert blog.snapshot.manifest.mapping == "web"


def test_findings_name_the_keys_of_the_file(blog: Archive) -> None:
    blog.run(mapping="web")
    assert blog.findings("severity", "field_path", "rule", "line", "column_number") == [
        ("warning", "heat", "is_integer", 7, 7),
    ]


def test_a_post_in_the_folder_of_drafts_is_not_shown(blog: Archive) -> None:
    blog.write("_drafts/idea.md", "---\ntitle: An idea\npublished: true\n---\n")
    blog.run(mapping="web")
    shown = dict(blog.rows("articles").select("title", "is_published").iter_rows())
    assert shown["An idea"] is False


def test_another_mapping_rebuilds_the_tables_and_reads_no_raw_file(
    blog: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.run(mapping="everyday")
    assert list_articles(blog) == []
    time.sleep(2 * TICK_NS / 10**9)

    def refuse(*_: object) -> None:
        raise AssertionError("read a raw file")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.documents.batch.parse_batch", refuse)
        blog.run(mapping="web")
    assert list_articles(blog) == BY_WEB
    blog.run()
    assert list_articles(blog) == []
    assert ("is_known_key",) in blog.findings("rule")
    blog.run(mapping="web")
    assert ("is_known_key",) not in blog.findings("rule")
    hashes = blog.hashes()
    blog.run(full=True, mapping="web")
    assert blog.hashes() == hashes


def test_the_mapping_of_the_last_build_is_kept(blog: Archive) -> None:
    blog.run(mapping="web")
    blog.write("news.md", post())
    blog.run(mapping="auto")
    assert blog.snapshot.manifest.mapping == "web"
    assert blog.run("images").mapping == "web"
    assert len(list_articles(blog)) == 3


def test_one_post_does_not_choose_the_mapping_and_other_files_do_not_count(
    archive: Archive,
) -> None:
    archive.write("everyday.md", post())
    archive.write("a.css", "a {}")
    archive.write("b.css", "b {}")
    assert archive.run(mapping="auto", dry_run=True).mapping == "everyday"
    archive.write("a.md", UNTITLED)
    archive.write("b.md", UNTITLED)
    assert archive.run(mapping="auto", dry_run=True).mapping == "web"


def test_an_unknown_mapping_is_refused(run: Run) -> None:
    outcome = run("build", "--mapping", "jekyll")
    assert outcome.code == 2
    assert 'found "jekyll", expected everyday, web or auto' in outcome.err


def test_a_build_ends_with_what_did_not_become_a_dated_article(blog: Archive, run: Run) -> None:
    blog.write("about.md", "---\ntitle: About\n---\n")
    blog.write("notes.txt", "no post")
    for number in range(2):
        blog.write(f"{number}.css", "a {}")
    out = run("build").out
    assert "dated: 2 of 3 articles\n" in out
    assert "ignored: 3 files: does not begin with front matter (---, +++ or {)\n" in out


def test_reasons_are_sorted_name_folders_and_hide_no_single_other(
    archive: Archive, run: Run
) -> None:
    for name in (".git/a", "b.bak", "empty.md", "rule.md", ".hidden"):
        archive.write(name, "")
    archive.write("rule.md", "----\n")
    assert (
        "ignored: 1 file: backup of an editor; 1 file: empty file; 1 file: hidden file; 1 folder: "
        "hidden folder, not entered; 1 file: its first line is more than a fence (---)\n"
    ) in run("build").out
    archive.write("notes.txt", "no post")
    assert "1 file: hidden file; 2 other reasons\n" in run("build").out


def test_a_build_that_loads_nothing_says_so(archive: Archive, run: Run) -> None:
    archive.write("notes.txt", "no post")
    inspect = "`matterhouse inspect raw`\n"
    assert f"no article would load: see {inspect}" in run("build", "--dry-run").out
    assert f"no article is in the tables: see {inspect}" in run("build").out


def test_a_refused_build_does_not_say_that_the_tables_are_empty(archive: Archive, run: Run) -> None:
    for number in range(11):
        archive.write(f"{number}.md", post())
    run("build")
    for number in range(11):
        archive.write(f"{number}.md", UNTITLED)
    refused = run("build")
    assert refused.code == 1
    assert "no article would load: see `matterhouse inspect raw`\n" in refused.out


def test_a_build_names_the_mapping_that_was_asked_for(blog: Archive, run: Run) -> None:
    blog.run(mapping="web")
    line = "mapping: everyday, the keys of the tables\n"
    assert line in run("build", "--mapping", "everyday", "--max-reject-share", "1").out
    assert "mapping:" not in run("build").out


def test_nobody_is_advised_to_publish_empty_tables(archive: Archive, run: Run) -> None:
    for number in range(11):
        archive.write(f"{number}.md", UNTITLED)
    outcome = run("build", "--mapping", "everyday")
    assert outcome.code == 1
    assert "which mapping fits, with `matterhouse inspect raw`" in outcome.err
    assert "publish anyway" not in outcome.err
