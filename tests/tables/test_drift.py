"""Drift: warnings about keys that have no column."""

import polars as pl
import pytest

from tests.conftest import Archive, post


@pytest.mark.parametrize(
    ("front_matter", "path", "meant"),
    [
        ({"mood": "good"}, "mood", ""),
        ({"Type": "article"}, "Type", "; is type meant?"),
        ({"date": "2024-03-05"}, "date", "; is publishedDateTime meant?"),
        ({"mood": "{date: 2024-03-05}"}, "mood", ""),
        ({"web_url": "/a"}, "web_url", "; is webUrl meant?"),
        ({"\N{NO-BREAK SPACE}heat": "1"}, '["\N{NO-BREAK SPACE}heat"]', "; is heat meant?"),
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
