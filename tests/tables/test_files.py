"""files: the final status of every file."""

import polars as pl

from pipelines.mapping.built_in import EVERYDAY
from pipelines.tables.files import build_files, list_reasons
from pipelines.tables.findings import complete_findings
from schemas.files import FILES
from tests.tables.cases import Cases

CASES = Cases(
    rules={
        "source_path": "is_not_null",
        "size_bytes": "is_not_negative",
        "content_sha256": "is_sha256",
        "status": "is_not_null",
        "document_id": "is_id",
        "published_month": "is_month",
    },
    keys={"source_path": ("a.md", "b.md")},
    smallest={"source_path": "a.md", "status": "loaded"},
)


def test_a_document_is_loaded_only_if_its_article_is_in() -> None:
    ledger = pl.DataFrame(
        [
            {"source_path": "in", "status": "loaded", "document_id": "1" * 32},
            {"source_path": "out", "status": "loaded", "document_id": "2" * 32},
            {"source_path": "unreadable", "status": "rejected"},
            {"source_path": "other", "status": "ignored", "reason": "empty file"},
            {"source_path": "later", "status": "rejected", "reason": "x", "document_id": "3" * 32},
        ],
        schema=FILES.dtypes,
    )
    findings = complete_findings(
        pl.DataFrame(
            [
                ("images", "in", "images[0].url", "is_url", "error"),
                ("articles", "out", "publishedDateTime", "has_time_zone", "warning"),
                ("articles", "out", "title", "is_not_blank", "error"),
                ("articles", "out", "webUrl", "is_url", "error"),
                ("documents", "unreadable", None, "is_closed", "error"),
            ],
            ["table_name", "source_path", "field_path", "rule", "severity"],
            orient="row",
        ).with_columns(value=pl.lit("v"), expected=pl.lit("e"))
    )
    assert build_files(ledger, list_reasons(findings), EVERYDAY).select(
        "source_path", "status", "reason"
    ).rows() == [
        ("in", "loaded", None),
        ("later", "loaded", None),
        ("other", "ignored", "empty file"),
        ("out", "rejected", 'title is_not_blank: found "v", expected e'),
        ("unreadable", "rejected", 'is_closed: found "v", expected e'),
    ]
