"""Rows of two snapshots are matched by what they are, not by where they stand."""

import hashlib
from pathlib import Path

from pipelines.reports.comparison import Comparison
from pipelines.warehouse.difference import TableDifference
from tests.conftest import Archive, post


def compare(archive: Archive) -> dict[str, TableDifference]:
    """The current snapshot compared with its parent, by table."""
    new = archive.snapshot
    old = archive.warehouse.snapshot(new.number - 1)
    return {each.table: each for each in Comparison(old, new).count()}


def rebuild(archive: Archive, before: dict[str, str | None], after: dict[str, str | None]) -> None:
    """Publish a post, then the post as it is after an edit."""
    for change in (before, after):
        archive.write("a.md", post(change))
        archive.run()


def count(difference: TableDifference) -> tuple[int, int, int, int]:
    return (difference.added, difference.removed, difference.changed, difference.moved)


def hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_link_that_only_moved_in_its_list_is_not_changed(archive: Archive) -> None:
    links = "{webUrl: /a, title: a}, {webUrl: /b, title: b}"
    rebuild(archive, {"related": f"[{links}]"}, {"related": f"[{{webUrl: /new}}, {links}]"})
    assert count(compare(archive)["related_links"]) == (1, 0, 0, 2)


def test_a_link_with_another_title_is_changed_in_that_column(archive: Archive) -> None:
    rebuild(
        archive,
        {"related": "[{webUrl: /a, title: a}, {webUrl: /b}]"},
        {"related": "[{webUrl: /b}, {webUrl: /a, title: other}]"},
    )
    links = compare(archive)["related_links"]
    assert count(links) == (0, 0, 1, 1)
    assert links.columns == {"title": 1}


def test_repeats_of_a_link_are_matched_in_their_order(archive: Archive) -> None:
    rebuild(
        archive,
        {"related": "[{webUrl: /a, title: first}, {webUrl: /a, title: second}]"},
        {"related": "[{webUrl: /a, title: first}]"},
    )
    assert count(compare(archive)["related_links"]) == (0, 1, 0, 0)


def test_images_are_matched_by_owner_and_address(archive: Archive) -> None:
    rebuild(
        archive,
        {"images": "[{url: /a, width: 1}, {url: /b}]", "provider": "{images: [{url: /a}]}"},
        {"images": "[{url: /b}, {url: /a, width: 2}]", "provider": "{images: [{url: /a}]}"},
    )
    images = compare(archive)["images"]
    assert count(images) == (0, 0, 1, 1)
    assert images.columns == {"width": 1}


def test_a_finding_in_another_line_and_item_is_the_same(archive: Archive) -> None:
    bad = "{title: no address}"
    rebuild(
        archive,
        {"related": f"[{bad}]"},
        {"excerpt": "new", "related": f"[{{webUrl: /a}}, {bad}]"},
    )
    assert count(compare(archive)["findings"]) == (0, 0, 0, 1)


def test_a_post_of_another_month_is_the_same_and_takes_its_links_along(archive: Archive) -> None:
    archive.write("b.md", post())
    links = {"related": "[{webUrl: /a}]", "images": "[{url: /i}]"}
    rebuild(archive, links, {**links, "publishedDateTime": "2024-05-01"})
    found = compare(archive)
    assert found["articles"].columns == {
        "published_at": 1,
        "published_precision": 1,
        "published_on": 1,
    }
    assert [count(found[name]) for name in ("articles", "related_links", "images")] == [
        (0, 0, 1, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]


def test_a_file_whose_month_is_another_one_is_changed(archive: Archive) -> None:
    archive.write("a.md", post({"publishedDateTime": "2024-05-01"}))
    archive.run()
    settings = archive.raw.with_name("matterhouse.toml")
    settings.write_text('base = "everyday"\ntime_zone = "Europe/Oslo"\n', encoding="utf-8")
    archive.run(mapping="auto")
    files = compare(archive)["files"]
    assert count(files) == (0, 0, 1, 0)
    assert files.columns == {"published_month": 1}


def test_a_file_with_another_time_and_the_same_bytes_is_not_changed(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    archive.age()
    archive.write("b.md", post({"heat": "1"}))
    archive.run()
    assert count(compare(archive)["files"]) == (0, 0, 1, 1)


def test_rows_of_a_snapshot_without_the_columns_that_match_are_all_new(archive: Archive) -> None:
    rebuild(archive, {"images": "[{url: /a}]"}, {"images": "[{url: /b}, {url: /a}]"})
    old, new = archive.warehouse.snapshot(1), archive.snapshot
    (path,) = old.list_files("images").values()
    rows = old.read("images").drop("published_month", "url")
    path.chmod(0o644)
    rows.write_parquet(path)
    record = old.manifest.tables["images"]["2024-03"]
    object.__setattr__(record, "bytes", path.stat().st_size)
    object.__setattr__(record, "sha256", hash_file(path))
    images = {each.table: each for each in Comparison(old, new).count()}["images"]
    assert count(images) == (2, 1, 0, 0)
