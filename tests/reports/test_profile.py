"""The checks of a profile: what they find, where, and what they leave alone."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.reports.profile.checks import GROUPS, load_checks
from pipelines.reports.profile.figures import Choice
from pipelines.reports.profile.profile import Profile, make_profile
from tests.conftest import Archive, post

MONTHS = 10
POSTS = 24
"""How many months a whole archive has, and posts a month."""

Changes = dict[str, str | None]


def write_archive(archive: Archive, changes: dict[tuple[int, int], Changes] | None = None) -> None:
    """Posts of ten months, sound but for the `changes` of some, by month and number."""
    for month in range(MONTHS):
        for number in range(POSTS):
            text = post(
                {
                    "title": f'"Post {number} of month {month}"',
                    "excerpt": f"Teaser {number}",
                    "publishedDateTime": f"2023-{month + 1:02}-{number + 1:02}T10:20:30Z",
                    "webUrl": f"https://host{number % 5}.example/{month}/{number}",
                    "category": ("news", "blog")[number % 2],
                    "type": "article",
                    "quality": f"{50 + (month + number * 7) % 20}",
                    "provider": f"{{name: Provider {number % 3}, domain: p{number % 3}.example}}",
                    "topics": f"[Topic {number % 4}]",
                }
                | (changes or {}).get((month, number), {})
            )
            archive.write(f"_news/{month}-{number:02}.md", text)


def profile(archive: Archive, choice: Choice | None = None) -> Profile:
    archive.run()
    return make_profile(archive.warehouse, archive.snapshot, choice or Choice())


def find(archive: Archive, check: str) -> list[dict[str, Any]]:
    return [each for each in profile(archive).warnings if each["check"] == check]


def list_lines(warning: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [
        (each["source_path"], each["line"], each["column_number"]) for each in warning["examples"]
    ]


def test_nothing_is_said_of_an_archive_without_flaws(archive: Archive) -> None:
    write_archive(archive)
    found = profile(archive)
    # A type that all posts have is said to tell nothing.
    assert [(each["check"], each["column"]) for each in found.warnings] == [
        ("constant_columns", "type")
    ]
    assert (found.articles, found.first_month, found.last_month) == (240, "2023-01", "2023-10")


def test_an_empty_archive_has_no_warnings(archive: Archive) -> None:
    archive.write("notes.txt", "no post")
    found = profile(archive)
    assert (found.warnings, found.articles) == ([], 0)
    assert {row["table_name"] for row in found.columns} == {"files"}


def test_values_that_are_missing_in_some_months_are_found(archive: Archive) -> None:
    blank: Changes = {"excerpt": '""'}
    write_archive(archive, {(month, n): blank for month in (3, 4) for n in range(0, POSTS, 2)})
    (warning,) = find(archive, "missing_values")
    assert warning["message"] == "24 of 48 posts have no excerpt_text (50%), where 0% is usual"
    # Each of the providers has too few posts to tell them apart.
    assert (warning["provider"], warning["months"]) == (None, ["2023-04", "2023-05"])
    assert list_lines(warning)[0] == ("_news/4-22.md", 7, 10)


def test_a_provider_with_many_posts_is_named(archive: Archive) -> None:
    everybody: dict[tuple[int, int], Changes] = {
        (month, number): {"provider": "{name: Only one, domain: one.example}"}
        for month in range(MONTHS)
        for number in range(POSTS)
    }
    for number in range(15):
        everybody[2, number] = everybody[2, number] | {"topics": None}
    write_archive(archive, everybody)
    (warning,) = find(archive, "missing_values")
    assert (warning["column"], warning["provider"], warning["rows"]) == ("topics", "Only one", 15)
    assert (warning["figure"], warning["usual"]) == (15 / 24, 0)


def test_a_value_that_only_newer_posts_have_is_one_warning(archive: Archive) -> None:
    old = {(month, number): Changes(excerpt=None) for month in range(5) for number in range(POSTS)}
    write_archive(archive, old)
    found = profile(archive).warnings
    (warning,) = [each for each in found if each["group"] == "gaps"]
    assert warning["check"] == "missing_until"
    assert warning["message"] == (
        "120 of 120 posts before 2023-06 have no excerpt_text (100%), of the others 0%"
    )


ODD: dict[tuple[int, int], Changes] = {
    (0, 0): {"title": '"Two  spaces, and one at the end "'},
    (0, 1): {"provider": "{name: No\N{NO-BREAK SPACE}break, domain: b.example}"},
    (0, 2): {"excerpt": "You &amp;amp; me"},
    (0, 3): {"title": '"Itâ€™s broken"'},
    (0, 4): {"provider": "{name: 'Morningstar%2c Inc.', domain: m.example}"},
    (0, 5): {"quality": "4000"},
    (0, 6): {"publishedDateTime": "2199-01-01T01:02:03Z"},
    (0, 7): {"title": '"Vous «\N{NO-BREAK SPACE}savez\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}?"'},
}
"""One odd value each. The last one is only French."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Profile]:
    """The raw folder and the profile of an archive with the values `ODD`."""
    archive = Archive(tmp_path_factory.mktemp("odd"))
    write_archive(archive, ODD)
    return archive.raw, profile(archive)


@pytest.mark.parametrize(
    ("check", "column", "post_number", "line", "message"),
    [
        (
            *("white_space", "title", 0, 3),
            "1 of 240 values of title have white space that is not seen: 1 at the beginning or "
            "end, 1 doubled, or a line end",
        ),
        (
            *("white_space", "provider_name", 1, 9),
            "1 of 240 values of provider_name have white space that is not seen: 1 no-break",
        ),
        (
            *("escaped_text", "excerpt_text", 2, 7),
            "1 of 240 values of excerpt_text hold entities that readers see",
        ),
        (
            *("broken_characters", "title", 3, 3),
            "1 of 240 values of title hold characters of a wrong encoding",
        ),
        (
            *("percent_codes", "provider_name", 4, 9),
            '1 of 240 values of provider_name hold percent codes: "Morningstar%2c Inc."',
        ),
        (
            *("outliers", "quality", 5, 8),
            "1 of 240 values of quality lie far from all others (4000), where half are below 59",
        ),
        (
            *("unlikely_dates", "published_at", 6, 5),
            "1 of 240 posts have an unlikely date: 1 in the future, up to 2199-01-01",
        ),
    ],
)
def test_a_single_odd_value_is_found_where_it_stands(
    odd: tuple[Path, Profile], check: str, column: str, post_number: int, line: int, message: str
) -> None:
    raw, found = odd
    (warning,) = [
        each for each in found.warnings if (each["check"], each["column"]) == (check, column)
    ]
    assert warning["message"] == message
    ((path, at, _),) = list_lines(warning)
    assert (path, at) == (f"_news/0-{post_number:02}.md", line)
    text = (raw / path).read_text(encoding="utf-8").splitlines()
    assert text[line - 1] == warning["examples"][0]["text"]


def test_dates_long_before_all_others_are_found(archive: Archive) -> None:
    write_archive(archive, {(0, 3): {"publishedDateTime": "1970-01-01T00:00:01Z"}})
    (warning,) = find(archive, "unlikely_dates")
    assert warning["message"] == (
        "1 of 240 posts have an unlikely date: 1 long before all others, from 1970-01-01 on"
    )


def test_midnights_are_found_where_a_time_is_written(archive: Archive) -> None:
    midnight: Changes = {"publishedDateTime": "2023-03-05T00:00:00Z"}
    only_day: Changes = {"publishedDateTime": "2023-03-05"}
    write_archive(
        archive, {(2, n): midnight for n in range(3)} | {(2, n): only_day for n in range(3, 9)}
    )
    (warning,) = find(archive, "midnights")
    assert (warning["rows"], warning["of"]) == (3, 234)


def test_addresses_of_several_files_are_found(archive: Archive) -> None:
    same: Changes = {"webUrl": "https://example.org/same"}
    write_archive(archive, {(1, 0): same, (5, 5): same})
    (warning,) = find(archive, "shared_addresses")
    assert warning["message"] == "2 of 240 posts share their address with another file (1 address)"
    assert {path for path, *_ in list_lines(warning)} == {"_news/1-00.md", "_news/5-05.md"}


def test_scores_of_zero_are_found_among_real_ones(archive: Archive) -> None:
    write_archive(archive, {(1, n): {"quality": "0"} for n in range(4)})
    (warning,) = find(archive, "zero_scores")
    assert (warning["column"], warning["rows"], warning["usual"]) == ("quality", 4, 50)
    assert len(warning["examples"]) == 4


def test_columns_that_never_differ_are_found(archive: Archive) -> None:
    write_archive(
        archive,
        {
            (month, n): {"originalUrl": f"https://www.host{n % 5}.example/x{month}/{n}"}
            for month in range(MONTHS)
            for n in range(POSTS)
        },
    )
    (warning,) = find(archive, "same_columns")
    assert warning["message"] == (
        "the host of original_url never differs from that of web_url, in 240 posts that have both"
    )


def test_months_with_far_fewer_posts_are_found(archive: Archive) -> None:
    write_archive(archive)
    for month in range(7, 9):
        for number in range(2, POSTS):
            archive.delete(f"_news/{month}-{number:02}.md")
    (warning,) = find(archive, "fewer_posts")
    assert warning["months"] == ["2023-08", "2023-09"]
    assert (warning["rows"], warning["usual"]) == (2, 24)


def test_the_month_that_is_not_over_is_not_compared(archive: Archive) -> None:
    today = datetime.now(UTC)
    for back in range(8):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        published = {"publishedDateTime": f"{year}-{month + 1:02}-01T00:00:01Z"}
        for number in range(POSTS if back else 1):
            archive.write(f"{back}-{number}.md", post(published))
    assert find(archive, "fewer_posts") == []


def test_a_choice_keeps_what_is_about_it(archive: Archive) -> None:
    changes: dict[tuple[int, int], Changes] = {
        (0, 3): {"title": '" x"'},
        (1, 4): {"quality": "4000"},
    }
    write_archive(archive, changes)
    titles = profile(archive, Choice(column="title"))
    assert [each["check"] for each in titles.warnings] == ["white_space"]
    assert {row["column_name"] for row in titles.columns} == {"title"}
    assert profile(archive, Choice(table="images")).warnings == []
    assert len(profile(archive, Choice(column="title", month="2023-01")).warnings) == 1
    assert profile(archive, Choice(column="title", month="2023-02")).warnings == []
    assert profile(archive, Choice(column="title", provider="Provider 1")).warnings == []
    rows = profile(archive, Choice("articles", "quality", "Provider 1", "2023-02")).columns
    assert [(row["n"], row["max_value"]) for row in rows] == [(8, "4000")]


def test_a_line_that_may_hold_a_secret_is_not_shown(archive: Archive) -> None:
    write_archive(
        archive,
        {(0, 3): {"title": '"Two  spaces" # secured: 1', "secured": "hidden", "category": "news"}},
    )
    found = profile(archive)
    assert "hidden" not in str(found)
    (warning,) = [each for each in found.warnings if each["check"] == "white_space"]
    assert [each["text"] for each in warning["examples"]] == ["(secret)"]


def test_a_file_that_changed_since_has_no_line(archive: Archive) -> None:
    write_archive(archive, {(0, 3): {"title": '" x"'}})
    archive.run()
    archive.write("_news/0-03.md", "something else")
    found = make_profile(archive.warehouse, archive.snapshot)
    (warning,) = [each for each in found.warnings if each["check"] == "white_space"]
    assert list_lines(warning) == [("_news/0-03.md", None, None)]


@pytest.mark.parametrize("check", load_checks(), ids=lambda check: check.name)
def test_every_check_says_what_it_means_and_uses_its_thresholds(check: Any) -> None:
    assert check.group in GROUPS
    assert all((check.title, check.means, check.fix, check.says))
    assert all(f"${name}" in check.sql for name in check.thresholds)


def test_a_check_without_words_is_a_mistake(tmp_path: Path) -> None:
    from pipelines.reports.profile.checks import read_check

    path = tmp_path / "odd.sql"
    path.write_text("-- Odd\n--no space\nSELECT 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.sql: expected `-- name: text`, found `--no space`"):
        read_check(path)


def test_own_columns_may_be_called_as_the_checks_call_theirs(archive: Archive) -> None:
    names = ("provider", "column_name", "value", "cell", "name", "is_missing", "cells")
    (archive.raw.parent / "matterhouse.toml").write_text(
        'base = "everyday"\n'
        + "".join(
            f'[articles.columns.{name}]\nkey = "{name}_"\ntype = "integer"\ndescription = "Own."\n'
            for name in names
        ),
        encoding="utf-8",
    )
    archive.write("a.md", post({f"{name}_": "7" for name in names} | {"title": '" x"'}))
    archive.run(mapping="auto")
    found = make_profile(archive.warehouse, archive.snapshot)
    assert [each["check"] for each in found.warnings] == ["white_space"]
    ranges = {row["column_name"]: row["max_value"] for row in found.columns}
    assert {name: ranges[name] for name in names} == dict.fromkeys(names, "7")


def test_a_snapshot_of_a_version_that_lacked_a_column_has_a_profile(built: Archive) -> None:
    files = built.snapshot.list_files("articles")
    for path in files.values():
        rows = pl.read_parquet(path, hive_partitioning=False).drop("title_text", "is_public")
        path.chmod(0o644)
        rows.write_parquet(path)
    manifest = built.snapshot.folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for month, record in content["tables"]["articles"].items():
        record["bytes"] = files[month].stat().st_size
    manifest.write_text(json.dumps(content), encoding="utf-8")
    found = make_profile(built.warehouse, built.snapshot)
    columns = [row["column_name"] for row in found.columns if row["table_name"] == "articles"]
    assert "title" in columns
    assert "title_text" not in columns
