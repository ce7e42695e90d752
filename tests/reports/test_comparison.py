"""A comparison says line by line what changed, and shows no secret."""

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.reports.comparison import Choice, Comparison
from pipelines.reports.line_files import LineFormat, write_lines
from tests.conftest import APRIL, MARCH, Archive, post

HOSTILE = '"</style><script>alert(1)</script> \\e[31m \\u202Eevil"'


def compare(archive: Archive, **choice: Any) -> Comparison:
    """The current snapshot compared with its parent."""
    new = archive.snapshot
    return Comparison(archive.warehouse.snapshot(new.number - 1), new, Choice(**choice))


def list_lines(archive: Archive, table: str, limit: int | None = None) -> list[tuple[str, ...]]:
    """The lines of a table, without it and the path."""
    lines = pl.concat(compare(archive, table=table).list_lines(limit))
    return lines.drop("table", "path").rows()


def write(comparison: Comparison, form: LineFormat, limit: int | None = None) -> bytes:
    file = io.BytesIO()
    write_lines(comparison, form, file, limit)
    return file.getvalue()


def edit(archive: Archive, before: str, after: str) -> None:
    for text in (before, after):
        archive.write("a.md", text)
        archive.run(mapping="auto")


def test_a_changed_cell_is_shown_before_and_after(archive: Archive) -> None:
    edit(archive, post({"heat": "1", "topics": "[b, ä]"}), post({"heat": "2", "topics": "[b]"}))
    assert list_lines(archive, "articles") == [
        ("a.md", "changed", "topics", '["b", "ä"]', '["b"]'),
        ("a.md", "changed", "heat", "1", "2"),
    ]


def test_a_moment_is_shown_in_utc(archive: Archive) -> None:
    edit(archive, post(), post({"publishedDateTime": "2024-03-06T01:00:00+02:00"}))
    (line,) = list_lines(archive, "articles")
    assert line[2:] == ("published_at", "2024-03-05T10:00:00Z", "2024-03-05T23:00:00Z")


def test_added_and_removed_rows_are_named_by_what_they_are(archive: Archive) -> None:
    edit(
        archive,
        post({"related": "[{webUrl: /a}]"}),
        post({"related": "[{webUrl: /b}, {webUrl: /b}]"}),
    )
    assert list_lines(archive, "related_links") == [
        ("a.md /b", "added", None, None, None),
        ("a.md /b #2", "added", None, None, None),
        ("a.md /a", "removed", None, None, None),
    ]


def test_of_front_matter_the_keys_that_changed_are_shown(archive: Archive) -> None:
    edit(
        archive,
        post({"mood": "good", "provider": "{name: a, domain: b}", "gone": "~"}),
        post({"mood": "bad", "provider": "{name: c, domain: b}"}),
    )
    lines = [line[2:] for line in list_lines(archive, "documents")]
    assert [line for line in lines if line[0].startswith("front_matter")] == [
        ("front_matter.mood", "good", "bad"),
        (
            "front_matter.provider",
            '{"name": "a", "domain": "b"}',
            '{"name": "c", "domain": "b"}',
        ),
        ("front_matter.gone", "null", None),
    ]
    (mood,) = [line[2:] for line in list_lines(archive, "articles") if line[2] == "extra.mood"]
    assert mood == ("extra.mood", "good", "bad")


def test_a_long_text_is_cut_around_its_first_difference(archive: Archive) -> None:
    edit(archive, post(body="x" * 1000 + "old" + "y" * 1000), post(body="x" * 1000 + "new"))
    (body,) = [line for line in list_lines(archive, "documents") if line[2] == "body"]
    old, new = body[3:]
    assert old == f"...{'x' * 40}old{'y' * 157}... (2,003 characters)"
    assert new == f"...{'x' * 40}new (1,003 characters)"


def test_no_form_shows_a_secret(archive: Archive) -> None:
    edit(
        archive,
        post({"secured": "hidden1", "provider": "{secured: hidden2}"}),
        post({"secured": "hidden3", "provider": "{secured: hidden4, name: n}", "related": "[]"}),
    )
    assert ("a.md", "changed", "front_matter.secured", "(secret)", "(secret)") in list_lines(
        archive, "documents"
    )
    forms: tuple[LineFormat, ...] = ("json", "csv", "parquet", "html")
    for form in forms:
        assert b"hidden" not in write(compare(archive), form)


def test_what_became_a_secret_is_not_shown_of_the_time_before(archive: Archive) -> None:
    archive.write("a.md", post({"password": "hidden", "heat": "1"}))
    archive.run(mapping="auto")
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text('secrets = ["password"]\n', encoding="utf-8")
    archive.write("a.md", post({"password": "hidden", "heat": "2"}))
    archive.run(mapping="auto")
    assert ("a.md", "changed", "heat", "(secret)", "2") in list_lines(archive, "articles")
    assert b"hidden" not in write(compare(archive), "json")


def test_all_forms_hold_the_same_lines(archive: Archive, tmp_path: Path) -> None:
    edit(
        archive,
        post({"title": "'a, \"b\"'", "related": "[{webUrl: /a}]"}),
        post({"title": "c", "excerpt": "''"}),
    )
    expected = pl.concat(compare(archive).list_lines())
    assert expected.height > 5
    parsed = json.loads(write(compare(archive), "json"))
    assert parsed["rows"] == expected.to_dicts()
    assert {each["table"]: each["columns"] for each in parsed["counts"]}["articles"] == {
        "title": 1,
        "title_text": 1,
        "excerpt": 1,
        "related_count": 1,
    }
    types = expected.schema
    csv = pl.read_csv(io.BytesIO(write(compare(archive), "csv")), schema=types)
    assert csv.equals(expected)
    path = tmp_path / "rows.parquet"
    path.write_bytes(write(compare(archive), "parquet"))
    assert pl.read_parquet(path).equals(expected)


def test_a_page_shows_hostile_text_as_text(archive: Archive) -> None:
    edit(archive, post(), post({"title": HOSTILE, '"<b>key"': HOSTILE}))
    page = write(compare(archive), "html").decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("</style>") == 1


def test_a_limit_holds_for_each_kind_of_each_table(archive: Archive) -> None:
    for name in ("a", "b", "c"):
        archive.write(f"{name}.md", post(MARCH))
        archive.write(f"{name}2.md", post(APRIL))
    archive.run()
    for name in ("a", "b"):
        archive.write(f"{name}.md", post({**MARCH, "heat": "1", "quality": "2"}))
        archive.delete(f"{name}2.md")
        archive.write(f"{name}3.md", post(APRIL))
    archive.run()
    changes = [(line[1], line[2]) for line in list_lines(archive, "articles", 1)]
    assert changes == [("changed", "quality"), ("added", None), ("removed", None)]
    assert len(list_lines(archive, "articles")) == 8
    assert compare(archive, table="articles").count()[0][1:4] == (2, 2, 2)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"path": "news/"}, {"documents", "articles", "files", "observations"}),
        ({"months": ("2024-04",)}, {"documents", "articles"}),
        ({"table": "articles", "months": ("2024-03",)}, set()),
        ({"path": "elsewhere/"}, set()),
    ],
)
def test_a_comparison_can_be_narrowed(
    archive: Archive, choice: dict[str, Any], expected: set[str]
) -> None:
    archive.write("a.md", post(MARCH))
    archive.run()
    archive.write("news/b.md", post(APRIL))
    archive.run()
    counts = compare(archive, **choice).count()
    assert {each.table for each in counts if each.added} == expected


def test_everything_is_new_if_there_is_nothing_before(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.run()
    counts = Comparison(None, archive.snapshot).count()
    assert {each.table: each.added for each in counts if each.added} == {
        "documents": 1,
        "articles": 1,
        "files": 1,
        "observations": 1,
    }
