"""Drift: warnings about keys that have no column."""

import polars as pl
import pytest

from tests.conftest import Archive, post

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("front_matter", "path", "meant"),
    [
        ({"mood": "good"}, "mood", ""),
        ({"Type": "article"}, "Type", "; is type meant?"),
        ({"date": "2024-03-05"}, "date", "; is publishedDateTime meant?"),
        ({"mood": "{date: 2024-03-05}"}, "mood", ""),
        ({"web_url": "/a"}, "web_url", "; is webUrl meant?"),
        ({f"{NBSP}heat": "1"}, f'["{NBSP}heat"]', "; is heat meant?"),
        ({"related": "[{WebURL: /a}]"}, "related[0].WebURL", "; is webUrl meant?"),
        ({"related": "[{webUrl: /a, heat_: 1}]"}, "related[0].heat_", ""),
        ({"mood": "{Type: x}"}, "mood", ""),
    ],
)
def test_a_key_that_is_nearly_known_asks_for_it(
    archive: Archive, front_matter: dict[str, str | None], path: str, meant: str
) -> None:
    archive.write("a.md", post(front_matter))
    archive.run()
    findings = archive.rows("findings").filter(pl.col("rule") == "is_known_key")
    (message,) = findings["message"]
    assert findings["field_path"].to_list() == [path]
    assert message.endswith(f"; files that have it: 1{meant}")


@pytest.mark.parametrize(("draft", "is_known"), [("true", True), ("no", True), ("maybe", False)])
def test_a_draft_is_no_unknown_key_if_its_value_says_something(
    archive: Archive, draft: str, is_known: bool
) -> None:
    archive.write("a.md", post({"draft": draft, "heat": "1"}))
    archive.run()
    assert (("is_known_key",) not in archive.findings("rule")) is is_known
    # Now the key is read from the table, not from the file.
    archive.write("b.md", post({"title": None}))
    archive.run()
    archive.delete("b.md")
    archive.run()
    assert (("is_known_key",) not in archive.findings("rule")) is is_known


def test_an_invisible_character_in_a_key_is_shown_as_its_code(archive: Archive) -> None:
    archive.write("a.md", post({f"{NBSP}name": "x"}))
    archive.run()
    assert [message for (message,) in archive.findings("message") if "no column" in message] == [
        'the key ["\\u00a0name"] has no column, so it is kept in extra; files that have it: 1'
    ]
