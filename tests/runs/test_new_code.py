"""A change of the code rebuilds what depends on it, and nothing else."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.changed_code import Code
from tests.conftest import Archive, Run, post

pytestmark = pytest.mark.slow

CHILDREN = {"images": "[{url: /i}]", "related": "[{webUrl: /r}]"}
TOPICS_SCHEMA = """
import polars as pl
from schemas.language.table import Table, derived

TOPICS = Table(
    name="topics",
    grain="One row per topic of a valid article.",
    made_from="articles",
    lists=("topics",),
    key=("article_id", "position"),
    order=("position",),
    columns={
        "article_id": derived(pl.String, "The article.", is_required=True),
        "position": derived(pl.Int32, "Place in its list.", is_required=True),
        "topic": derived(pl.String, "As written.", is_required=True),
    },
)
"""
TOPICS_PIPELINE = """
import polars as pl
from pipelines.tables.candidates import Candidates
from pipelines.tables.children import build_children, explode_items
from schemas.topics import TOPICS

def build_topics(fields, articles):
    return build_children(TOPICS, fields, articles, select_topics)

def select_topics(fields):
    topics = explode_items(fields.columns.with_row_index("_document"), "topics", "position")
    rows = topics.select(
        "_document", "position", _text=pl.int_range(pl.len()),
        _field_path=pl.format("topics[{}]", "position"),
    )
    return Candidates(topics.select(topic="topics"), rows)
"""
REVIEWS_SCHEMA = """
import polars as pl
from schemas.language.table import Table, derived, integer

REVIEWS = Table(
    name="reviews",
    grain="One row per review of a valid article.",
    made_from="articles",
    lists=("meta.reviews",),
    key=("article_id", "position"),
    order=("position",),
    columns={
        "article_id": derived(pl.String, "The article.", is_required=True),
        "position": derived(pl.Int32, "Place in its list.", is_required=True),
        "stars": integer("rating.stars", "Number of stars.", is_required=True),
    },
)
"""
REVIEWS_PIPELINE = """
import polars as pl
from pipelines.tables.candidates import Candidates
from pipelines.tables.children import build_children, explode_items
from pipelines.tables.rows import key_columns
from schemas.reviews import REVIEWS

def build_reviews(fields, articles):
    return build_children(REVIEWS, fields, articles, select_reviews)

def select_reviews(fields):
    listed = fields.columns.select(review=pl.col("meta").struct.field("reviews"))
    reviews = explode_items(listed.with_row_index("_document"), "review", "position")
    rows = reviews.select(
        "_document", "position", _text=pl.int_range(pl.len()),
        _field_path=pl.format("meta.reviews[{}]", "position"),
    )
    texts = reviews.select(**key_columns(REVIEWS, pl.col("review").struct.field))
    return Candidates(texts, rows)
"""


def add_topics(code: Code) -> None:
    """One more table, as the README says: a file in schemas/ and one in pipelines/tables/."""
    code.write("schemas/topics.py", TOPICS_SCHEMA)
    code.write("pipelines/tables/topics.py", TOPICS_PIPELINE)


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """The code as it is."""
    return Code(tmp_path / "code")


def test_a_changed_rule_rebuilds_its_table_and_its_children(archive: Archive, code: Code) -> None:
    archive.write("good.md", post({"publishedDateTime": "2024-03-05", **CHILDREN}))
    archive.write("bad.md", post({"publishedDateTime": "2024-04-05", "title": None, **CHILDREN}))
    archive.run()
    rule = "IS_NOT_BLANK,\n            is_required=True"
    code.change("schemas/articles.py", rule, "IS_NOT_BLANK")
    assert code.run("articles", archive) == {
        "articles": ["2024-04"],
        "images": ["2024-04"],
        "related_links": ["2024-04"],
        "findings": ["all"],
        "files": ["all"],
        "observations": [f"all/{datetime.now(UTC):%Y-%m}-0001"],
    }
    assert archive.statuses()["bad.md"] == "loaded"
    assert code.run("build", archive) == {}


def test_findings_and_files_follow_their_code(archive: Archive, code: Code) -> None:
    archive.write("a.md", post({"mood": "good"}))
    archive.write("b.md", post({"title": None}))
    archive.age()
    archive.run()
    code.change("pipelines/tables/drift.py", "has no column, so", "is unknown, so")
    code.change(
        "pipelines/tables/drift.py", "Drift: keys of", "Drift: keys\nfrom\nimport or\nfrom typed of"
    )
    code.change("pipelines/tables/files.py", 'pl.format("{}: {}"', 'pl.format("{} - {}"')
    assert code.run("build", archive) == {"findings": ["all"], "files": ["all"]}
    (drift,) = archive.rows("findings").filter(rule="is_known_key")["message"]
    assert drift.startswith("the key mood is unknown, so")
    (reason,) = archive.rows("files").filter(status="rejected")["reason"]
    assert reason == "title is_not_null - found nothing, expected a value"
    assert code.run("build", archive) == {}


def test_findings_of_unreadable_files_follow_their_code(archive: Archive, code: Code) -> None:
    key = "k" * 30
    # By its key of the date, the posts are read by `everyday`, which rejects repeated keys.
    archive.write("twice.md", f"---\npublishedDateTime:\n{key}: 1\n{key}: 2\n---\n")
    archive.run()
    code.change("pipelines/tables/findings.py", "CHARACTERS: Final = 200", "CHARACTERS: Final = 20")
    assert code.run("build", archive)["findings"] == ["all"]
    assert archive.rows("findings")["value"].to_list() == ["k" * 20]


def test_two_columns_may_be_read_from_one_key(archive: Archive, code: Code) -> None:
    archive.write("bad.md", post({"webUrl": "x"}))
    added = '        "page_url": url("webUrl", "The page."),\n'
    code.change("schemas/articles.py", '        "amp_url": url(', f'{added}        "amp_url": url(')
    code.run("build", archive)
    assert archive.findings("field_path", "rule") == [("webUrl", "is_url")]


def test_a_flow_leaves_other_columns_of_the_ledger_to_a_build(archive: Archive, code: Code) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post({"title": None}))
    archive.age()
    archive.run()
    code.change("schemas/files.py", 'pl.Int64, "Size', 'pl.UInt64, "Size')
    with pytest.raises(subprocess.CalledProcessError) as refused:
        code.run("articles", archive)
    assert "OutdatedError: findings and files have other columns" in refused.value.stderr
    assert "files" in code.run("build", archive)
    assert archive.rows("files")["size_bytes"].dtype == pl.UInt64
    assert archive.statuses() == {"a.md": "loaded", "b.md": "rejected"}


def test_a_flow_marks_no_file_as_read(archive: Archive, code: Code) -> None:
    archive.write("broken.md", "---\ntitle: x\n")
    archive.age()
    archive.run()
    code.change("pipelines/documents/fences.py", "found no closing fence", "no closing fence found")
    code.run("images", archive)
    code.run("build", archive)
    (message,) = archive.rows("findings")["message"]
    assert message.startswith("no closing fence found")


def test_a_flow_needs_documents_with_the_columns_of_now(archive: Archive, code: Code) -> None:
    archive.write("a.md", post(CHILDREN))
    archive.run()
    code.change("schemas/documents.py", 'pl.Int64, "Size', 'pl.UInt64, "Size')
    with pytest.raises(subprocess.CalledProcessError) as refused:
        code.run("images", archive)
    assert "OutdatedError: documents have other columns" in refused.value.stderr


def test_another_key_of_the_date_moves_documents_and_reads_no_raw_file(
    archive: Archive, code: Code
) -> None:
    dates = ("2024-05-05", "2024-03-06", None)
    for number, date in enumerate(dates):
        archive.write(f"{number}.md", post({**CHILDREN, "category": "letter", "day": date}))
    archive.write("unread.md", post({"day": "2024-05-05"}))
    archive.age()
    archive.run()
    assert list(archive.snapshot.manifest.tables["documents"]) == ["2024-03"]
    # If a raw file were read, this would show.
    archive.write("unread.md", "no post any more")
    code.change("schemas/articles.py", '            "publishedDateTime",', '            "day",')
    assert code.run("articles", archive)["documents"] == ["2024-03", "2024-05", "unknown"]
    months = dict(archive.rows("files").select("source_path", "published_month").iter_rows())
    assert months == {
        "0.md": "2024-05",
        "1.md": "2024-03",
        "2.md": "unknown",
        "unread.md": "2024-05",
    }
    assert archive.rows("articles")["published_month"].to_list() == [
        "2024-03",
        "2024-05",
        "2024-05",
        "unknown",
    ]
    archive.delete("unread.md")
    code.run("build", archive)
    tables = archive.snapshot.manifest.tables
    assert {tuple(tables[table]) for table in ("documents", "articles", "images")} == {
        ("2024-03", "2024-05", "unknown")
    }
    assert code.run("build", archive) == {}


def test_a_ledger_that_contradicts_the_articles_is_not_published(
    archive: Archive, code: Code
) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    code.change("pipelines/tables/files.py", ".sort(FILES.order)", ".sort(FILES.order).head(1)")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        code.run("build", archive)
    assert "AssertionError: 1 files are loaded, and articles has 2 rows" in refused.value.stderr
    assert archive.warehouse.current() is None


def test_documents_follow_their_schema(archive: Archive, code: Code) -> None:
    archive.write("a.md", post())
    archive.age()
    archive.run()
    code.change("schemas/documents.py", "SHA-256 of the bytes", "SHA-256 of all bytes")
    assert code.run("build", archive) == {"documents": ["2024-03"]}
    assert code.run("build", archive) == {}


def test_a_table_without_rows_has_the_columns_of_now(archive: Archive, code: Code) -> None:
    archive.write("a.md", post())
    archive.age()
    archive.run()
    code.change(
        "schemas/related_links.py",
        '        "title": text(\n',
        '        "heading": text("title", "Once more."),\n        "title": text(\n',
    )
    assert code.run("build", archive) == {"related_links": ["unknown"]}
    (file,) = archive.snapshot.folder.glob("related_links/*/*.parquet")
    assert "heading" in pl.read_parquet_schema(file)
    assert code.run("build", archive) == {}


def test_a_new_table_is_built_from_the_documents_that_are_there(
    archive: Archive, code: Code
) -> None:
    archive.write("a.md", post({"topics": "[x, y]"}))
    archive.write("b.md", post({"publishedDateTime": "2024-04-05", "topics": "[z]"}))
    archive.age()
    archive.run()
    add_topics(code)
    assert code.run("build", archive) == {"topics": ["2024-03", "2024-04"]}
    assert archive.rows("topics")["topic"].to_list() == ["x", "y", "z"]
    assert code.run("build", archive) == {}
    assert code.run("topics", archive) == {}
    # What topics reads of the document stays the same, but the article is gone.
    archive.write("b.md", post({"publishedDateTime": "2024-04-05", "topics": "[z]", "title": None}))
    code.run("build", archive)
    assert archive.rows("topics")["topic"].to_list() == ["x", "y"]


def test_snapshots_with_other_tables_stay_readable(archive: Archive, code: Code, run: Run) -> None:
    archive.write("a.md", post({"topics": "[x, y]"}))
    archive.age()
    archive.run()
    add_topics(code)
    code.run("build", archive)
    for command in (("query", "SELECT topic FROM topics"), ("status",), ("verify",), ("schema",)):
        assert run(*command).code == 0
    assert "articles" in run("diff", "1", "2").out
    assert archive.run().status == "published"
    assert "topics" not in archive.snapshot.manifest.tables
    assert archive.warehouse.snapshot(2).scan("topics").collect().height == 2
    assert run("rollback", "2").code == 0
    assert code.run("build", archive) == {}


def test_rows_with_another_key_are_other_rows(archive: Archive, code: Code, run: Run) -> None:
    archive.write("a.md", post(CHILDREN))
    archive.age()
    archive.run()
    code.change("schemas/images.py", '"related"])', '"related", "publisher"])')
    code.run("build", archive)
    differences = json.loads(run("diff", "--json").out)
    assert [each["table"] for each in differences if each["added"]] == ["images"]
    (images,) = (each for each in differences if each["table"] == "images")
    assert (images["added"], images["removed"], images["changed"]) == (1, 1, 0)


def test_a_table_with_new_keys_is_two_new_files_and_no_edit(archive: Archive, code: Code) -> None:
    archive.write("a.md", post({"meta": "{reviews: [{rating: {stars: 5}}, {rating: {stars: x}}]}"}))
    archive.write("b.md", post({"publishedDateTime": "2024-04-05"}))
    archive.age()
    archive.run()
    code.write("schemas/reviews.py", REVIEWS_SCHEMA)
    code.write("pipelines/tables/reviews.py", REVIEWS_PIPELINE)
    rewritten = code.run("build", archive)
    assert rewritten["reviews"] == ["2024-03"]
    assert not {"documents", "images"} & rewritten.keys()
    assert archive.findings("table_name", "field_path", "rule") == [
        ("reviews", "meta.reviews[1].rating.stars", "is_integer")
    ]
    assert code.run("reviews", archive) == {}
    at = ("--warehouse", str(archive.warehouse.root))
    answer = code.call("query", "SELECT stars, published_month FROM reviews", "--json", *at)
    assert json.loads(answer) == [{"stars": 5, "published_month": "2024-03"}]
    assert "ingest|articles|images|related_links|reviews" in code.call("run", "--help")
    assert "unchanged" in code.call("run", "reviews", "--jobs", "1", *at)
    assert "Number of stars." in code.call("schema", "reviews", *at)


def test_a_column_is_one_line(archive: Archive, code: Code) -> None:
    archive.write("a.md", post({"mood": "good"}))
    archive.write("b.md", post({"mood": "[bad]"}))
    archive.run()
    line = '        "mood": text("mood", "How it is."),\n'
    code.change("schemas/articles.py", '        "title": text(', f'{line}        "title": text(')
    # A flow reads no raw file.
    assert "documents" not in code.run("articles", archive)
    assert archive.rows("articles")["mood"].to_list() == ["good"]
    assert archive.findings("source_path", "rule") == [("b.md", "is_text")]
    assert code.run("build", archive) == {}
