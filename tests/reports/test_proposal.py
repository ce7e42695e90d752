"""A proposed matterhouse.toml says what was seen, can be read, and loses no post."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.processes.workers import Workers
from pipelines.reports.inspection import inspect_archive, try_proposal
from pipelines.runs.job import Job
from pipelines.settings.checking import check_settings
from pipelines.settings.reading import read_settings
from tests.conftest import Archive

SAMPLE = Path(__file__).parent.parent.parent / "raw"


class Case(NamedTuple):
    """Keys of ten posts, with `{}` for their numbers; other files; and what is proposed.

    `values` are proposed beside `base = "web"`, and `comments` begin lines that do nothing yet.
    """

    front_matter: str = ""
    name: str = "{}.md"
    body: str = "Text.\n"
    others: dict[str, str] = {}  # noqa: RUF012  # No case changes it.
    values: dict[str, Any] = {}  # noqa: RUF012
    comments: tuple[str, ...] = ()


def columns(**types: str) -> dict[str, Any]:
    return {"columns": {name: {"key": name, "type": each} for name, each in types.items()}}


CASES = {
    "posts that web reads as they are": Case("title: A\ndate: 2024-03-05"),
    "a title in another key": Case(
        "talk_title: Talk {}\nseo_title: S",
        others={"a.md": "---\nname: A\n---\n", "b.md": "---\ntitle: B\n---\n"},
        values={
            "articles": {
                "title": ["title", "name", "talk_title", "..."],
                **columns(seo_title="text"),
            }
        },
    ),
    "a date in another key": Case(
        "title: A\nheld_on: 2024-03-{:02}\nexpires: 2025-03-05",
        values={
            "articles": {"published_at": ["...", "held_on"], **columns(expires="timestamp")},
        },
    ),
    "dates with slashes": Case(
        "title: A\ndate: 2024/3/5 10:00:00Z",
        values={
            "articles": {
                "published_at": [
                    "...",
                    {
                        "key": "date",
                        "pattern": (
                            r"^\s*([0-9]{4})[/.](0?[1-9]|1[0-2])[/.](0?[1-9]|[12][0-9]|3[01])"
                            r"(?![0-9])(.*)$"
                        ),
                        "template": "{1}-{2}-{3}{4}",
                    },
                ]
            }
        },
    ),
    "images in other keys": Case(
        "title: A\nphoto: pictures/{}.jpg\n"
        "gallery: [{{src: https://example.org/{}.png, caption: B}}]",
        values={"images": ["...", "gallery", "photo"]},
    ),
    "links in other keys": Case(
        "title: A\nsee: [https://example.org/{}]\nsources: [{{link: /a, name: B}}]\n"
        "papers: [{{where: https://example.org/c, what: D, year: 2020}}]",
        values={
            "related_links": [
                {"key": "papers", "web_url": "where", "title": "what"},
                "see",
                "sources",
            ]
        },
    ),
    "authors and topics in other keys": Case(
        "title: A\nwriter: B\nextra: {{genres: [c, d]}}",
        values={"articles": {"authors": ["...", "writer"], "topics": ["...", "extra.genres"]}},
    ),
    "a text in place of a body": Case(
        f"title: A\nraw-content: {'text ' * 100}",
        body="",
        values={"articles": {"body": ["@body", "raw-content"]}},
    ),
    "plain facts": Case(
        "title: A\nstars: {}\nscore: {}.5\nfresh: yes\nseen: 2024-03-05\nhome: https://a.org/\n"
        "colors: [red]\nsize: {{width: 1}}\nmixed: [1, {{a: b}}]",
        name="2024-03-05-{}.md",
        values={
            "articles": {
                "columns": {
                    "colors": {"key": "colors", "type": "list"},
                    "fresh": {"key": "fresh", "type": "boolean"},
                    "home": {"key": "home", "type": "url"},
                    "score": {"key": "score", "type": "number"},
                    "seen": {"key": "seen", "type": "timestamp"},
                }
            }
        },
    ),
    "keys that are no names of columns": Case(
        "title: A\nisReady: yes\nsub-type: b\ncollection: c\nx.y: d\n7th: e\nteam: {{type: f}}",
        values={
            "articles": {
                "columns": {
                    "is_ready": {"key": "isReady", "type": "boolean"},
                    "sub_type": {"key": "sub-type", "type": "text"},
                    "team_type": {"key": "team.type", "type": "text"},
                }
            }
        },
    ),
    "content beside other files": Case(
        "title: A",
        name="site/content/blog/{}.md",
        others={f"site/theme/{number}.css": "a" for number in range(3)},
        values={"include": ["site/content/"]},
    ),
    "a folder with a name of glob signs": Case(
        "title: A",
        name="[a], {{b}}/{}.md",
        others={f"c/{number}.css": "a" for number in range(3)},
        values={"include": ["\\[a\\]\\, \\{b\\}/"]},
    ),
    "posts in many places": Case(
        "title: A",
        name="{}/a.md",
        others={f"theme/{number}.css": "a" for number in range(3)},
    ),
    "people": Case(
        "title: A\ndate: 2024-03-05",
        name="content/news/{}.md",
        others={
            **{f"content/our-authors/{each}.md": "---\ntitle: B\n---\n" for each in "abc"},
            **{f"content/tags/{each}/_index.md": "---\ntitle: C\n---\n" for each in "abc"},
            "content/people/d.md": "---\ntitle: D\n---\n",
        },
        comments=(
            'folders = [{ path = "{content/our-authors/,content/tags/}", skip = true }]  '
            "# 6 posts there, none with a date",
        ),
    ),
    "times without a zone": Case(
        "title: A\ndate: 2024-03-05 10:00:00",
        comments=('time_zone = "Europe/Oslo"  # 10 of 10 times have no zone and count as UTC',),
    ),
    "the configuration of a site": Case(
        "title: A\ndate: 2024-03-05 10:00",
        others={
            "_config.yml": "title: A\nurl: 'https://our-site.org/' # ours\ntimezone: Asia/Tokyo\n"
        },
        values={"site": "https://our-site.org"},
        comments=('time_zone = "Asia/Tokyo"  # 10 of 10',),
    ),
    "a configuration that says no site": Case(
        "title: A",
        others={"config.toml": 'baseURL = "http://localhost:1313/"\ntimeZone = "Mars/Base"\n'},
    ),
}
ALWAYS = {"base": "web"}
NO_SITE = 'site = "https://example.org"'


@pytest.fixture(params=[*CASES, "the sample"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Archive, Case]:
    name: str = request.param
    if name == "the sample":
        return Archive(tmp_path, raw=SAMPLE), Case(values={"base": "everyday"})
    case = CASES[name]
    archive = Archive(tmp_path)
    for number in range(1, 11):
        front_matter = case.front_matter.replace("{}", str(number)).format(number)
        archive.write(case.name.format(number), f"---\n{front_matter}\n---\n{case.body}")
    for path, text in case.others.items():
        archive.write(path, text)
    return archive, case


def inspect(archive: Archive, **options: Any) -> dict[str, Any]:
    job = Job("build", archive.warehouse.root, str(archive.raw), **options)
    return inspect_archive(job, Workers(1))


def test_a_proposal_says_what_was_seen(case: tuple[Archive, Case]) -> None:
    archive, expected = case
    proposal = inspect(archive)["proposal"]
    comments = [line[2:] for line in proposal["text"].splitlines()[1:] if line.startswith("# ")]
    assert proposal["settings"] == {**ALWAYS, **expected.values}
    is_unknown = "site" not in expected.values and "base" not in expected.values
    found = [line for line in comments if not line.startswith(NO_SITE)]
    assert is_unknown is (len(found) < len(comments))
    for line, start in zip(found, expected.comments, strict=True):
        assert line.startswith(start)


def test_a_proposal_can_be_read_with_and_without_its_comments(
    case: tuple[Archive, Case], tmp_path: Path
) -> None:
    archive, _ = case
    proposal = inspect(archive)["proposal"]
    text = proposal["text"]
    assert len(text.splitlines()) <= 16
    assert (
        tomllib.loads(text) == proposal["settings"] == json.loads(json.dumps(tomllib.loads(text)))
    )
    head, rest = text.split("\n", 1)
    for number, each in enumerate((text, f"{head}\n{re.sub('^# ', '', rest, flags=re.M)}")):
        path = tmp_path / f"{number}.toml"
        path.write_text(each, encoding="utf-8")
        assert read_settings(path) is not None


def test_a_build_by_a_proposal_loads_no_fewer_posts(
    case: tuple[Archive, Case], tmp_path: Path
) -> None:
    archive, _ = case
    facts = inspect(archive)
    tried = try_proposal(facts, Job("build", raw=str(archive.raw)), Workers(1))
    archive.run(mapping="auto")
    before = archive.rows("articles")
    path = tmp_path / "proposed.toml"
    path.write_text(facts["proposal"]["text"], encoding="utf-8")
    archive.run(mapping="auto", config=str(path))
    after = archive.rows("articles")
    assert after.height == tried["loaded"] >= before.height
    assert after["published_at"].count() == tried["dated"] >= before["published_at"].count()
    for column in ("image_count", "related_count"):
        assert after[column].sum() == tried[column] >= before[column].sum()
    if check_settings(facts["proposal"]["settings"]).articles:
        assert not after.equals(before)


def test_dates_in_paths_are_proposed(archive: Archive) -> None:
    for number in range(1, 4):
        archive.write(f"news_2024030{number}.md", "---\ntitle: A\n---\n")
    facts = inspect(archive)
    _, source = facts["proposal"]["settings"]["articles"]["published_at"]
    assert source["key"] == "@path"
    assert "# dates up to 3 posts" in facts["proposal"]["text"]
    assert try_proposal(facts, Job("build", raw=str(archive.raw)), Workers(1))["dated"] == 3


def test_rare_keys_are_not_proposed(archive: Archive) -> None:
    for number in range(10):
        rare = "photo: a.jpg\nheld: 2024-03-05\nwriter: b\n" if number < 2 else ""
        archive.write(f"{number}.md", f"---\ntitle: A\n{rare}---\n")
    assert inspect(archive)["proposal"]["settings"] == ALWAYS


def test_a_column_needs_every_value_to_be_of_its_type(archive: Archive) -> None:
    for number in range(10):
        flag = "maybe" if number == 9 else "true"
        size = "1.5" if number == 9 else "2"
        code = "007" if number == 9 else "7"
        archive.write(f"{number}.md", f"---\ntitle: A\nf: {flag}\ns: {size}\nc: {code}\n---\n")
    own = inspect(archive)["proposal"]["settings"]["articles"]["columns"]
    assert {name: each["type"] for name, each in own.items()} == {
        "c": "text",
        "f": "text",
        "s": "number",
    }


def test_globs_and_secrets_that_are_known_stay(archive: Archive) -> None:
    for number in range(10):
        archive.write(f"a/{number}.md", "---\ntitle: A\npassword: hunter2\n---\n")
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text('include = ["a/"]\nsecrets = ["password"]\n', encoding="utf-8")
    facts = inspect(archive)
    assert facts["proposal"]["settings"] == {
        **ALWAYS,
        "include": ["a/"],
        "secrets": ["password"],
    }
    assert "hunter2" not in str(facts)
    assert inspect(archive, exclude=("b",))["proposal"]["settings"]["exclude"] == ["b"]
