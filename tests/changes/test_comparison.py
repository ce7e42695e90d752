"""The files as they look now, compared with the ledger."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.changes.comparison import (
    Comparison,
    compare_buckets,
    compare_listing,
    find_identities,
    list_deadly,
)
from pipelines.changes.ledger import LEDGER_TYPES, Ledger
from pipelines.changes.listing import Listing
from pipelines.sources.source import RawFile


def ledger(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"size_bytes": 5, "modified_ns": 100, "content_sha256": "0" * 64, "status": "loaded"}
    return pl.DataFrame([{**base, **row} for row in rows], schema=LEDGER_TYPES)


def compare(
    files: list[RawFile], known: pl.DataFrame, identities: list[str | None], **options: Any
) -> Comparison:
    rows = known.with_columns(identity=pl.Series(identities, dtype=pl.String))
    listing = Listing(files, Path("no spill"))
    return compare_listing(listing, Ledger({"all": rows.select}), **options)


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
    assert (comparison.gone.height, comparison.unopened.height) == (0, 0)


def test_a_file_that_is_to_be_read_again_keeps_its_known_hash() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b"})
    rows = known.with_columns(identity=pl.Series(["1:1", "1:2"]))
    files = [RawFile("a", 5, 100, "1:1"), RawFile("b", 5, 100, "1:2")]
    buckets = compare_buckets(
        Listing(files, Path("no spill")), Ledger({"all": rows.select}), reread=["b"]
    )
    [(_, comparison)] = buckets
    assert comparison.suspects.rows() == [("b", 5, "0" * 64)]


def test_every_file_is_read_if_no_identity_is_known() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "b", "size_bytes": 6})
    files = [RawFile("a", 5, 100, "1:1"), RawFile("b", 6, 100, "1:2")]
    comparison = compare(files, known, [None, None])
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
    assert comparison.suspects.height == 1 + (size == 6)
    assert list_deadly(known).to_list() == ["b"]


def test_nothing_is_found_if_no_file_changed() -> None:
    link = dict.fromkeys(("size_bytes", "modified_ns", "content_sha256"))
    link |= {"source_path": "link", "status": "ignored"}
    known = ledger({"source_path": "a"}, link | {"reason": "symbolic link, not followed"})
    files = [
        RawFile("a", 5, 100, "1:1"),
        RawFile("link", None, None, None, "symbolic link, not followed"),
    ]
    comparison = compare(files, known, ["1:1", None])
    assert comparison.is_empty


def test_every_file_is_read_as_a_new_one_if_the_parser_changed() -> None:
    known = ledger({"source_path": "a"}, {"source_path": "gone"})
    files = [RawFile("a", 5, 100, "1:1")]
    comparison = compare(files, known, ["1:1", "1:2"], is_parser_unchanged=False)
    assert comparison.suspects.rows() == [("a", 5, None)]
    assert comparison.gone["source_path"].to_list() == ["gone"]
    same = compare(files, known[:1], ["1:1"], is_parser_unchanged=False)
    assert same.suspects.rows() == [("a", 5, None)]


def test_a_misread_file_is_read_as_a_new_one_though_it_is_the_same() -> None:
    known = ledger(*({"source_path": name} for name in "abc"))
    files = [RawFile("a", 5, 100, "1:1"), RawFile("b", 5, 100, "1:2")]
    comparison = compare(files, known, ["1:1", "1:2", "1:3"], misread=["b", "c"])
    assert comparison.suspects.rows() == [("b", 5, None)]
    assert comparison.gone["source_path"].to_list() == ["c"]


def test_files_that_are_never_opened_are_new_only_once() -> None:
    link = RawFile("link", None, None, None, "symbolic link, not followed")
    file = RawFile("a", 5, 100, "1:1")
    first = compare([link], ledger(), [])
    assert first.unopened.select("source_path", "status", "reason").rows() == [
        ("link", "ignored", "symbolic link, not followed")
    ]
    again = compare([link], first.unopened, [None])
    assert again.is_empty
    beside_a_new_file = compare([file, link], first.unopened, [None])
    assert [each.height for each in beside_a_new_file] == [1, 0, 0, 0]


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
    assert comparison.gone.is_empty()


def test_an_identity_is_kept_only_for_a_file_that_looked_as_it_was_listed() -> None:
    files = ledger(
        {"source_path": "a"},
        {"source_path": "b", "size_bytes": 6},
        {"source_path": "c", "modified_ns": 101},
        {"source_path": "d"},
        {"source_path": "link", "size_bytes": None, "modified_ns": None},
    )
    listing = Listing(
        [
            RawFile("a", 5, 100, "1:1"),
            RawFile("b", 5, 100, "1:2"),
            RawFile("c", 5, 100, "1:3"),
            RawFile("d", 5, 100, None),
            RawFile("link", None, None, None, "symbolic link, not followed"),
            RawFile("vanished", 5, 100, "1:6"),
        ],
        Path("no spill"),
    )
    assert find_identities(files, listing.read("all")).to_list() == ["1:1", None, None, None, None]


def test_files_in_buckets_are_compared_bucket_by_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [f"{number}.md" for number in range(12)]
    known = ledger(*({"source_path": path} for path in ["gone", *paths[1:]]))
    rows = known.with_columns(identity=pl.lit("1:1"))
    files = [RawFile(path, 5 + (path == "5.md"), 100, "1:1") for path in paths]
    for name, value in (("buckets.BUCKET_FILES", 3), ("chunks.CHUNK_FILES", 5)):
        monkeypatch.setattr(f"pipelines.changes.{name}", value)
    comparison = compare_listing(Listing(files, tmp_path), Ledger({"all": rows.select}))
    assert comparison.suspects["source_path"].to_list() == ["0.md", "5.md"]
    assert comparison.gone["source_path"].to_list() == ["gone"]
    assert comparison.unopened.is_empty()
