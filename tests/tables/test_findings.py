"""findings: in the words of the file, with line and column."""

import polars as pl

from pipelines.tables.findings import complete_findings, sort_findings
from schemas.findings import FINDINGS
from tests.tables.cases import Cases

CASES = Cases(
    rules={
        "severity": "is_not_null",
        "table_name": "is_not_null",
        "source_path": "is_not_null",
        "line": "is_positive",
        "column_number": "is_positive",
        "rule": "is_not_null",
        "expected": "is_not_null",
        "message": "is_not_null",
    },
    keys={
        "table_name": ("articles", "images"),
        "source_path": ("a.md", "b.md"),
        "field_path": (None, "title"),
        "rule": ("is_url", "is_id"),
    },
    smallest={
        "severity": "error",
        "table_name": "articles",
        "source_path": "a.md",
        "rule": "is_url",
        "expected": "x",
        "message": "x",
    },
)


def finding(**change: object) -> dict[str, object]:
    base = {"severity": "error", "table_name": "articles", "source_path": "a.md", "rule": "is_url"}
    return {**base, "field_path": None, "value": None, "expected": "an address", **change}


def test_a_message_says_what_was_found_and_expected() -> None:
    findings = complete_findings(
        pl.DataFrame([finding(value="x"), finding(), finding(value="y" * 300)])
    )
    assert findings["message"].to_list() == [
        'found "x", expected an address',
        "found nothing, expected an address",
        f'found "{"y" * 200}", expected an address',
    ]
    assert findings["value"].to_list() == ["x", None, "y" * 200]
    assert findings.schema == pl.Schema(FINDINGS.dtypes)


def test_findings_have_one_order() -> None:
    findings = complete_findings(
        pl.DataFrame(
            [
                finding(source_path="b.md"),
                finding(field_path="b"),
                finding(field_path="a"),
                finding(table_name="images"),
                finding(field_path="a", rule="is_text"),
            ]
        )
    )
    assert sort_findings(findings).equals(sort_findings(findings.reverse()))
    assert sort_findings(findings)["field_path"].to_list() == ["a", "a", "b", None, None]
