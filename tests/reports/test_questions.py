"""The named questions: what their files say, and that their answers are right."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final

import polars as pl
import pytest

from pipelines.errors import UsageError
from pipelines.reports.answering import find_earlier, prepare
from pipelines.reports.query import Answer, asking, query_snapshot
from pipelines.reports.question import FOLDER, Question, list_questions
from schemas.language.views import load_views
from tests.answers import name_values
from tests.conftest import Archive
from tests.reports.plain_questions import ANSWERS, Rows, read_posts
from tests.test_readme import ROOT
from tests.views.plain import Tables
from tests.views.traps import write_later, write_post, write_traps

QUESTIONS: Final = list_questions()
NOT_IN_POLARS: Final = {
    "rising-topics": "Its SQL knows no steps of months.",
    "cooling": "Its SQL has no arg_max.",
    "image-shapes": "Its SQL has no arg_min.",
    "changed-since": "It has no tables of another snapshot.",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = Archive(tmp_path_factory.mktemp("sample"), ROOT / "raw")
    archive.run()
    return archive


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """All that makes a naive count wrong, in three snapshots."""
    archive = Archive(tmp_path_factory.mktemp("traps"))
    write_traps(archive)
    write_post(archive, "cooling", heat=90)
    write_post(archive, "rewritten", heat=80, webUrl="https://old.org/a")
    write_post(archive, "leaving", heat=70)
    archive.run()
    write_later(archive)
    write_post(archive, "cooling", heat=40)
    write_post(archive, "rewritten", heat=10, webUrl="https://new.org/b")
    archive.run()
    write_post(archive, "cooling", heat=-1, published=False)
    archive.delete("_news/leaving.md")
    archive.run()
    return archive


def answer(archive: Archive, name: str, snapshot: int | None = None, **given: str) -> Answer:
    question, warehouse = QUESTIONS[name], archive.warehouse
    pinned = warehouse.pin(snapshot)
    values = find_earlier(question, question.bind(given), warehouse, pinned)
    asked = prepare(question, values)
    return query_snapshot(pinned, asked.sql, values=asked.values)


@cache
def read_tables(archive: Archive) -> Tables:
    """The tables as PyYAML reads them. Only observations have to come from the warehouse."""
    loaded = sorted(path for path, status in archive.statuses().items() if status == "loaded")
    observed = name_values(query_snapshot(archive.snapshot, "SELECT * FROM observations"))
    return {**read_posts(archive.raw, loaded), "observations": observed}


def steady(rows: Rows) -> Rows:
    """Without the last digits of numbers, which depend on the order of a sum."""
    return [tuple(round(x, 6) if isinstance(x, float) else x for x in row) for row in rows]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("of", ["sample", "traps"])
def test_the_answer_is_that_of_plain_python(
    request: pytest.FixtureRequest, of: str, name: str
) -> None:
    archive = request.getfixturevalue(of)
    assert steady(answer(archive, name).rows) == steady(ANSWERS[name](read_tables(archive)))


@pytest.mark.parametrize("name", sorted(QUESTIONS.keys() - ANSWERS.keys()))
def test_only_what_compares_snapshots_has_no_answer_in_plain_python(name: str) -> None:
    assert QUESTIONS[name].compares


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_of_an_answer_is_described_in_its_order(traps: Archive, name: str) -> None:
    assert answer(traps, name).columns == [*QUESTIONS[name].columns]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_file_declares_the_parameters_that_its_sql_takes(question: Question) -> None:
    assert {*re.findall(r"\$(\w+)", question.sql)} == {each.name for each in question.parameters}
    assert question.sentence.endswith("?")
    assert question.trap.endswith(".")


def test_files_are_numbered_from_one_on() -> None:
    numbers = [int(path.stem.partition("-")[0]) for path in sorted(FOLDER.glob("*.sql"))]
    assert numbers == [*range(1, len(QUESTIONS) + 1)]


@pytest.mark.parametrize("name", sorted(QUESTIONS.keys() - NOT_IN_POLARS.keys()))
@pytest.mark.parametrize("of", ["sample", "traps"])
def test_polars_answers_the_same_sql_alike(
    request: pytest.FixtureRequest, of: str, name: str
) -> None:
    archive = request.getfixturevalue(of)
    question = QUESTIONS[name]
    context = pl.SQLContext(read_views(archive), eager=True)
    found = context.execute(question.render_sql(question.bind({})))
    # Polars rounds 81.25 to the even digit, 81.2.
    expected = [
        [pytest.approx(x, abs=0.11) if isinstance(x, float) else x for x in row]
        for row in answer(archive, name).rows
    ]
    assert [[*row] for row in found.rows()] == expected


@pytest.mark.parametrize("name", NOT_IN_POLARS)
def test_what_is_said_not_to_run_in_polars_does_not(sample: Archive, name: str) -> None:
    question = QUESTIONS[name]
    context = pl.SQLContext(read_views(sample), eager=True)
    with pytest.raises(pl.exceptions.PolarsError):
        context.execute(question.render_sql(question.bind({})))


@cache
def read_views(archive: Archive) -> Mapping[str, pl.DataFrame]:
    """The tables and views as frames."""
    names = {*archive.snapshot.manifest.tables, *load_views()} - {"runs", "snapshots"}
    with asking(archive.snapshot, "SELECT 1") as connection:
        return {name: connection.sql(f"SELECT * FROM {name}").pl() for name in names}


SAMPLE: Final[dict[str, Rows]] = {
    "public-per-month": [
        ("2024-01", 18, 4, 14),
        ("2024-02", 23, 5, 18),
        ("2024-03", 27, 7, 20),
        ("2024-04", 25, 6, 19),
        ("2024-05", 19, 4, 15),
        (None, 10, 10, 0),
    ],
    "providers": [
        ("Open Weather Notes", ["weathernotes.example"], 27, 5, 73.0),
        ("Bridge & Tunnel", ["bridge-tunnel.example"], 25, 4, 38.0),
        ("The Valley Post", ["valleypost.example"], 24, 7, 66.0),
        ("Quayside Courier", ["quayside-courier.example"], 17, 3, 59.0),
        ("Tidewatch", ["tidewatch.example"], 15, 3, 42.0),
        ("Tidewatch Learn", ["tidewatch.example"], 10, 10, None),
        (None, [], 4, 4, None),
    ],
    "topics-together": [],
    "quality-and-heat": [(True, 36, 0, 0, 0, 14, 0.19), (False, 86, 0, 0, 85, 0, None)],
    "link-resolution": [("one", 290, 1, 78, 86), ("none", 6, 0, 6, 2), ("self", 1, 0, 1, 1)],
    "stories": [],
    "duplicates": [("same_teaser", 11, 24, 9, 20, 8)],
    "redirects": [],
    "image-reuse": [
        (
            "https://www.bridge-tunnel.example/images/volunteers-rebuild-the-v-0.jpg",
            *(2, 10, 1200, 675),
        ),
        (
            "https://www.weathernotes.example/images/kestrel-hill-opens-its-f-0.jpg",
            *(2, 6, 1200, 675),
        ),
    ],
    "image-shapes": [("4:3 to 16:9", 72, 18, 59.0), ("no image", 50, 18, 41.0)],
    "incomplete": [
        ("Bridge & Tunnel", "2024-04", 11, 0.0, 36.4, 27.3, 0.0, 2),
        ("Open Weather Notes", "2024-03", 10, 0.0, 60.0, 0.0, 0.0, 0),
        ("The Valley Post", "2024-02", 10, 0.0, 40.0, 10.0, 0.0, 1),
        ("Tidewatch Learn", None, 10, 0.0, 100.0, 100.0, 100.0, 0),
        ("Quayside Courier", "2024-01", 9, 0.0, 55.6, 22.2, 0.0, 2),
    ],
}
TRAPS: Final[dict[str, Rows]] = {
    "topics-together": [('O\'Brien "x"', "two words", 5, 12.2)],
    "link-resolution": [
        ("one", 23, 2, 12, 8),
        ("self", 6, 0, 6, 6),
        ("ambiguous", 2, 0, 1, 2),
        ("none", 2, 1, 1, 1),
    ],
    "stories": [
        ("A title", 4, 3, "Outlet 0", datetime(2024, 5, 1), 744.0, 3)  # noqa: DTZ001  # As in views.
    ],
    "duplicates": [
        ("same_address", 2, 9, 1, 4, 6),
        ("same_teaser", 1, 2, 0, 0, 2),
        ("same_title", 1, 3, 1, 3, 3),
    ],
    "redirects": [("short.org", "example.org", 1)],
    "image-reuse": [("https://www.Pictures.org/logo's.png", 2, 6, 2000, 630)],
    "image-shapes": [
        ("no image", 59, 46, 96.7),
        ("unknown size", 1, 1, 1.6),
        ("wider", 1, 1, 1.6),
    ],
}


@pytest.mark.parametrize("name", SAMPLE)
def test_the_answer_for_the_sample_is_known(sample: Archive, name: str) -> None:
    assert steady(answer(sample, name).rows) == SAMPLE[name]


@pytest.mark.parametrize("name", TRAPS)
def test_no_trap_changes_the_answer(traps: Archive, name: str) -> None:
    ids = len(QUESTIONS[name].columns) - len(TRAPS[name][0])
    rows = answer(traps, name).rows
    assert steady([row[: len(row) - ids] for row in rows]) == TRAPS[name]


def test_the_most_linked_articles_of_the_sample_are_known(sample: Archive) -> None:
    rows = answer(sample, "most-linked", at_least="6").rows
    assert [row[2:4] for row in rows] == [(7, 4), (6, 5), *[(6, 4)] * 4, *[(6, 3)] * 4]
    assert rows[0][:2] == ("Night trains come to Tarn Island, slowly", "Open Weather Notes")


def test_topics_rise_and_fall_between_two_periods(sample: Archive) -> None:
    rows = answer(sample, "rising-topics", since="2024-04", months="2").rows
    assert steady(rows) == steady(ANSWERS["rising-topics"](read_tables(sample), months=2))
    assert rows[0] == ("Transport", 6, 10, 12.0, 22.7, 10.7)
    assert rows[-1] == ("Science", 6, 0, 12.0, 0.0, -12.0)


def test_heat_is_followed_at_each_address_until_the_article_is_hidden(traps: Archive) -> None:
    rows = [(row[0], row[1], *row[3:6]) for row in answer(traps, "cooling").rows]
    assert rows[:4] == [
        ("A title", 90, -1, None, False),
        (None, 80, 80, 0, True),
        (None, 70, 70, 0, True),
        ("A title", 10, 10, 0, True),
    ]


def test_what_changed_is_listed_by_article_and_column(traps: Archive) -> None:
    names = ("change", "source_path", "column_name", "old_value", "new_value")
    found = name_values(answer(traps, "changed-since"))
    assert [tuple(row[name] for name in names) for row in found] == [
        ("gone", "_news/leaving.md", None, None, None),
        ("changed", "_news/cooling.md", "heat", "40", "-1"),
        ("changed", "_news/cooling.md", "is_public", "true", "false"),
        ("changed", "_news/cooling.md", "is_published", None, "false"),
    ]
    since_first = name_values(answer(traps, "changed-since", since="1"))
    heats = {row["source_path"]: row for row in since_first if row["column_name"] == "heat"}
    assert heats["_news/cooling.md"]["old_value"] == "90"
    assert {row["source_path"] for row in since_first if row["change"] == "new"} == {
        "_news/new.md",
        "_news/new-and-dated-ahead.md",
        "_news/new-without-date.md",
    }
    assert name_values(answer(traps, "changed-since", snapshot=2, since="2")) == []


@pytest.mark.parametrize(
    ("name", "option", "value", "problem"),
    [
        ("public-per-month", "since", "2024-13", 'found "2024-13", expected a month like 2021-02'),
        ("public-per-month", "since", "2024-01'--", "expected a month like 2021-02"),
        ("public-per-month", "since", "", 'found "", expected a month like 2021-02'),
        ("public-per-month", "at_least", "1", "does not take it; it takes --since"),
        ("cooling", "since", "2023-02-29", "expected a day like 2021-02-14"),
        ("cooling", "since", "2023-02", "expected a day like 2021-02-14"),
        ("most-linked", "at_least", "-1", "expected a whole number, 0 or more"),
        ("most-linked", "at_least", "1e3", "expected a whole number, 0 or more"),
        ("most-linked", "at_least", "9" * 30, "expected a whole number, 0 or more"),
        ("changed-since", "since", "99", "found 99, expected a snapshot that is there: 1, 2, 3"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(
    traps: Archive, name: str, option: str, value: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)):
        answer(traps, name, **{option: value})


def test_a_month_leaves_out_what_is_older_but_nothing_without_a_date(sample: Archive) -> None:
    rows = answer(sample, "public-per-month", since="2024-05").rows
    assert rows == [("2024-05", 19, 4, 15), (None, 10, 10, 0)]


@pytest.mark.parametrize("name", ANSWERS)
def test_the_sql_that_is_printed_gives_the_same_answer(sample: Archive, name: str) -> None:
    question = QUESTIONS[name]
    printed = f"{question.explain()}\n{question.render_sql(question.bind({}))}"
    assert query_snapshot(sample.snapshot, printed).rows == answer(sample, name).rows
