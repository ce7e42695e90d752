"""matterhouse.toml from build to build: what it changes, what it hides, and what is kept of it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import WarehouseError
from pipelines.processes.workers import Workers
from pipelines.reports.comparison import Comparison
from pipelines.reports.dictionary import describe_tables
from pipelines.reports.inspection import inspect_archive
from pipelines.reports.query import query_snapshot
from pipelines.sources.folder import TICK_NS
from pipelines.warehouse.manifest import FORMAT, FORMAT_WITHOUT_SETTINGS
from schemas.articles import ARTICLES
from tests.conftest import Archive, Run, post, split_finely

NIGHT = "---\ntitle: Late\ndate: 2024-03-01 00:30\nstars: 3\nlink: /x\n---\n"
NOON = "---\ntitle: Noon\ndate: 2024-03-05 12:00\nstars: 9\n---\n"
PERSON = "---\nname: Ann\n---\n"
STARS = '[articles.columns.stars]\nkey = "stars"\ntype = "integer"\nmax = 5\nseverity = "warning"\n'


def say(archive: Archive, settings: str | None) -> None:
    """Write matterhouse.toml beside the raw folder, or remove it."""
    path = archive.raw.parent / "matterhouse.toml"
    if settings is None:
        path.unlink()
    else:
        path.write_text(settings, encoding="utf-8")


def build(archive: Archive, settings: str | None = None, **options: Any) -> Any:
    if settings is not None:
        say(archive, settings)
    return archive.run(**{"mapping": "auto", **options})


def refuse_raw(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read a raw file")

    patch.setattr("pipelines.documents.batch.parse_batch", refuse)


@pytest.fixture
def blog(archive: Archive) -> Archive:
    archive.write("a/night.md", NIGHT)
    archive.write("b/noon.md", NOON)
    archive.write("people/ann.md", PERSON)
    archive.write("people/broken.md", "---\ntitle: [\n---\n")
    archive.age()
    return archive


SETTINGS = [
    'base = "web"\n',
    'base = "web"\ntime_zone = "Europe/Oslo"\n',
    f'base = "web"\n{STARS}',
    'base = "web"\n[[folders]]\npath = "people/"\nskip = true\n',
    'base = "web"\n[[folders]]\npath = "a/"\ntime_zone = "America/New_York"\n',
    'base = "web"\narticles.published_at = []\n',
    'base = "everyday"\narticles.type = { constant = "x" }\nrelated_links = "link"\n',
    'base = "web"\nsite = "https://example.org"\nrelated_links = "link"\n',
]


def test_changed_settings_rebuild_the_tables_and_read_no_raw_file(
    blog: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(blog, SETTINGS[-1])
    time.sleep(2 * TICK_NS / 10**9)
    changed = []
    for settings in SETTINGS:
        with monkeypatch.context() as patch:
            refuse_raw(patch)
            build(blog, settings)
        changed.append(blog.hashes())
        assert build(blog).status == "unchanged"
        build(blog, full=True)
        assert blog.hashes() == changed[-1], settings
    assert len({json.dumps(each) for each in changed}) == len(SETTINGS)


@pytest.mark.parametrize("large_bytes", [0, 10**9])
def test_edits_and_changed_settings_at_once_give_what_a_build_from_nothing_gives(
    blog: Archive, monkeypatch: pytest.MonkeyPatch, large_bytes: int
) -> None:
    split_finely(monkeypatch, large_bytes=large_bytes)
    for number, settings in enumerate(SETTINGS[1:5]):
        blog.write("a/night.md", NIGHT.replace("stars: 3", f"stars: {number}"))
        blog.write(f"people/{number}.md", PERSON)
        build(blog, settings)
        fresh = Archive(blog.raw.parent / f"fresh-{number}", raw=blog.raw)
        fresh.run(full=True, mapping="auto")
        assert fresh.hashes() == blog.hashes()
        assert fresh.statuses() == blog.statuses()


def test_an_own_column_is_in_every_report(blog: Archive, run: Run) -> None:
    build(blog, 'base = "web"\n')
    before = blog.snapshot
    build(blog, f'base = "web"\n{STARS}description = "What editors gave."\n')
    (stars,) = [
        column.as_json()
        for column in describe_tables(["articles"], blog.snapshot)[0].columns
        if column.name == "stars"
    ]
    assert stars == {
        "column": "stars",
        "type": "Int32",
        "null": True,
        "from": "stars",
        "rules": "is_integer (warning), is_at_most (warning)",
        "meaning": "What editors gave.",
        "plain_type": "integer",
        "values": None,
        "stored": True,
    }
    assert "stars" in run("schema", "articles").out
    answer = run("query", "SELECT title, stars FROM articles ORDER BY stars").out
    assert "Late" in answer
    assert "9" in answer
    assert "raw/b/noon.md:4:8 stars: warning: found" in run("rejects", "--warnings").out
    (articles,) = [
        each for each in Comparison(before, blog.snapshot).count() if each.table == "articles"
    ]
    assert (articles.added, articles.removed, articles.changed) == (0, 0, 2)
    assert run("verify").code == 0
    assert run("rollback", str(before.number)).code == 0
    assert "stars" not in blog.rows("articles").columns
    assert run("build").code == 0
    assert blog.rows("articles")["stars"].drop_nulls().to_list() == [3, 9]


def test_an_own_column_comes_and_goes_even_without_articles(archive: Archive) -> None:
    archive.write("notes.txt", "no post")
    for settings, columns in (
        ('base = "web"\n', list(ARTICLES.columns)),
        (f'base = "web"\n{STARS}', [*list(ARTICLES.columns)[:-1], "stars", "extra"]),
        ('base = "web"\n', list(ARTICLES.columns)),
    ):
        build(archive, settings)
        assert archive.snapshot.scan("articles").collect_schema().names()[:-1] == columns


AWKWARD = (
    "order", "group", "select", "from", "null", "row_index", "index", "column", "value", "rule",
    "check", "position", "updated", "unused", "front_matter", "document_id", "related", "images",
    "published", "filename", "literal", "x" * 100,
)  # fmt: skip


def test_own_columns_may_be_called_like_anything(archive: Archive) -> None:
    columns = "".join(f'{name} = {{ key = "k{n}" }}\n' for n, name in enumerate(AWKWARD))
    keys = "".join(f"k{number}: v{number}\n" for number in range(len(AWKWARD)))
    archive.write("a.md", f"---\ntitle: t\n{keys}---\n")
    archive.write("b.md", "---\nheat: warm\n---\n# B")
    build(archive, f'base = "web"\n[articles.columns]\n{columns}')
    (row,) = archive.rows("articles").filter(title="t").select(AWKWARD).rows()
    assert row == tuple(f"v{number}" for number in range(len(AWKWARD)))
    quoted = ", ".join(f'"{name}"' for name in AWKWARD)
    sql = f"SELECT {quoted} FROM articles"
    assert row in query_snapshot(archive.snapshot, sql).rows


def test_settings_that_are_gone_are_those_of_the_snapshot(
    blog: Archive, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    build(blog, f'base = "web"\n{STARS}')
    hashes = blog.hashes()
    say(blog, None)
    assert build(blog).status == "unchanged"
    assert "matterhouse.toml is not there: its settings of snapshot 1 are used" in caplog.text
    blog.write("c.md", NOON)
    build(blog)
    assert blog.rows("articles")["stars"].drop_nulls().to_list() == [3, 9, 9]
    blog.run("images")
    assert blog.snapshot.manifest.settings
    blog.delete("c.md")
    build(blog)
    assert blog.hashes() == hashes
    build(blog, mapping="web")
    assert not blog.snapshot.manifest.settings
    assert "stars" not in blog.rows("articles").columns
    caplog.clear()
    assert build(blog).status == "unchanged"
    assert "is not there" not in caplog.text
    assert run("build").code == 0


def test_only_settings_need_a_newer_format(blog: Archive) -> None:
    def read_format() -> int:
        text = (blog.snapshot.folder / "manifest.json").read_text(encoding="utf-8")
        return int(json.loads(text)["format"])

    blog.run(mapping="web")
    assert read_format() == FORMAT_WITHOUT_SETTINGS
    build(blog, "# nothing\n")
    assert read_format() == FORMAT_WITHOUT_SETTINGS
    build(blog, 'time_zone = "Europe/Oslo"\n')
    assert read_format() == FORMAT
    build(blog, "")
    assert read_format() == FORMAT_WITHOUT_SETTINGS


def test_settings_that_another_version_wrote_can_be_replaced(blog: Archive) -> None:
    build(blog, 'base = "web"\n')
    manifest = blog.snapshot.folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["settings"]["colour"] = "red"
    manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(WarehouseError, match="another version of matterhouse wrote the settings"):
        describe_tables(["articles"], blog.snapshot)
    say(blog, None)
    with pytest.raises(WarehouseError, match="with --mapping"):
        build(blog)
    build(blog, f'base = "web"\n{STARS}')
    assert "colour" not in blog.snapshot.manifest.settings
    assert "stars" in blog.rows("articles").columns


SECRET = """---
title: t
pass: &HUSH HUSH # HUSH
deep: {pass: HUSH, other: 1}
heat: {pass: HUSH}
related: [{webUrl: /x, pass: HUSH}, [pass: HUSH], pass: HUSH]
images: [{url: /i, pass: HUSH}]
---
"""


def show(archive: Archive) -> list[str]:
    """The tables that show the secret."""
    shown = (name for name in archive.snapshot.manifest.tables)
    return [name for name in shown if "HUSH" in archive.rows(name).write_ndjson()]


@pytest.mark.parametrize("base", ["web", "everyday"])
def test_a_secret_is_in_documents_alone(
    archive: Archive, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    archive.write("a.md", SECRET)
    archive.write("b.md", SECRET.replace("heat: {pass: HUSH}\n", "type: x\n"))
    build(archive, f'base = "{base}"\n')
    assert "findings" in show(archive)
    build(archive, f'base = "{base}"\nsecrets = ["pass"]\n')
    assert show(archive) == ["documents"]
    hashes = archive.hashes()
    build(archive, full=True)
    assert archive.hashes() == hashes
    build(archive, f'base = "{base}"\nsecrets = ["pass", "other"]\n[articles]\ntitle = "pass"\n')
    assert show(archive) == ["documents"]
    assert "HUSH" not in caplog.text
    for path in archive.warehouse.root.rglob("*.json"):
        assert "HUSH" not in path.read_text(encoding="utf-8")


def test_a_secret_is_not_in_an_inspection(archive: Archive, run: Run) -> None:
    archive.write("a.md", SECRET)
    say(archive, 'secrets = ["pass"]\nexclude = ["x.md"]\nbase = "everyday"\n')
    archive.write("x.md", SECRET)
    for options in ((), ("--json",)):
        out = run("inspect", "raw", *options).out
        assert "HUSH" not in out
        assert "kept secret" in out
        assert "matterhouse.toml says so" in out
    with Workers(1) as workers:
        facts = inspect_archive(archive.job(mapping="auto"), workers)
    assert facts["found"] == 1


def test_a_secret_date_dates_nothing(archive: Archive) -> None:
    archive.write("a.md", post())
    build(archive, 'base = "everyday"\nsecrets = ["publishedDateTime", "category"]\n')
    assert archive.rows("articles").select("published_at", "published_month").rows() == [
        (None, "unknown")
    ]


def test_files_of_a_skipped_folder_are_ignored_with_a_reason(blog: Archive, run: Run) -> None:
    out = build(blog, 'base = "web"\n[[folders]]\npath = "people/"\nskip = true\n')
    assert out.files == {"loaded": 2, "rejected": 1, "ignored": 1}
    # What cannot be read is no document, so it is still an error.
    assert blog.rows("files").select("source_path", "status", "reason").rows()[2:] == [
        ("people/ann.md", "ignored", "no article, by matterhouse.toml"),
        ("people/broken.md", "rejected", blog.rows("files")["reason"][3]),
    ]
    blog.write("people/bob.md", PERSON)
    assert "ignored: 2 files: no article, by matterhouse.toml\n" in run("build").out
    assert build(blog, 'base = "web"\n').files == {"loaded": 4, "rejected": 1, "ignored": 0}


def test_the_month_of_a_post_follows_its_time_zone(blog: Archive) -> None:
    def months() -> dict[str, str]:
        articles = blog.rows("articles")
        for row in articles.drop_nulls("published_at").iter_rows(named=True):
            assert row["published_at"].strftime("%Y-%m") == row["published_month"]
        return dict(articles.select("title", "published_month").iter_rows())

    build(blog, 'base = "web"\ntime_zone = "Europe/Oslo"\n')
    assert months() == {"Late": "2024-02", "Noon": "2024-03", "Ann": "unknown"}
    build(blog, 'base = "web"\ntime_zone = "UTC"\n')
    assert months()["Late"] == "2024-03"
    blog.write("c/bare.md", "---\ntitle: Bare\ndate: 2024-03-01\n---\n")
    build(blog, 'base = "web"\n[[folders]]\npath = "c/"\ntime_zone = "Europe/Oslo"\n')
    assert months() == {
        "Bare": "2024-02", "Late": "2024-03", "Noon": "2024-03", "Ann": "unknown"
    }  # fmt: skip


def test_the_month_of_a_post_follows_a_date_in_its_body(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: t\n---\n# Log of 2024-03-05\n")
    settings = r"""
    base = "web"
    articles.published_at = { key = "@heading", pattern = '\d{4}-\d\d-\d\d' }
    """
    build(archive, settings)
    assert archive.rows("articles")["published_month"].to_list() == ["2024-03"]
    build(archive, settings.replace(r"\d{4}", r"\d\d\d\d"))
    assert archive.rows("articles")["published_month"].to_list() == ["2024-03"]


def test_a_key_that_a_column_is_not_taken_from_does_not_fill_it(archive: Archive) -> None:
    archive.write(
        "a.md", post({"provider": "{name: n, domain: d}", "images": "[{url: /i}]", "draft": "x"})
    )
    settings = """
    base = "everyday"
    images = "pics"
    [articles]
    published_at = ["day", "@suffix"]
    category = "kind"
    web_url = { key = "webUrl", pattern = "^ftp:" }
    provider_name = "site"
    """
    build(archive, settings)
    columns = ("published_at", "published_month", "category", "web_url", "provider_name")
    (row,) = archive.rows("articles").select(*columns, "provider_domain", "image_count").rows()
    assert row == (None, "unknown", None, None, None, "d", 0)
    (extra,) = archive.rows("articles")["extra"]
    assert json.loads(extra)["_web_unused"] == {
        "images": [{"url": "/i"}],
        "publishedDateTime": "2024-03-05T10:00:00Z",
        "category": "news",
        "webUrl": "https://example.org/a",
        "provider": {"name": "n"},
    }
    # These are known keys, and none of them needs a line.
    assert archive.findings("field_path", "rule") == [("draft", "is_known_key")]
    assert build(archive).status == "unchanged"


def test_everyday_stays_strict_where_nothing_else_is_said(archive: Archive) -> None:
    broken = {
        "heat": "warm", "title": None, "type": "[a]", "images": "[x.png]", "publishedDateTime": "x",
        "related": "[/y]", "webUrl": "ftp:x", "published": "maybe", "topics": "a",
    }  # fmt: skip
    for key, value in broken.items():
        archive.write(f"{key}.md", post({key: value}))
    archive.write("link.md", post({"related": "[{url: /x}]", "images": "[{src: /x}]", "date": "x"}))
    archive.run()
    columns = ("severity", "source_path", "table_name", "field_path", "rule", "line")
    expected = archive.findings(*columns)
    settings = """
    base = "everyday"
    secrets = ["none"]
    related_links = "more"
    [articles]
    title = ["headline", "..."]
    type = "..."
    published_at = ["...", "day"]
    web_url = ["...", "@suffix"]
    is_published = ["...", "!hide"]
    slug = "short"
    [articles.columns.mine]
    key = "mine"
    """
    folder = 'base = "web"\n[[folders]]\npath = "*.md"\nbase = "everyday"\n'
    for said in (settings, folder):
        build(archive, said)
        found = [
            tuple("title" if value == "headline" else value for value in each)
            for each in archive.findings(*columns)
        ]
        assert sorted(found, key=str) == sorted(expected, key=str)


def test_a_key_may_feed_two_columns(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: t\ntags: [a, b]\nday: 2024-03-05\n---\n")
    settings = """
    base = "web"
    [articles]
    published_at = "day"
    [articles.columns]
    labels = { key = "tags", type = "list" }
    first = { key = "title" }
    day = { key = "day" }
    held_at = { key = "day", type = "timestamp" }
    """
    build(archive, settings)
    (row,) = archive.rows("articles").select("topics", "labels", "title", "first", "day").rows()
    assert row == (["a", "b"], ["a", "b"], "t", "t", "2024-03-05")
    assert archive.rows("articles")["extra"].to_list() == [None]


def test_a_mistake_ends_a_build_before_it_begins(blog: Archive, run: Run) -> None:
    say(blog, 'base = "web"\n[articles]\ntittle = "headline"\n[severities]\nis_at_mots = "error"\n')
    outcome = run("build")
    assert outcome.code == 2
    path = blog.raw.parent / "matterhouse.toml"
    assert outcome.err.replace(str(path), "FILE").splitlines() == [
        "matterhouse: FILE:3: articles.tittle: found a key that is not known; is title meant?",
        "FILE:5: severities.is_at_mots: found is_at_mots, which is no rule; is is_at_most meant?",
    ]
    assert not (blog.warehouse.root / "current").exists()
    # Without settings, they do not matter.
    assert run("build", "--mapping", "web").code == 0


def test_a_file_that_is_named_must_be_there(blog: Archive, run: Run, tmp_path: Path) -> None:
    say(blog, 'base = "everyday"\n')
    assert "No such file or directory" in run("build", "--config", "absent.toml").err
    assert "Is a directory" in run("build", "--config", str(tmp_path)).err
    both = run("build", "--config", "absent.toml", "--mapping", "web")
    assert both.code == 2
    assert "say in the file which mapping is its base" in both.err
    other = tmp_path / "other.toml"
    other.write_text('base = "web"\n', encoding="utf-8")
    run("build", "--config", str(other))
    assert blog.snapshot.manifest.settings == {"base": "web"}


def test_a_directory_in_place_of_the_file_is_told(blog: Archive, run: Run) -> None:
    (blog.raw.parent / "matterhouse.toml").mkdir()
    outcome = run("build")
    assert outcome.code == 2
    assert "Is a directory, expected settings" in " ".join(outcome.err.split())


def test_globs_of_the_command_line_come_before_those_of_the_file(blog: Archive, run: Run) -> None:
    say(blog, 'include = ["a/"]\nbase = "web"\n')
    run("build")
    assert list(blog.statuses()) == ["a/night.md"]
    run("build", "--include", "b/", "--allow-deletes")
    assert list(blog.statuses()) == ["b/noon.md"]


def test_the_capitals_of_a_secret_do_not_matter(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: A\nPassword: hush\nextra: {passWORD: hush}\n---\n")
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text('secrets = ["password"]\n')
    archive.run(mapping="auto", config=str(settings))
    for table in ("articles", "findings"):
        assert "hush" not in archive.rows(table).write_json()


def test_a_value_of_another_shape_than_its_own_column_is_reported(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: A\nteam: {name: red}\nlinks: [{a: b}]\n---\n")
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text(
        '[articles]\ncolumns.team = { key = "team" }\n'
        'columns.links = { key = "links", type = "list" }\n'
    )
    archive.run(mapping="auto", config=str(settings))
    assert set(archive.findings("severity", "field_path", "rule", "line")) == {
        ("warning", "team", "is_text", 3),
        ("warning", "links[0]", "is_text", 4),
    }


def test_an_own_column_takes_nothing_from_the_column_of_its_key(archive: Archive) -> None:
    keys = {"provider": "{name: P, domain: p.org}", "images": "[{url: /i.png}]"}
    archive.write("a.md", post(keys))
    archive.run()
    before = archive.rows("articles").row(0, named=True)
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text(
        'base = "everyday"\n[articles.columns]\n'
        'page = { key = "weburl", type = "url" }\nowner = { key = "provider.domain" }\n'
    )
    archive.run(mapping="auto", config=str(settings))
    after = archive.rows("articles").row(0, named=True)
    assert (after["page"], after["owner"]) == (before["web_url"], "p.org")
    assert {name: after[name] for name in before} == before
    assert archive.rows("images")["url"].to_list() == ["/i.png"]


def test_own_columns_keep_their_order_when_the_file_is_gone(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.age()
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text('[articles]\ncolumns.z = { key = "z" }\ncolumns.a = { key = "a" }\n')
    archive.run(mapping="auto", config=str(settings))
    settings.unlink()
    assert archive.run(mapping="auto").status == "unchanged"
    assert archive.rows("articles").columns[-4:] == ["z", "a", "extra", "published_month"]
