"""The findings of a snapshot: chosen, by the page and in groups."""

import pytest

from pipelines.reports.rejects import PAGE_ROWS, Rejects, count_pages, open_rejects
from tests.conftest import Archive, post

FILES = PAGE_ROWS + 5


@pytest.fixture(scope="module")
def rejects(tmp_path_factory: pytest.TempPathFactory) -> Rejects:
    """A page and more of posts without title, and one with two broken images and two odd keys."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    for number in range(FILES):
        archive.write(f"_news/{number:03}.md", post({"title": None}))
    images = "[{url: x}, {url: /i}, {url: y}]"
    archive.write("_news/images.md", post({"images": images, "mood": "x", "shade": "y"}))
    archive.write("a[1].md", post({"heat": "hot"}))
    archive.run()
    return open_rejects(archive.snapshot)


def test_errors_and_warnings_are_counted(rejects: Rejects) -> None:
    assert rejects.count() == {"error": FILES + 3, "warning": 2}
    assert rejects.select(rule="is_known_key").count() == {"error": 0, "warning": 2}


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, FILES + 5),
        ({"severity": "warning"}, 2),
        ({"table": "images"}, 2),
        ({"rule": "is_not_null"}, FILES),
        ({"rule": "is_not_null", "path": "_news/00?.md"}, 10),
        ({"path": "_news"}, FILES + 4),
        ({"path": "a[1].md"}, 1),
        ({"path": "a1.md"}, 0),
        ({"field": "images[].url"}, 2),
        ({"field": "images[2].url"}, 1),
        ({"field": "images[1].url"}, 0),
        ({"field": "title", "table": "images"}, 0),
    ],
)
def test_findings_are_chosen_by_all_that_is_wanted(
    rejects: Rejects, wanted: dict[str, str], count: int
) -> None:
    assert rejects.select(**wanted).read().height == count


def test_a_bad_glob_is_refused(rejects: Rejects) -> None:
    with pytest.raises(ValueError, match="bad character range"):
        rejects.select(path="[z-a]")


def test_pages_put_together_are_all_findings_file_by_file(rejects: Rejects) -> None:
    pages = [rejects.read(page) for page in (1, 2, 3)]
    assert [page.height for page in pages] == [PAGE_ROWS, 10, 0]
    rows = [row for page in pages for row in page.rows()]
    assert rows == rejects.read().rows()
    paths = rejects.read()["source_path"].to_list()
    assert paths == sorted(paths)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2)])
def test_there_is_a_page_even_for_nothing(total: int, pages: int) -> None:
    assert count_pages(total) == pages


def test_groups_have_errors_first_then_the_most_frequent(rejects: Rejects) -> None:
    groups = rejects.group()
    names = ["severity", "table_name", "field", "rule", "findings", "files"]
    assert groups.select(names).rows() == [
        ("error", "articles", "title", "is_not_null", FILES, FILES),
        ("error", "images", "images[].url", "is_url", 2, 1),
        ("error", "articles", "heat", "is_integer", 1, 1),
        ("warning", "documents", "mood", "is_known_key", 1, 1),
        ("warning", "documents", "shade", "is_known_key", 1, 1),
    ]
    assert groups["first"][1] == {
        "source_path": "_news/images.md",
        "line": 7,
        "column_number": 16,
        "field_path": "images[0].url",
        "message": 'found "x", expected an address that begins with http://, https:// or /',
        "rule": "is_url",
    }
    assert groups["findings"].sum() == rejects.read().height


def test_fields_of_a_rule_are_counted_together_if_they_are_too_many(rejects: Rejects) -> None:
    warnings = rejects.select(severity="warning")
    (group,) = warnings.group(most_fields=1).to_dicts()
    assert (group["field"], group["findings"], group["files"]) == ("2 fields", 2, 1)
    assert group["first"]["field_path"] == "mood"
    assert warnings.group(most_fields=2).height == 2


def test_names_that_findings_have_are_listed(rejects: Rejects) -> None:
    assert rejects.list_rules() == ["is_integer", "is_known_key", "is_not_null", "is_url"]
    assert rejects.list_fields() == ["heat", "images[].url", "mood", "shade", "title"]
