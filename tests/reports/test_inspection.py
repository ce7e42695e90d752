"""The inspection of an archive says what a build would do, and does none of it."""

from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import RawError
from pipelines.mapping.built_in import BUILT_IN
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE
from pipelines.processes.workers import Workers
from pipelines.reports.inspection import inspect_archive
from pipelines.runs.job import Job
from tests.conftest import Archive, post

SAMPLE = Path(__file__).parent.parent.parent / "raw"

BLOG = {
    "_posts/2024-03-05-dated-by-its-name.md": "---\ntitle: A\ntags: [x, y]\ncategories: z\n---\n",
    "_posts/2024-03-06-no-title.md": "---\nlayout: post\n---\n# A heading\n",
    "_posts/2024/03/07/folder.md": "---\ntitle: B\nauthor: me\nsecured: code\n---\n",
    "_posts/key.md": "---\ntitle: C\ndate: 2024-03-08\ncover: /c.png\ncover_alt: A cat\n---\n",
    "_posts/address.md": "---\ntitle: D\npermalink: /2024/03/09/d/\ndraft: true\n---\n",
    "_posts/soon.md": "---\ntitle: E\ndate: soon\nmood: '  '\nnothing:\n---\n",
    "_posts/undated.md": "---\nx: [1, {secured: code}]\n---\n",
    "_posts/twice.md": "---\ntitle: F\ntitle: G\n---\n",
    "_posts/toml.md": '+++\ntitle = "H"\ndate = 2024-03-10\n+++\n',
    "json.md": '{"title": "I", "type": "note", "heat": "warm"}\n',
    "_layouts/post.html": "---\ntitle: no post\n---\n",
    "README.md": "no post\n",
    ".hidden": "x",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path_factory.mktemp("sample"), raw=SAMPLE)


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = Archive(tmp_path_factory.mktemp("blog"))
    for name, text in BLOG.items():
        archive.write(name, text)
    return archive


def inspect(archive: Archive, executor: Executor | None = None, **options: Any) -> dict[str, Any]:
    job = Job("build", archive.warehouse.root, str(archive.raw), **options)
    return inspect_archive(job, executor or Workers(1))


@pytest.mark.parametrize("mapping", BUILT_IN)
@pytest.mark.parametrize("name", ["sample", "blog"])
def test_the_numbers_are_those_of_a_build(
    name: str, mapping: str, request: pytest.FixtureRequest
) -> None:
    archive: Archive = request.getfixturevalue(name)
    facts = inspect(archive)
    under = facts["mappings"][mapping]
    archive.run(mapping=mapping)
    statuses = Counter(archive.statuses().values())
    assert facts["found"] == facts["looked_at"] == statuses.total()
    assert under["loaded"] == statuses["loaded"]
    assert under["rejected"] == statuses["rejected"]
    assert facts["formats"]["none"] == statuses["ignored"]
    documents, files, articles = map(archive.rows, ("documents", "files", "articles"))
    languages = Counter(documents["format"])
    errors = archive.rows("findings").filter(severity="error")
    # Under another mapping, files with a repeated key can be read. Here they are all in YAML.
    languages["yaml"] += errors.filter(rule=REPEATED_KEY_RULE).height
    assert {key: facts["formats"][key] for key in languages} == dict(languages)
    reasons = Counter(files.filter(status="ignored")["reason"])
    assert facts["ignored"] == dict(reasons)
    assert under["dated"] == articles["published_at"].count()
    assert sum(under["dates"].values()) == sum(under["titles"].values()) == articles.height
    errors = errors.filter(errors["table_name"].is_in(["documents", "articles"]))
    rules = Counter(errors["rule"])
    found: Counter[str] = Counter()
    for reason in under["reasons"]:
        found[reason["rule"]] += reason["files"]
        first = reason["first"]
        place = errors.filter(source_path=first["source_path"], rule=first["rule"])
        columns = ("source_path", "line", "column_number", "field_path", "message", "rule")
        assert tuple(first[each] for each in columns) in place.select(columns).rows()
    assert found == rules


@pytest.mark.parametrize(("name", "mapping"), [("sample", "everyday"), ("blog", "web")])
def test_the_mapping_is_the_one_that_a_first_build_chooses(
    name: str, mapping: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    raw = request.getfixturevalue(name).raw
    fresh = Archive(tmp_path, raw=raw)
    facts = inspect(fresh)
    fresh.run(mapping="auto")
    assert facts["mapping"] == fresh.snapshot.manifest.mapping == mapping
    assert "publishedDateTime" in facts["because"]


def test_a_repeated_key_rejects_a_file_only_under_the_mappings_that_say_so(
    archive: Archive,
) -> None:
    archive.write("a.md", "---\ntitle: A\ntype: x\ntitle: B\ntitle: C\n---\n")
    archive.write("broken.md", "---\ntitle: A\ntitle: B\nmood: [\n---\n")
    archive.write("c.md", post())
    facts = inspect(archive)["mappings"]
    for mapping, rules in (("everyday", {REPEATED_KEY_RULE: 2}), ("web", {"is_yaml": 1})):
        archive.run(mapping=mapping)
        statuses = Counter(archive.statuses().values())
        assert facts[mapping]["loaded"] == statuses["loaded"] == 3 - sum(rules.values())
        assert facts[mapping]["rejected"] == statuses["rejected"]
        reasons = facts[mapping]["reasons"]
        assert {each["rule"]: each["files"] for each in reasons} == rules
        firsts = [(each["first"]["source_path"], each["first"]["line"]) for each in reasons]
        errors = archive.rows("findings").filter(severity="error")
        assert firsts == errors.select("source_path", "line").rows()[:1]


def test_dates_and_titles_say_where_they_come_from(blog: Archive) -> None:
    web = inspect(blog)["mappings"]["web"]
    assert web["dates"] == {
        "(file name)": 2,
        "date": 2,
        "nothing": 3,
        "(address in permalink)": 1,
        "(folder)": 1,
        "date not readable": 1,
    }
    assert web["titles"] == {"title": 8, "(file name)": 1, "(first heading)": 1}


def test_keys_say_how_they_are_filled_and_what_they_become(blog: Archive) -> None:
    keys = {each["key"]: each for each in inspect(blog)["keys"]}
    assert keys["title"]["posts"] == 8
    assert keys["title"]["fill"] == pytest.approx(8 / 10)
    assert keys["date"]["shapes"] == {"text": 3}
    assert keys["nothing"]["shapes"] == {"null": 1}
    assert keys["nothing"]["posts"] == 0
    assert keys["tags"]["example"] == '["x","y"]'
    web = {key: list(each["becomes"]["web"]) for key, each in keys.items()}
    assert web == {
        "title": ["title"],
        "date": ["published_at"],
        "tags": ["topics"],
        "categories": ["topics"],
        "layout": ["type"],
        "type": ["type"],
        "author": ["authors"],
        "cover": ["images"],
        "cover_alt": ["images"],
        "permalink": ["published_at", "slug", "web_url"],
        "draft": ["is_published"],
        "secured": ["kept secret"],
        "heat": ["heat"],
        "mood": ["extra"],
        "x": ["extra"],
        "nothing": [],
    }
    everyday = {key: list(each["becomes"]["everyday"]) for key, each in keys.items()}
    assert everyday["date"] == everyday["draft"] == ["extra"]
    assert everyday["title"] == ["title"]


def test_a_key_that_gives_a_part_names_its_columns_and_stays_in_extra(archive: Archive) -> None:
    archive.write("a.md", "---\npath: 2015/05/15/Rust-1.0\n---\n# A heading\n")
    facts = inspect(archive)
    (key,) = facts["keys"]
    assert set(key["becomes"]["web"]) == {"published_at", "slug", "extra"}
    assert facts["mappings"]["web"]["dates"] == {"(address in path)": 1}


def test_the_title_of_an_index_comes_from_its_folder(archive: Archive) -> None:
    archive.write("about/index.md", "---\nx: y\n---\n")
    archive.write("index.md", "---\nx: y\n---\n")
    titles = inspect(archive)["mappings"]["web"]["titles"]
    assert titles == {"(folder)": 1, "(file name)": 1}


def test_keys_of_many_columns_name_them_all(sample: Archive) -> None:
    keys = {each["key"]: set(each["becomes"]["everyday"]) for each in inspect(sample)["keys"]}
    assert keys["provider"] == {"provider_name", "provider_domain"}
    assert keys["related"] == {"related_links"}
    assert keys["images"] == {"images"}


def test_no_example_is_secret_or_long(archive: Archive) -> None:
    archive.write("a.md", post({"secured": "code", "b": "{secured: code}", "long": "x" * 100}))
    facts = inspect(archive)
    assert "code" not in str(facts)
    keys = {each["key"]: each["example"] for each in facts["keys"]}
    assert keys["secured"] is None
    assert keys["long"] == "x" * 57 + "..."


def test_a_sample_is_spread_over_the_archive(archive: Archive) -> None:
    for number in range(20):
        archive.write(f"{number:02}.md", post())
    job = Job("build", raw=str(archive.raw))
    facts = inspect_archive(job, Workers(1), most_files=5)
    assert (facts["found"], facts["looked_at"]) == (20, 5)
    assert facts["mappings"]["everyday"]["loaded"] == 5


def test_globs_count_as_in_a_build(blog: Archive) -> None:
    facts = inspect(blog, include=("_posts",), exclude=("2024-*",))
    assert facts["found"] == 7
    with pytest.raises(RawError, match="no file matches"):
        inspect(blog, include=("*.rst",))


def test_an_empty_folder_has_no_keys(archive: Archive) -> None:
    facts = inspect(archive)
    assert (facts["found"], facts["keys"]) == (0, [])
    assert facts["because"] == "there is no file to look at"


def test_nothing_is_written(blog: Archive, tmp_path: Path) -> None:
    fresh = Archive(tmp_path, raw=blog.raw)
    before = sorted(blog.raw.rglob("*"))
    inspect(fresh)
    assert sorted(blog.raw.rglob("*")) == before
    assert not any(tmp_path.iterdir())


def test_workers_find_the_same(blog: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = inspect(blog)
    monkeypatch.setattr("pipelines.reports.inspection.SMALL_BYTES", 0)
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", 3)
    with Workers(1) as workers:
        assert inspect(blog, workers) == expected


class DyingExecutor(Executor):
    """Workers die of some text in a file: always, or only of the quick parser."""

    def __init__(self, deadly: str, *, only_quick: bool) -> None:
        self.deadly = deadly
        self.only_quick = only_quick

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        is_quick = kwargs["use_rapidyaml"]
        is_deadly = any(self.deadly in each.source_path for each in args[0].files)
        if is_deadly and (is_quick or not self.only_quick):
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(call(*args, **kwargs))
        return future


@pytest.mark.parametrize("only_quick", [True, False])
def test_a_file_that_kills_workers_costs_only_itself(
    blog: Archive, monkeypatch: pytest.MonkeyPatch, only_quick: bool
) -> None:
    expected = inspect(blog)["mappings"]["web"]
    monkeypatch.setattr("pipelines.reports.inspection.SMALL_BYTES", 0)
    found = inspect(blog, DyingExecutor("undated", only_quick=only_quick))["mappings"]["web"]
    assert found["loaded"] == expected["loaded"] - (not only_quick)
    assert ("is_parsable" in {each["rule"] for each in found["reasons"]}) is not only_quick


SETTINGS = """
base = "web"
include = ["_posts/", "conten/"]
exclude = ["drafts", "twice.md"]
secrets = ["secured", "pasword"]
images = [{ key = "cover", title = "cover_alt", attribution = "cover_credit" }]
related_links = ["..."]

[articles]
title = ["tittle", "title", "..."]
published_at = ["...", "@path"]
provider_name = { constant = "A" }

[articles.columns.mood]
key = "moood.a"

[severities]
"title.is_not_null" = "warning"
is_url = "warning"

[[folders]]
path = "_posts/2024"
skip = true

[[folders]]
path = "events/"
articles.category = "kind"
"""


def test_settings_that_are_there_count(blog: Archive, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    facts = inspect(blog, config=str(path))
    name = "web with ours.toml"
    assert facts["mapping"] == name
    assert facts["because"] == "ours.toml says so"
    assert list(facts["mappings"]) == [name, "web", "everyday"]
    assert facts["include"] == ["_posts/", "conten/"]
    assert facts["settings"]["path"] == str(path)
    fresh = Archive(tmp_path, raw=blog.raw)
    fresh.run(mapping="auto", config=str(path))
    statuses = Counter(fresh.statuses().values())
    under = facts["mappings"][name]
    assert facts["found"] == statuses.total()
    assert (under["loaded"], under["rejected"]) == (statuses["loaded"], statuses["rejected"])
    assert (under["skipped"], statuses["ignored"]) == (1, 1)
    articles = fresh.rows("articles")
    assert under["dated"] == articles["published_at"].count()
    assert under["image_count"] == articles["image_count"].sum()


def test_settings_that_do_nothing_are_named(blog: Archive, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    idle = inspect(blog, config=str(path))["settings"]["idle"]
    assert [tuple(each.values()) for each in idle] == [
        ("include", "no file matches conten/", None),
        ("exclude", "no file matches drafts", None),
        ("images", "no post has the key cover_credit", None),
        ("articles.columns.mood", "no post has the key moood.a", None),
        ("articles.title", "no post has the key tittle", "title"),
        ("secrets", "no post has the key pasword", None),
        ("folders events/", "no post matches", None),
    ]


def test_globs_of_the_command_come_before_those_of_settings(blog: Archive, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('include = ["nothing"]\n', encoding="utf-8")
    facts = inspect(blog, config=str(path), include=("*.md",))
    assert facts["include"] == ["*.md"]
    assert facts["settings"]["idle"] == []
    with pytest.raises(RawError, match="no file matches 'nothing'"):
        inspect(blog, config=str(path))


def test_keys_say_what_settings_make_of_them(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: A\nmood: x\nsee: [/a]\npassword: [{b: c}]\n---\n")
    archive.write("b.md", "---\ntitle: A\npassword: {title: secret}\n---\n")
    (archive.raw.parent / "matterhouse.toml").write_text(
        'secrets = ["password"]\nrelated_links = ["see"]\n'
        '[articles]\ncolumns.mood = { key = "mood", type = "integer", severity = "error" }\n'
    )
    facts = inspect(archive)
    becomes = {each["key"]: each["becomes"][facts["mapping"]] for each in facts["keys"]}
    assert becomes == {
        "title": {"title": 2},
        "mood": {"mood": 1},
        "see": {"related_links": 1},
        "password": {"kept secret": 2},
    }
    (reason,) = facts["mappings"][facts["mapping"]]["reasons"]
    assert (reason["rule"], reason["field"], reason["files"]) == ("is_integer", "mood", 1)
    assert facts["mappings"]["web"]["reasons"] == []


def test_a_finding_about_a_secret_does_not_show_it(archive: Archive) -> None:
    archive.write("a.md", post({"heat": "hunter2"}))
    (archive.raw.parent / "matterhouse.toml").write_text('base = "everyday"\nsecrets = ["heat"]\n')
    facts = inspect(archive)
    assert facts["mappings"]["everyday"]["rejected"] == 0
    assert "hunter2" not in str(facts)


def test_archives_that_settings_name_are_looked_at(tmp_path: Path) -> None:
    for name in ("blog", "news"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(post({"mood": name}))
    path = tmp_path / "matterhouse.toml"
    path.write_text(
        '[archives.blog]\nraw = "blog"\n[archives.news]\nraw = "news"\nbase = "everyday"\n'
        '[archives.news.articles]\ntitle = ["tittle", "title"]\n'
    )
    facts = inspect_archive(Job("build", config=str(path)), Workers(1))
    assert facts["found"] == 2
    assert facts["mappings"]["web with matterhouse.toml"]["loaded"] == 2
    assert facts["proposal"] is None
    assert [tuple(each.values()) for each in facts["settings"]["idle"]] == [
        ("archives.news articles.title", "no post has the key tittle", "title")
    ]
