"""The catalog: its facts against plain counts over the tables, and when its page is made."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import UnwritablePageError, WarehouseError
from pipelines.reports.catalog.asking import asking
from pipelines.reports.catalog.charts import draw_bars
from pipelines.reports.catalog.diagram import draw_diagram
from pipelines.reports.catalog.facts import gather_facts
from pipelines.reports.catalog.keeping import keep_page, write_page
from pipelines.reports.catalog.months import choose_scale, sum_steps
from pipelines.reports.catalog.page import (
    find_level,
    render_catalog,
    show_bytes,
    show_number,
    show_share,
)
from pipelines.reports.catalog.queries import list_queries
from pipelines.warehouse.layout import CATALOG_NAME
from schemas.language.registry import load_tables
from tests.conftest import APRIL, MARCH, Archive, post

OTHER = {"webUrl": "https://example.org/b", "title": "Another", "quality": "9"}


@pytest.fixture(scope="module")
def archive_of_traps(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Two articles with one address, a hidden one with a score below 0, and one without a date."""
    archive = Archive(tmp_path_factory.mktemp("traps"))
    provider = {"provider": "{name: The Wire, domain: wire.example}", "quality": "5"}
    archive.write("_news/a.md", post(MARCH | provider | {"images": "[{url: /i}]"}))
    archive.write("_news/b.md", post(APRIL | provider | {"published": "true"}))
    hidden = {"published": "false", "heat": "-1", "related": "[{webUrl: /r, images: [{url: /j}]}]"}
    archive.write("_news/c.md", post(APRIL | OTHER | hidden))
    archive.write(
        "_pages/d.md",
        post({"publishedDateTime": None, "category": "about", "webUrl": "https://example.org/d"}),
    )
    archive.write("_news/rejected.md", post(APRIL | {"title": None}))
    archive.run()
    return archive


@pytest.fixture(scope="module")
def facts(archive_of_traps: Archive) -> dict[str, Any]:
    return gather_facts(archive_of_traps.warehouse, archive_of_traps.snapshot)


def find_column(facts: dict[str, Any], table: str, column: str) -> dict[str, Any]:
    (found,) = [each for each in facts["tables"] if each["table"] == table]
    (named,) = [each for each in found["columns"] if each["column"] == column]
    return dict(named)


def test_the_summary_counts_articles(facts: dict[str, Any]) -> None:
    assert facts["summary"] == {
        "articles": 4,
        "public": 3,
        "providers": 1,
        "first": "2024-03-05",
        "last": "2024-04-05",
        "undated": 1,
    }
    assert facts["articles"] == {
        "step": "month",
        "steps": [
            {"step": "2024-03", "public": 1, "hidden": 0},
            {"step": "2024-04", "public": 1, "hidden": 1},
        ],
        "undated": 1,
        "left_out": 0,
    }


def test_nulls_and_different_values_are_those_of_the_table(
    facts: dict[str, Any], archive_of_traps: Archive
) -> None:
    looked_at = 0
    for table in facts["tables"]:
        rows = archive_of_traps.rows(table["table"])
        for column in table["columns"]:
            values = rows[column["column"]]
            if column["column"] == "published_month" and table["table"] != "files":
                values = values.replace("unknown", None)
            assert column["nulls"] == values.null_count(), column
            if column["distinct"] is not None:
                assert column["distinct"] == values.drop_nulls().n_unique(), column
            looked_at += 1
    assert looked_at > 90


def test_frequent_values_are_counted(facts: dict[str, Any]) -> None:
    assert find_column(facts, "articles", "category")["frequent"] == []
    assert find_column(facts, "articles", "is_removed")["frequent"] == [
        {"value": "false", "rows": 4}
    ]


def test_no_secret_of_the_settings_is_shown(archive: Archive) -> None:
    settings = 'base = "everyday"\nsecrets = ["password", "keys"]\n'
    (archive.raw.parent / "matterhouse.toml").write_text(settings, encoding="utf-8")
    for number in range(6):
        secret = {"password": "hunter2", "keys": "{inner: hunter2}", "title": '" Untrimmed "'}
        archive.write(f"{number}.md", post(secret | {"publishedDateTime": "2024-01-01T00:00:00Z"}))
    archive.run(mapping="auto")
    page = keep_page(archive.warehouse, archive.snapshot).read_text(encoding="utf-8")
    assert "hunter2" not in page
    assert "Untrimmed" in page


def test_no_text_of_a_post_is_shown_as_a_frequent_value(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number in range(6):
        values = {
            "title": "The same title",
            "excerpt": "The same teaser",
            "secured": "ciphertext",
            "category": "x" * 61,
            "webUrl": f"https://example.org/{number}",
        }
        archive.write(f"{number}.md", post(values, body="The same body\n"))
    archive.run()
    described = json.dumps(gather_facts(archive.warehouse, archive.snapshot))
    shown = ("The same title", "The same teaser", "ciphertext", "The same body", "x" * 61)
    assert [text for text in shown if text in described] == []


def test_traps_say_what_they_touch(facts: dict[str, Any]) -> None:
    assert [trap["found"] for trap in facts["traps"]] == [
        "Articles that share their address: 2 of 4.",
        "Public articles that do not say so: 2 of 3.",
        "Images that are the article's own: 1 of 2.",
        "Articles without a month: 1 of 4.",
        "Dated articles that move to the day before at UTC-8: 3 of 3.",
        "Articles with a heat below 0: 1 of 1.",
        "Hidden articles that name others of their story: 1 of 1.",
        "Articles that have had several addresses: 0 of 4.",
    ]


def test_providers_have_figures_over_all_time_and_by_month(facts: dict[str, Any]) -> None:
    wire = next(row for row in facts["providers"]["rows"] if row["provider"] == "The Wire")
    assert (wire["articles"], wire["public"], wire["quality"]) == (2, 2, 5)
    assert (wire["without_teaser"], wire["without_image"]) == (1, 0.5)
    assert (wire["first"], wire["last"]) == ("2024-03-05", "2024-04-05")
    grid = facts["providers"]["grid"]
    assert grid["steps"] == ["2024-03", "2024-04"]
    figures = {
        measure["name"]: row["figures"]
        for measure in grid["measures"]
        for row in measure["rows"]
        if row["provider"] == "The Wire"
    }
    assert figures == {
        "quality": [5, 5],
        "articles": [1, 1],
        "without_teaser": [1, 1],
        "without_image": [0, 1],
    }


def test_the_newest_article_of_each_collection_is_shown(facts: dict[str, Any]) -> None:
    assert facts["freshness"] == {
        "rows": [
            {
                "collection": "_news",
                "newest": "2024-04-05",
                "articles": 3,
                "last_30_days": 2,
                "undated": 0,
                "timed": 0,
                "hours_late": None,
            },
            {
                "collection": "_pages",
                "newest": None,
                "articles": 1,
                "last_30_days": 0,
                "undated": 1,
                "timed": 0,
                "hours_late": None,
            },
        ],
        "more": 0,
    }


def test_how_late_articles_are_seen_is_told_of_those_that_came_later(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write("a.md", post(MARCH))
    archive.run()
    archive.write("b.md", post(MARCH | OTHER))
    archive.run()
    (row,) = gather_facts(archive.warehouse, archive.snapshot)["freshness"]["rows"]
    assert row["timed"] == 1
    assert row["hours_late"] > 0


def test_findings_are_counted_and_listed_with_their_lines(
    facts: dict[str, Any], archive_of_traps: Archive
) -> None:
    findings = facts["findings"]
    assert findings["errors"] == 1
    assert [(each["rule"], each["findings"]) for each in findings["groups"]] == [("is_not_null", 1)]
    (line,) = findings["lines"]
    assert line["link"] == (archive_of_traps.raw / "_news/rejected.md").as_uri()
    assert line["place"].startswith("_news/rejected.md:")
    assert findings["months"]["rows"] == [{"rule": "is_not_null", "counts": [1]}]


def test_what_looks_wrong_is_told_with_lines(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number in range(30):
        title = '" Untrimmed "' if number == 7 else f"Title {number}"
        archive.write(f"{number}.md", post({"title": title, "webUrl": f"https://e.org/{number}"}))
    archive.run()
    facts = gather_facts(archive.warehouse, archive.snapshot)
    (doubt,) = [each for each in facts["doubts"] if each["check"] == "white_space"]
    assert doubt["column"] == "title"
    assert [example["place"] for example in doubt["examples"]] == ["7.md:3:8"]
    assert doubt["examples"][0]["link"] == (archive.raw / "7.md").as_uri()


def test_every_table_and_view_is_described(facts: dict[str, Any]) -> None:
    assert [table["table"] for table in facts["tables"]] == list(load_tables())
    described = [*facts["tables"], *facts["views"]]
    assert all(each["grain"] for each in described)
    assert [
        (each["grain"], column["column"])
        for each in described
        for column in each["columns"]
        if not column["meaning"]
    ] == []
    assert {"link_targets", "stories"} <= {view["view"] for view in facts["views"]}


def test_facts_are_json(facts: dict[str, Any]) -> None:
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_page_of_the_same_facts_is_the_same(facts: dict[str, Any]) -> None:
    assert render_catalog(facts, "0" * 64) == render_catalog(facts, "0" * 64)


def test_an_archive_without_a_single_article_has_a_page(archive: Archive) -> None:
    archive.write("notes.txt", "not a post")
    archive.run()
    path = keep_page(archive.warehouse, archive.snapshot)
    assert "Nothing was rejected" in path.read_text(encoding="utf-8")


def test_own_columns_are_on_the_page(archive: Archive) -> None:
    settings = (
        '[articles.columns.rating]\nkey = "stars"\ntype = "integer"\ndescription = "Stars <3"\n'
    )
    (archive.raw.parent / "matterhouse.toml").write_text(settings, encoding="utf-8")
    archive.write("a.md", post({"stars": "4"}))
    archive.run(mapping="auto")
    facts = gather_facts(archive.warehouse, archive.snapshot)
    assert find_column(facts, "articles", "rating")["lowest"] == "4"
    assert "Stars &lt;3" in render_catalog(facts, "0" * 64)


def test_a_page_that_is_right_is_left_alone(built: Archive) -> None:
    path = keep_page(built.warehouse, built.snapshot)
    before = path.stat()
    assert (
        keep_page(built.warehouse, built.snapshot) == path == built.snapshot.folder / CATALOG_NAME
    )
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_page_is_made_again_after_another_run(built: Archive) -> None:
    old = built.snapshot
    before = keep_page(built.warehouse, old).read_bytes()
    built.write("_news/new.md", post(MARCH))
    built.run()
    assert keep_page(built.warehouse, old).read_bytes() != before
    assert "Snapshot 2" in keep_page(built.warehouse, built.snapshot).read_text(encoding="utf-8")


def test_a_page_is_made_again_after_a_move(built: Archive, tmp_path: Path) -> None:
    keep_page(built.warehouse, built.snapshot)
    moved = tmp_path / "elsewhere"
    built.warehouse.root.rename(moved)
    built.warehouse.root = moved
    text = keep_page(built.warehouse, built.snapshot).read_text(encoding="utf-8")
    assert str(moved / "warehouse.duckdb") in text


def test_a_publish_leaves_a_page_that_says_how_to_make_it(built: Archive) -> None:
    page = (built.warehouse.root / CATALOG_NAME).read_text(encoding="utf-8")
    assert "Snapshot 1" in page
    assert "<pre>matterhouse catalog</pre>" in page
    assert "<script" not in page


def test_the_pages_are_no_damage(built: Archive) -> None:
    keep_page(built.warehouse, built.snapshot)
    assert built.run("build").status == "unchanged"
    assert {path.name for path in built.snapshot.folder.glob("*.html")} == {CATALOG_NAME}
    assert list(built.snapshot.folder.glob(".*")) == []


def test_the_link_of_the_warehouse_leads_to_the_current_page(built: Archive) -> None:
    path = keep_page(built.warehouse, built.snapshot)
    assert (built.warehouse.root / CATALOG_NAME).resolve() == path.resolve()


def test_a_folder_that_cannot_be_written_to_is_named(
    built: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, _: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.reports.catalog.keeping.replace_file", refuse)
        with pytest.raises(UnwritablePageError, match=r"catalog\.html: Permission denied"):
            keep_page(built.warehouse, built.snapshot)
    write_page(built.warehouse, built.snapshot, tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 10_000


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_settings_decide_whether_a_publish_makes_the_page(
    archive: Archive, is_wanted: bool
) -> None:
    from pipelines.cli.local_run import run_here

    settings = f'base = "everyday"\n[catalog]\npublish = {str(is_wanted).lower()}\n'
    (archive.raw.parent / "matterhouse.toml").write_text(settings, encoding="utf-8")
    archive.write("a.md", post())
    record = run_here(archive.job(mapping="auto"))
    assert record.status == "published"
    page = (archive.warehouse.root / CATALOG_NAME).read_text(encoding="utf-8")
    assert ("Before you count" in page) is is_wanted


def test_a_snapshot_of_an_older_version_is_told_apart(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.database.views.load_views", dict)
    with pytest.raises(WarehouseError, match="000001: an older version made this snapshot"):
        keep_page(built.warehouse, built.snapshot)


def test_queries_name_the_tables_wherever_they_lie() -> None:
    for query in list_queries(Path('/data/it\'s "here"\\now')):
        if query["language"] == "sql":
            assert "'/data/it''s \"here\"\\now/warehouse.duckdb'" in query["text"]
        else:
            compile(query["text"], query["engine"], "exec")


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_the_queries_of_duckdb_and_polars_run(
    archive_of_traps: Archive, place: int, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = list_queries(archive_of_traps.warehouse.root)
    assert [query["engine"] for query in queries[:4]] == ["DuckDB"] * 3 + ["Polars"]
    query = queries[place]
    if query["language"] == "python":
        exec(query["text"], {})
        assert capsys.readouterr().out
        return
    import duckdb

    with duckdb.connect() as connection:
        assert connection.execute(query["text"]).fetchall()


@pytest.mark.parametrize(
    ("most", "step", "steps"), [(25, "month", 25), (24, "quarter", 9), (8, "year", 3)]
)
def test_steps_grow_until_there_is_room(most: int, step: str, steps: int) -> None:
    scale = choose_scale(["2022-01", "2020-01"], most)
    assert (scale.step, len(scale.steps)) == (step, steps)


def test_steps_have_no_gap() -> None:
    months = ["2023-11", "2024-02"]
    assert choose_scale(months, 4).steps == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert choose_scale(months, 3).steps == ["2023 Q4", "2024 Q1"]
    assert choose_scale([], 3).steps == []


def test_a_wrong_date_stretches_no_scale() -> None:
    scale = choose_scale(["0001-01", "2023-01", "2024-01", "9999-12"], 3)
    assert scale.steps == ["2023", "2024", "9999"]
    assert sum_steps([("0001-01", 7), ("2023-01", 1), ("2023-05", 2)], scale) == [3, 0, 0]


def test_a_page_with_wrong_dates_is_not_long(archive: Archive) -> None:
    for number, day in enumerate(("0001-01-01", "2024-03-05", "9999-12-31")):
        archive.write(f"{number}.md", post({"publishedDateTime": day, "provider": "{name: x}"}))
    archive.run()
    facts = gather_facts(archive.warehouse, archive.snapshot)
    assert [each["step"] for each in facts["articles"]["steps"]] == ["0001", "2024", "9999"]
    assert len(render_catalog(facts, "0" * 64)) < 300_000


def test_a_text_of_any_length_is_cut(archive: Archive) -> None:
    provider = {"provider": f"{{name: {'long ' * 100_000}}}"}
    archive.write("a.md", post(provider))
    archive.run()
    facts = gather_facts(archive.warehouse, archive.snapshot)
    assert len(render_catalog(facts, "0" * 64)) < 300_000


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "\N{EN DASH}"),
        (0.0, "0%"),
        (0.00001, "< 0.1%"),
        (0.125, "12.5%"),
        (0.99999, "> 99.9%"),
        (1.0, "100%"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float | None, text: str) -> None:
    assert show_share(share) == text


def test_numbers_and_sizes_are_short() -> None:
    assert [show_number(each) for each in (None, 1234, 2.5, 3.0)] == [
        "\N{EN DASH}",
        "1,234",
        "2.5",
        "3",
    ]
    assert [show_bytes(each) for each in (0, 999, 1234, 5_000_000, 999_900)] == [
        "0 bytes",
        "999 bytes",
        "1.23 kB",
        "5 MB",
        "1000 kB",
    ]


def test_colours_deepen_with_the_number() -> None:
    assert [find_level(each, 0, 10) for each in (None, 0, 5, 10)] == [
        "level-0",
        "level-1",
        "level-3",
        "level-5",
    ]
    assert find_level(3, 3, 3) == "level-0"


def test_a_chart_has_nothing_that_runs_or_differs() -> None:
    svg = draw_bars(["2024-01", "<b>"], {"public": [1, 2], "hidden": [0, 3]})
    assert svg == draw_bars(["2024-01", "<b>"], {"public": [1, 2], "hidden": [0, 3]})
    assert "&lt;b&gt;: 3 hidden" in svg
    assert not [word for word in ("<script", "<style", "style=", "http", "<b>") if word in svg]


def test_every_join_is_a_line_between_boxes(facts: dict[str, Any]) -> None:
    diagram = draw_diagram(facts["tables"], facts["joins"])
    assert len(diagram.lines) == len(facts["joins"]) > 5
    assert {box.name for box in diagram.boxes} == set(load_tables())
    assert all(0 <= box.x <= diagram.width - 172 for box in diagram.boxes)
    assert all(0 <= box.y <= diagram.height - box.height for box in diagram.boxes)
    assert {line.finds_one for line in diagram.lines} == {True, False}


def test_the_views_of_an_older_snapshot_are_asked(built: Archive) -> None:
    built.write("_news/new.md", post(MARCH))
    old = built.snapshot
    built.run()
    with asking(old) as ask:
        (row,) = ask("SELECT count(*) AS articles FROM articles")
    assert row == {"articles": pl.scan_parquet(old.folder / "articles").collect().height}
