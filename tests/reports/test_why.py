"""Where the values of a post came from."""

import json
import shutil
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.reports.why import explain_post
from pipelines.runs.run import run_job
from tests.conftest import MARCH, Archive, post

FOREIGN = """---
Date: 2024-03-06 10:00
tags: a, b
cover: /img/c.jpg
cover_alt: A cover
gallery:
  - src: /g/1.jpg
    caption: One
mood: good
password: hunter2
see_also:
  - url: https://example.org/x
    name: X
---

# The heading

Text.
"""
SETTINGS = """
secrets = ["password"]
related_links = ["see_also"]
images = ["...", "gallery"]
[articles.columns.feel]
key = "mood"
type = "text"
description = "Mood."
"""


def explain(archive: Archive, target: str = "a.md", field: str | None = None) -> dict[str, Any]:
    return explain_post(archive.warehouse, archive.snapshot, target, field)


def explain_one(archive: Archive, field: str, target: str = "a.md") -> dict[str, Any]:
    (value,) = explain(archive, target, field)["values"]
    found: dict[str, Any] = value
    return found


def show_place(value: dict[str, Any]) -> tuple[int, int, str] | None:
    place = value["place"]
    return place and (place["line"], place["column_number"], place["text"])


@pytest.fixture
def foreign(archive: Archive) -> Archive:
    """A post of a site generator, with settings of its own."""
    archive.write("a.md", FOREIGN)
    config = archive.raw.parent / "matterhouse.toml"
    config.write_text(SETTINGS)
    run_job(archive.job(mapping="auto", config=str(config)))
    return archive


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("title", "A title", (3, 8, "title: A title")),
        ("web_url", "https://example.org/a", (6, 9, "webUrl: https://example.org/a")),
        ("webUrl", "https://example.org/a", (6, 9, "webUrl: https://example.org/a")),
        ("topics", ["x", "y"], (7, 9, "topics: [x, y]")),
        ("provider_name", "P", (9, 9, "  name: P")),
        ("provider.name", "P", (9, 9, "  name: P")),
        ("images[1].url", "/2", (12, 10, "  - url: /2")),
        ("related[0].title", "R", (15, 12, "    title: R")),
        ("related_links[0].web_url", "/r", (14, 13, "  - webUrl: /r")),
        ("related[0].images[0].width", 7, (18, 16, "        width: 7")),
        ("body", "\n\nThe text.\n", (23, 1, "The text.")),
        ("mood", "good", (19, 7, "mood: good")),
        ("heat", None, None),
        ("collection", "", None),
    ],
)
def test_a_value_has_the_line_that_it_came_from(
    archive: Archive, field: str, value: object, place: tuple[int, int, str] | None
) -> None:
    lists: dict[str, str | None] = {
        "topics": "[x, y]",
        "provider": "\n  name: P",
        "images": "\n  - url: /1\n  - url: /2",
        "related": "\n  - webUrl: /r\n    title: R\n    images:\n      - url: /3\n        width: 7",
        "mood": "good",
    }
    archive.write("a.md", post(lists, "\n\nThe text.\n"))
    archive.run()
    found = explain_one(archive, field)
    assert (found["value"], show_place(found)) == (value, place)


@pytest.mark.parametrize(
    ("field", "value", "field_path", "place"),
    [
        ("title", "The heading", None, (16, 3, "# The heading")),
        ("published_at", "2024-03-06 10:00:00+00:00", "Date", (2, 7, "Date: 2024-03-06 10:00")),
        ("Date", "2024-03-06 10:00:00+00:00", "Date", (2, 7, "Date: 2024-03-06 10:00")),
        ("feel", "good", "mood", (9, 7, "mood: good")),
        ("images[0].title", "A cover", "cover_alt", (5, 12, "cover_alt: A cover")),
        ("gallery[0].src", "/g/1.jpg", "gallery[0].src", (7, 10, "  - src: /g/1.jpg")),
        ("images[1].title", "One", "gallery[0].caption", (8, 14, "    caption: One")),
        ("related[0].title", "X", "see_also[0].name", (13, 11, "    name: X")),
        ("slug", "a", None, None),
    ],
)
def test_a_mapped_value_has_the_line_of_the_key_that_was_taken(
    foreign: Archive,
    field: str,
    value: object,
    field_path: str | None,
    place: tuple[int, int, str] | None,
) -> None:
    found = explain_one(foreign, field)
    assert (str(found["value"]), found["field_path"], show_place(found)) == (
        value,
        field_path,
        place,
    )


def test_the_sources_say_which_was_taken_of_those_that_were_tried(foreign: Archive) -> None:
    tried = explain_one(foreign, "title")["sources"]
    assert [each["source"] for each in tried][-2:] == ["@heading", "@name"]
    assert [each["source"] for each in tried if each["is_taken"]] == ["@heading"]
    assert [each["source"] for each in tried if each["has_value"]] == ["@heading", "@name"]
    assert explain_one(foreign, "body")["sources"] == []


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("images[0]", "/1"),
        ("provider.images[0]", "/2"),
        ("related[1].images[0]", "/3"),
        ("related[1].provider.images[0]", "/4"),
    ],
)
def test_an_image_is_found_in_each_list(archive: Archive, place: str, address: str) -> None:
    item = "{webUrl: /b, images: [{url: /3}], provider: {images: [{url: /4}]}}"
    lists: dict[str, str | None] = {
        "images": "[{url: /1}]",
        "provider": "{images: [{url: /2}]}",
        "related": f"[{{webUrl: /a}}, {item}]",
    }
    archive.write("a.md", post(lists))
    archive.run()
    found = explain_one(archive, f"{place}.url")
    assert (found["name"], found["value"], found["is_in_table"]) == (f"{place}.url", address, True)


def test_a_list_of_images_of_another_name_has_all_their_columns(foreign: Archive) -> None:
    values = explain(foreign, field="gallery")["values"]
    assert {each["name"] for each in values} > {"images[1].url", "images[1].title"}


def test_a_rejected_post_shows_what_the_file_says_and_what_is_wrong(archive: Archive) -> None:
    archive.write("a.md", post({"heat": "hot"}))
    archive.run()
    found = explain(archive)
    assert (found["status"], found["reason"].partition(":")[0]) == ("rejected", "heat is_integer")
    heat = next(each for each in found["values"] if each["name"] == "heat")
    assert (heat["value"], heat["is_in_table"], show_place(heat)) == (
        "hot",
        False,
        (7, 7, "heat: hot"),
    )
    assert [each["rule"] for each in heat["findings"]] == ["is_integer"]
    assert heat["rules"] == [{"rule": "is_integer", "result": "broken"}]
    title = next(each for each in found["values"] if each["name"] == "title")
    assert {each["result"] for each in title["rules"]} == {"passed"}


def test_a_missing_value_has_its_finding_and_no_line(archive: Archive) -> None:
    archive.write("a.md", post({"title": None}))
    archive.run()
    title = explain_one(archive, "title")
    assert (title["value"], title["place"]) == (None, None)
    assert [each["rule"] for each in title["findings"]] == ["is_not_null"]


def test_a_file_that_cannot_be_read_has_its_findings_alone(archive: Archive) -> None:
    archive.write("a.md", post())
    first = archive.run()
    archive.write("a.md", "---\ntitle: x\n")
    archive.run()
    found = explain(archive)
    assert (found["status"], found["values"]) == ("rejected", [])
    assert [each["rule"] for each in found["findings"]] == ["is_closed"]
    assert (found["last_article"], found["changes"][-1]["run_id"]) == (1, first.run_id)


def test_an_ignored_file_says_why(built: Archive) -> None:
    found = explain(built, "notes.txt")
    assert found["reason"].startswith("does not begin with front matter")
    assert explain(built, ".hidden")["raw"] == "not read"


@pytest.mark.parametrize("name", ["_news/a.md", "{raw}/_news/a.md", "{raw}/_news/a.md:3:8", "{id}"])
def test_a_post_is_found_by_its_path_or_its_id(built: Archive, name: str) -> None:
    by_path = dict(built.rows("articles").select("source_path", "article_id").iter_rows())
    target = name.format(raw=built.raw, id=by_path["_news/a.md"])
    assert explain(built, target)["source_path"] == "_news/a.md"


def test_what_is_unknown_is_explained(built: Archive) -> None:
    built.write("_news/late.md", post())
    cases = {
        "a.md": "no snapshot has a file of this path or an article of this id; is _news/a.md meant",
        "_news/late.md": "is there, but was not read yet: the next build reads it",
        "zzz": "no snapshot has a file of this path or an article of this id$",
    }
    for target, message in cases.items():
        with pytest.raises(PipelineError, match=message):
            explain(built, target)
    with pytest.raises(PipelineError, match=r"titel: no column .* is title meant"):
        explain(built, "_news/a.md", "titel")
    with pytest.raises(PipelineError, match=r"images\[7\]: the post lists no such item"):
        explain(built, "_news/a.md", "images[7]")
    built.run(include=("_news/a.md",), allow_deletes=True)
    with pytest.raises(PipelineError, match="is there, but left out: the last build read only"):
        explain(built, "_news/late.md")


def test_earlier_values_name_the_snapshot_and_the_run_that_made_them(archive: Archive) -> None:
    runs = []
    for heat in ("1", "1", "hot", "1", "2"):
        archive.write("a.md", post({"heat": heat}))
        archive.write("b.md", post({"heat": str(len(runs))}))
        runs.append(archive.run())
    heat = explain_one(archive, "heat")
    assert (heat["value"], heat["since"]["run_id"]) == (2, runs[4].run_id)
    assert [
        (each["value"], each["status"], each["snapshot"], each["until"]) for each in heat["earlier"]
    ] == [(1, None, 4, 4), (None, "rejected", 3, 3), (1, None, 1, 2)]
    assert heat["earlier"][-1]["run_id"] == runs[0].run_id
    found = explain(archive)
    # Of a whole post, times without an article are no news of each column.
    of_all = {each["name"]: each["earlier"] for each in found["values"]}
    assert of_all["title"] == []
    assert [(each["value"], each["snapshot"]) for each in of_all["heat"]] == [(1, 1)]
    assert [(each["snapshot"], each["changed"]) for each in found["changes"]] == [
        (5, ["heat"]),
        (4, ["rejected before"]),
        (3, ["loaded before"]),
        (1, []),
    ]


def test_a_file_that_is_gone_is_explained_as_it_was(built: Archive) -> None:
    built.delete("_news/b.md")
    built.run()
    found = explain(built, "_news/b.md")
    assert (found["snapshot"], found["last_seen"], found["raw"]) == (2, 1, "gone")
    title = next(each for each in found["values"] if each["name"] == "title")
    assert (title["value"], title["earlier"], title["place"]) == ("A title", [], None)


def test_lines_of_a_file_that_changed_since_are_not_known(built: Archive) -> None:
    built.write("_news/b.md", post(MARCH | {"title": "New"}))
    title = explain_one(built, "title", "_news/b.md")
    assert (title["value"], title["place"]) == ("A title", None)
    assert explain(built, "_news/b.md")["raw"] == "changed since it was read"


def test_a_snapshot_that_cannot_be_read_is_passed_over(archive: Archive) -> None:
    for heat in "123":
        archive.write("a.md", post({"heat": heat}))
        archive.run()
    shutil.rmtree(archive.warehouse.snapshot(2).folder / "articles")
    found = explain(archive, field="heat")
    assert found["unreadable_snapshots"] == [2]
    assert [each["value"] for each in found["values"][0]["earlier"]] == [1]


SECRETS = {
    "in one line of JSON": '{"title": "T", "date": "2024-01-01", "password": "hunter2"}\n',
    "behind an escape": '{"title": "T", "date": "2024-01-01",\n"p\\u0061ssword": "hunter2"}\n',
    "on the line of the next key": '---\n{password: "a\n hunter2", title: T, x: y}\n---\n',
    "on the lines before": "---\npassword: |\n  hunter2\ntitle: T\ndate: 2024-01-01\n---\n",
    "inside of an unknown key": "---\nnote:\n  password: hunter2\n  x: y\ntitle: T\n---\n",
    "in TOML": '+++\npassword = """\nhunter2\n"""\ntitle = "T"\n+++\n',
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS.keys())
def test_no_secret_is_shown(archive: Archive, text: str) -> None:
    archive.write("a.md", text)
    config = archive.raw.parent / "matterhouse.toml"
    config.write_text('base = "web"\n')
    run_job(archive.job(mapping="auto", config=str(config)))
    # It was none when the first snapshot was made.
    config.write_text('base = "web"\nsecrets = ["password"]\n')
    run_job(archive.job(mapping="auto", config=str(config)))
    assert archive.warehouse.numbers() == [1, 2]
    old = archive.warehouse.snapshot(1)
    told = [explain(archive), explain_post(archive.warehouse, old, "a.md")]
    for field in ("password", "note", "note.password", "extra", "title"):
        for snapshot in (archive.snapshot, old):
            try:
                told.append(explain_post(archive.warehouse, snapshot, "a.md", field))
            except PipelineError:
                assert field.startswith("note") or field == "password"
    assert "hunter2" not in json.dumps(told, default=str)
    (title,) = told[-1]["values"]
    assert title["value"] == "T"


def test_a_built_in_secret_is_named_and_not_shown(built: Archive) -> None:
    found = explain_one(built, "secured", "_news/b.md")
    assert (found["value"], found["place"]["text"], found["earlier"]) == (
        "(secret)",
        "(secret)",
        [],
    )
    title = explain_one(built, "title", "_news/b.md")
    assert show_place(title) == (3, 8, "title: A title")
