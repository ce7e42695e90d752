"""The ledger against the disk."""

from typing import Any

import polars as pl

from pipelines.changes.ledger import compare_listing, count_changes, list_lost
from pipelines.sources.folder import RawFile
from schemas.files import FILES


def ledger(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"size_bytes": 5, "modified_ns": 100, "content_sha256": "0" * 64, "status": "loaded"}
    return pl.DataFrame([{**base, **row} for row in rows], schema=FILES.dtypes)


def suspects(listing: list[RawFile], known: pl.DataFrame, **options: bool) -> list[str]:
    comparison = compare_listing(listing, known, **options)
    return comparison.suspects["source_path"].to_list()


def test_only_files_of_another_size_or_time_are_read_again() -> None:
    known = ledger(*({"source_path": name} for name in "abcd"))
    listing = [
        RawFile("a", 5, 100),
        RawFile("b", 6, 100),
        RawFile("c", 5, 101),
        RawFile("e", 5, 100),
    ]
    assert suspects(listing, known) == ["b", "c", "e"]
    comparison = compare_listing(listing, known)
    assert comparison.unchanged["source_path"].to_list() == ["a"]
    assert comparison.gone["source_path"].to_list() == ["d"]
    assert comparison.suspects["content_sha256"].to_list() == ["0" * 64, "0" * 64, None]


def test_a_file_without_a_time_is_read_again() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b"})
    assert suspects([RawFile("a", 5, 100), RawFile("b", 5, None)], known) == ["b"]


def test_after_a_change_of_the_parser_everything_is_read_and_nothing_known() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "gone"})
    comparison = compare_listing([RawFile("a", 5, 100)], known, is_trusted=False)
    assert comparison.suspects.rows() == [("a", 5, None)]
    assert comparison.gone["source_path"].to_list() == ["gone"]


def test_what_is_never_opened_is_new_only_once() -> None:
    link = RawFile("link", None, None, "symbolic link, not followed")
    first = compare_listing([link], ledger())
    assert first.unopened.select("source_path", "status", "reason").rows() == [
        ("link", "ignored", "symbolic link, not followed")
    ]
    again = compare_listing([link], first.unopened)
    assert (again.unopened.height, again.unchanged.height) == (0, 1)


def test_a_rename_is_no_deletion() -> None:
    before = ledger(
        {"source_path": "a", "content_sha256": "1" * 64},
        {"source_path": "b", "content_sha256": "2" * 64},
        {"source_path": "c", "content_sha256": "2" * 64},
        {"source_path": "d"},
    )
    after = ledger(
        {"source_path": "new", "content_sha256": "1" * 64},
        {"source_path": "one", "content_sha256": "2" * 64},
        {"source_path": "d", "content_sha256": "3" * 64, "status": "ignored"},
        {"source_path": "e", "content_sha256": "4" * 64},
    )
    assert count_changes(before, after) == {
        "new": 1,
        "changed": 1,
        "renamed": 2,
        "deleted": 1,
        "newly_ignored": 1,
    }
    assert list_lost(before, after).to_list() == ["c", "d"]
