"""The ledger compared with the files as they look now."""

from typing import Any

import polars as pl
import pytest

from pipelines.changes.ledger import (
    Comparison,
    compare_listing,
    count_changes,
    find_identities,
    frame_listing,
    list_deadly,
    list_lost,
)
from pipelines.sources.source import RawFile
from schemas.files import FILES


def ledger(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"size_bytes": 5, "modified_ns": 100, "content_sha256": "0" * 64, "status": "loaded"}
    return pl.DataFrame([{**base, **row} for row in rows], schema=FILES.dtypes)


def compare(
    files: list[RawFile], known: pl.DataFrame, identities: list[str | None], **options: bool
) -> Comparison:
    series = pl.Series(identities, dtype=pl.String)
    return compare_listing(frame_listing(files), known, series, **options)


def suspects(*arguments: Any, **options: bool) -> list[str]:
    return compare(*arguments, **options).suspects["source_path"].to_list()


def test_only_files_of_another_size_time_or_identity_are_read_again() -> None:
    known = ledger(*({"source_path": name} for name in "abcdf"))
    listing = [
        RawFile("a", 5, 100, "1:1"),
        RawFile("b", 6, 100, "1:2"),
        RawFile("c", 5, 101, "1:3"),
        RawFile("d", 5, 100, "2:4"),
        RawFile("e", 5, 100, "1:5"),
    ]
    comparison = compare(listing, known, ["1:1", "1:2", "1:3", "1:4", "1:6"])
    assert comparison.suspects["source_path"].to_list() == ["b", "c", "d", "e"]
    assert comparison.unchanged["source_path"].to_list() == ["a"]
    assert comparison.gone["source_path"].to_list() == ["f"]
    assert comparison.suspects["content_sha256"].to_list() == [*["0" * 64] * 3, None]


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (["1:1", "1:2"], ["1:1", "1:2"], []),
        (["1:1", None], ["1:1", "1:2"], ["b"]),
        (["1:1", "1:2"], ["1:1", None], ["b"]),
        (["1:1", None], ["1:1", None], ["b"]),
        ([None, None], [None, None], ["a", "b"]),
    ],
)
def test_a_file_whose_identity_is_unknown_is_read_again(
    now: list[str | None], then: list[str | None], expected: list[str]
) -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b"})
    files = [RawFile(name, 5, 100, identity) for name, identity in zip("ab", now, strict=True)]
    comparison = compare(files, known, then)
    assert comparison.suspects["source_path"].to_list() == expected
    unchanged = [name for name in ("a", "b") if name not in expected]
    assert comparison.unchanged["source_path"].to_list() == unchanged


def test_every_file_is_read_if_no_identity_is_known() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b", "size_bytes": 6})
    listing = frame_listing([RawFile("a", 5, 100, "1:1"), RawFile("b", 6, 100, "1:2")])
    comparison = compare_listing(listing, known, None)
    assert comparison.suspects.rows() == [("a", 5, "0" * 64), ("b", 6, "0" * 64)]


def test_a_file_without_a_known_size_or_time_is_read_again() -> None:
    known = ledger({"source_path": "a", "size_bytes": None, "modified_ns": None})
    assert suspects([RawFile("a", 5, 100, "1:1")], known, ["1:1"]) == ["a"]


@pytest.mark.parametrize("size", [5, 6])
def test_a_file_that_a_parser_died_of_is_read_again_though_it_is_the_same(size: int) -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b", "content_sha256": None})
    files = [RawFile("a", size, 100, "1:1"), RawFile("b", 5, 100, "1:2")]
    comparison = compare(files, known, ["1:1", "1:2"])
    assert comparison.suspects["source_path"].to_list()[-1] == "b"
    assert comparison.unchanged["source_path"].to_list() == ["a"] * (size == 5)
    assert list_deadly(known).to_list() == ["b"]


def test_the_ledger_is_kept_as_it_is_if_no_file_changed() -> None:
    link = dict.fromkeys(("size_bytes", "modified_ns", "content_sha256"))
    link |= {"source_path": "link", "status": "ignored"}
    known = ledger({"source_path": "a"}, link | {"reason": "symbolic link, not followed"})
    files = [
        RawFile("a", 5, 100, "1:1"),
        RawFile("link", None, None, None, "symbolic link, not followed"),
    ]
    comparison = compare(files, known, ["1:1", None])
    assert comparison.unchanged is known
    assert [len(each) for each in comparison[1:]] == [0, 0, 0]


def test_every_file_is_read_as_a_new_one_if_the_parser_changed() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "gone"})
    files = [RawFile("a", 5, 100, "1:1")]
    comparison = compare(files, known, ["1:1", "1:2"], is_parser_unchanged=False)
    assert comparison.suspects.rows() == [("a", 5, None)]
    assert comparison.gone["source_path"].to_list() == ["gone"]
    same = compare(files, known[:1], ["1:1"], is_parser_unchanged=False)
    assert same.suspects.rows() == [("a", 5, None)]


def test_files_that_are_never_opened_are_new_only_once() -> None:
    link = RawFile("link", None, None, None, "symbolic link, not followed")
    file = RawFile("a", 5, 100, "1:1")
    first = compare([link], ledger(), [])
    assert first.unopened.select("source_path", "status", "reason").rows() == [
        ("link", "ignored", "symbolic link, not followed")
    ]
    again = compare([link], first.unopened, [None])
    assert (again.unopened.height, again.unchanged.height) == (0, 1)
    beside_a_new_file = compare([file, link], first.unopened, [None])
    assert (beside_a_new_file.unopened.height, beside_a_new_file.unchanged.height) == (0, 1)


def test_a_file_that_became_a_link_and_a_link_that_became_a_file_are_new() -> None:
    link = {"source_path": "b", "size_bytes": None, "modified_ns": None, "content_sha256": None}
    link |= {"status": "ignored", "reason": "symbolic link, not followed"}
    known = ledger({"source_path": "a"}, link)
    files = [
        RawFile("a", None, None, None, "symbolic link, not followed"),
        RawFile("b", 5, 100, "1:2"),
    ]
    comparison = compare(files, known, ["1:1", None])
    assert comparison.unopened["source_path"].to_list() == ["a"]
    assert comparison.suspects.rows() == [("b", 5, None)]
    assert (comparison.unchanged.height, comparison.gone.height) == (0, 0)


def test_an_identity_is_kept_only_for_a_file_that_looked_as_it_was_listed() -> None:
    files = ledger(
        {"source_path": "a"},
        {"source_path": "b", "size_bytes": 6},
        {"source_path": "c", "modified_ns": 101},
        {"source_path": "d"},
        {"source_path": "link", "size_bytes": None, "modified_ns": None},
    )
    listing = frame_listing(
        [
            RawFile("a", 5, 100, "1:1"),
            RawFile("b", 5, 100, "1:2"),
            RawFile("c", 5, 100, "1:3"),
            RawFile("d", 5, 100, None),
            RawFile("link", None, None, None, "symbolic link, not followed"),
            RawFile("vanished", 5, 100, "1:6"),
        ]
    )
    assert find_identities(files, listing).to_list() == ["1:1", None, None, None, None]


def test_a_renamed_file_does_not_count_as_deleted() -> None:
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
