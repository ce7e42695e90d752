"""profile: what it prints, and what it writes."""

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import Archive, Run, post

HOSTILE = '"  <script>alert(1)</script> \\x1b[31m%2c"'


@pytest.fixture
def flawed(archive: Archive, run: Run) -> Archive:
    """An archive whose titles have something wrong with them."""
    archive.write("_news/a.md", post({"title": HOSTILE}))
    archive.write("_news/b.md", post({"title": '"two  spaces"', "quality": "7"}))
    assert run("build", "--max-reject-share", "1").code == 0
    return archive


@pytest.mark.usefixtures("flawed")
def test_warnings_come_first_each_with_its_lines(run: Run) -> None:
    told = run("profile").out
    assert "White space that nobody sees: articles.title [white_space]" in told
    assert "    raw/_news/a.md:3:8\n" in told
    assert told.index("White space") < told.index("articles: 2 rows")
    assert "\x1b" not in told
    assert any(line.split()[:3] == ["quality", "50%", "0"] for line in told.splitlines())


@pytest.mark.usefixtures("flawed")
def test_warnings_or_columns_can_be_left_out(run: Run) -> None:
    only = run("profile", "--checks", "only").out
    assert "white_space" in only
    assert "2 rows" not in only
    none = run("profile", "--checks", "none").out
    assert "white_space" not in none
    assert "articles: 2 rows" in none


@pytest.mark.usefixtures("flawed")
def test_a_table_and_a_column_can_be_chosen(run: Run) -> None:
    told = run("profile", "articles", "--column", "quality").out
    assert [line.split()[0] for line in told.splitlines() if line] == [
        "articles:",
        "column",
        "quality",
    ]
    nothing = run("profile", "--provider", "nobody")
    assert (nothing.out, nothing.err) == ("", "matterhouse: nothing of that is there\n")


@pytest.mark.usefixtures("flawed")
def test_json_has_warnings_and_columns(run: Run) -> None:
    told = json.loads(run("profile", "--json").out)
    assert {"white_space", "percent_codes"} <= {each["check"] for each in told["warnings"]}
    assert told["warnings"][0]["examples"][0]["line"] == 3
    title = next(
        each
        for each in told["columns"]
        if (each["table_name"], each["column_name"]) == ("articles", "title")
    )
    assert (title["n"], title["distinct_count"]) == (2, 2)


@pytest.mark.usefixtures("flawed")
def test_csv_has_columns_or_warnings(run: Run) -> None:
    columns = list(csv.DictReader(run("profile", "--format", "csv").out.splitlines()))
    assert columns[0]["table_name"] == "documents"
    told = run("profile", "--format", "csv", "--checks", "only").out
    assert next(row["check"] for row in csv.DictReader(told.splitlines())) == "percent_codes"


@pytest.mark.usefixtures("flawed")
def test_a_page_shows_hostile_values_as_text_and_no_folder_of_ours(
    run: Run, tmp_path: Path
) -> None:
    assert run("profile", "-o", "report.html").out == "written: report.html\n"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "\x1b" not in page
    assert "<code>_news/a.md:3:8</code>" in page
    assert str(tmp_path) not in page


@pytest.mark.usefixtures("flawed")
def test_markdown_shows_hostile_values_as_text(run: Run) -> None:
    told = run("profile", "--format", "markdown").out
    assert "### White space that nobody sees" in told
    assert "<script" not in told.replace("\\<", "")


@pytest.mark.usefixtures("flawed")
def test_a_file_needs_a_format(run: Run) -> None:
    answer = run("profile", "-o", "report.pdf")
    assert answer.code == 2
    assert "a file needs one, or a name that ends in .json, .csv" in answer.err


@pytest.mark.usefixtures("flawed")
def test_an_earlier_file_stays_if_the_profile_fails(run: Run, archive: Archive) -> None:
    report = archive.raw.parent / "report.html"
    report.write_text("earlier", encoding="utf-8")
    (path,) = archive.snapshot.list_files("articles").values()
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    answer = run("profile", "-o", "report.html")
    assert answer.code == 1
    assert "articles/" in answer.err
    assert report.read_text(encoding="utf-8") == "earlier"


@pytest.mark.usefixtures("flawed")
def test_raw_files_that_are_gone_are_named_without_lines(run: Run, archive: Archive) -> None:
    archive.raw.rename(archive.raw.with_name("elsewhere"))
    answer = run("profile", "--checks", "only")
    assert answer.code == 0
    assert "    raw/_news/a.md\n" in answer.out


@pytest.mark.usefixtures("flawed")
def test_settings_leave_out_checks_and_set_thresholds(run: Run, archive: Archive) -> None:
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text(
        '[profile]\nskip = ["percent_codes"]\n'
        "[profile.thresholds.shared_addresses]\nleast_rows = 3\n",
        encoding="utf-8",
    )
    told = run("profile", "--checks", "only").out
    assert "white_space" in told
    assert "percent_codes" not in told
    assert "shared_addresses" not in told
    doubts = {each["check"] for each in json.loads(run("catalog", "--json").out)["doubts"]}
    assert "white_space" in doubts
    assert doubts & {"percent_codes", "shared_addresses"} == set()


@pytest.mark.usefixtures("flawed")
def test_a_page_is_made_again_if_the_settings_of_checks_change(run: Run, archive: Archive) -> None:
    run("catalog")
    page = archive.snapshot.folder / "catalog.html"
    before = page.read_text(encoding="utf-8")
    run("catalog")
    assert page.read_text(encoding="utf-8") == before
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text('[profile]\nskip = ["percent_codes"]\n', encoding="utf-8")
    run("catalog")
    assert page.read_text(encoding="utf-8") != before


@pytest.mark.usefixtures("flawed")
@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('skip = ["white_spaces"]', 'there is no check "white_spaces"; is white_space meant?'),
        (
            "thresholds = {midnights = {least_row = 1}}",
            'there is no threshold of midnights "least_row"; is least_rows meant?',
        ),
        (
            "thresholds = {midnights = {least_rows = 1.5}}",
            "midnights.least_rows: found 1.5, expected a whole number",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    run: Run, archive: Archive, said: str, problem: str
) -> None:
    (archive.raw.parent / "matterhouse.toml").write_text(f"[profile]\n{said}\n", encoding="utf-8")
    answer = run("profile")
    assert answer.code == 2
    assert answer.err.endswith(f"matterhouse.toml: profile: {problem}\n")
