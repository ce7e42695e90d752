"""The command that looks at an archive before anything is built."""

import json
import tomllib

import pytest

from tests.conftest import Archive, Run, post


def test_it_shows_what_a_build_would_do(archive: Archive, run: Run) -> None:
    for number in range(12):
        archive.write(f"_posts/{number}.md", f"---\ntitle: {number}\ndate: 2024-03-05\n---\n")
    archive.write("_posts/merged.md", "---\ntitle: a\n<<: {b: c}\n---\n")
    archive.write("notes.txt", "no post")
    shown = run("inspect", "raw")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "raw: 14 files",
        "",
        "files  format",
        "   12  yaml",
        "    1  none (ignored: without front matter, or no post by its name)",
        "    1  unreadable (their front matter cannot be read)",
        "",
        "files  posts  unreadable  ignored  top folder",
        "   13     12           1        0  _posts",
        "    1      0           0        1  .",
        "",
        "files  ignored because",
        "    1  does not begin with front matter (---, +++ or {)",
        "",
        "A first build would take the mapping web: of 14 files, spread over the archive, fewer "
        "than half of the posts have the key publishedDateTime.",
        "",
        "Under web: 12 posts would load, 1 would be rejected",
        "  dated by       12: date 12",
        "  no date         0",
        "  titled by      12: title 12",
        "  files  rejected by      key  the first one",
        "      1  is_no_merge_key       raw/_posts/merged.md:3:1 found a merge key, expected the "
        "merged keys written out",
        "",
        "Under everyday (--mapping everyday): 0 posts would load, 13 would be rejected",
        "  files  rejected by      key   the first one",
        "     12  is_not_null      type  raw/_posts/0.md:2:1 found nothing, expected a value",
        "      1  is_no_merge_key        raw/_posts/merged.md:3:1 found a merge key, expected the "
        "merged keys written out",
        "",
        "The most used keys, and what web makes of them",
        "posts  fill  key    becomes       shapes  for example",
        "   12  100%  date   published_at  text    2024-03-05",
        "   12  100%  title  title         text    0",
        "",
        "A build refuses to reject more than 5% unless it is allowed to, as here:",
        "Next: matterhouse build --max-reject-share 0.08",
    ]
    refused = run("build", "--jobs", "1")
    assert refused.code == 1
    assert run("build", "--jobs", "1", "--max-reject-share", "0.08").code == 0


def test_it_tells_machines_the_same(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"mood": "x"}))
    facts = json.loads(run("inspect", "raw", "--json", "--include", "*.md").out)
    assert facts["mappings"]["everyday"]["loaded"] == 1
    assert {each["key"] for each in facts["keys"]} > {"title", "mood"}
    assert facts["include"] == ["*.md"]


def test_it_recommends_a_warehouse_that_is_apart(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a b/c.md", post())
    build = "Next: matterhouse build --raw 'raw/a b' --warehouse 'a b-warehouse'"
    assert run("inspect", "raw/a b").out.splitlines()[-1] == build
    monkeypatch.chdir(archive.raw)
    *_, last = run("inspect", ".", "--exclude", "*.txt").out.splitlines()
    where = f"--warehouse {archive.raw}-warehouse"
    assert last == f"Next: matterhouse build --exclude '*.txt' --raw . {where}"


def test_it_says_if_nothing_would_load(archive: Archive, run: Run) -> None:
    assert run("inspect", "raw") == (0, "raw: 0 files\n", "")
    archive.write("notes.txt", "no post")
    assert "Nothing would load. Is this the folder of the posts?" in run("inspect", "raw").out
    assert run("inspect", "nowhere").code == 1
    assert run("inspect", "raw", "--include", "").code == 2


def write_talks(archive: Archive) -> None:
    for number in range(1, 5):
        archive.write(
            f"content/{number}.md", f"---\ntitle: A\nheld: 2024-03-0{number}\nroom: B\n---\n"
        )
        archive.write(f"theme/{number}.css", "a")


def test_it_writes_settings_and_says_what_they_change(archive: Archive, run: Run) -> None:
    write_talks(archive)
    written = run("inspect", "raw", "--write")
    assert (written.code, written.err) == (0, "")
    text = (archive.raw.parent / "matterhouse.toml").read_text()
    assert text.splitlines() == [
        "# Proposed by `matterhouse inspect`, from 4 posts. Change what is not right.",
        'base = "web"  # 4 posts load; under everyday 0',
        'include = ["content/"]  # all posts are there; 4 other files are elsewhere',
        '# site = "https://example.org"  # to complete addresses like /about/',
        "",
        "[articles]",
        'published_at = ["...", "held"]  # dates up to 4 posts that have no date',
        "",
        "[articles.columns]",
        'room = { key = "room", type = "text" }  # 4 posts',
    ]
    assert written.out.splitlines() == [
        "Wrote matterhouse.toml:",
        "",
        *(f"  {line}" if line else "" for line in text.splitlines()),
        "",
        "What it changes, compared with web alone:",
        "                   without  with",
        "  files looked at        8     4",
        "  posts loaded           4     4",
        "  posts dated            0     4",
        "  posts titled           4     4",
        "",
        "It adds 1 column: room.",
        "Lines that begin with # do nothing yet. Decide about them.",
        "Next: matterhouse build",
    ]
    assert run("build", "--jobs", "1").code == 0
    counted = "SELECT count(published_at) AS dated, count(room) AS rooms FROM articles"
    assert json.loads(run("query", counted, "--json").out) == [{"dated": 4, "rooms": 4}]


def test_it_says_that_settings_count_and_which_do_nothing(archive: Archive, run: Run) -> None:
    write_talks(archive)
    (archive.raw.parent / "matterhouse.toml").write_text(
        'include = ["content/"]\n[articles]\npublished_at = ["...", "hold"]\n'
    )
    lines = run("inspect", "raw").out.splitlines()
    assert lines[:4] == [
        "raw: 4 files",
        "matterhouse.toml counts, as in a build: see web with matterhouse.toml below.",
        "Of its settings, these do nothing:",
        "  articles.published_at: no post has the key hold; is held meant?",
    ]
    assert "Under web with matterhouse.toml: 4 posts would load, 0 would be rejected" in lines
    assert "Under web (--mapping web): 4 posts would load, 0 would be rejected" in lines
    assert lines[-1] == "Next: matterhouse build"


def test_it_overwrites_no_settings(archive: Archive, run: Run) -> None:
    write_talks(archive)
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text("# mine\n")
    refused = run("inspect", "raw", "--write")
    problem = "is there already, and nothing is overwritten; name another file: --write FILE"
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"matterhouse: {settings}: {problem}\n"
    assert run("inspect", "--write", "matterhouse.toml", "raw").code == 2
    assert settings.read_text() == "# mine\n"
    folder = run("inspect", "--write", "raw")
    first = "the raw folder comes first, as in `inspect RAW --write`"
    assert (folder.code, folder.err) == (2, f"matterhouse: raw: is a folder; {first}\n")
    nowhere = run("inspect", "raw", "--write", "no/where.toml")
    assert nowhere.code == 2
    assert "no/where.toml: No such file or directory" in nowhere.err


def test_machines_get_the_proposal_as_text_and_as_data(archive: Archive, run: Run) -> None:
    write_talks(archive)
    facts = json.loads(run("inspect", "raw", "--json").out)
    assert tomllib.loads(facts["proposal"]["text"]) == facts["proposal"]["settings"]
    assert facts["settings"] is None
    assert "written" not in facts
    written = json.loads(run("inspect", "raw", "--write", "--json", "--all").out)
    path = archive.raw.parent / "matterhouse.toml"
    assert written["written"] == str(path)
    assert path.read_text() == written["proposal"]["text"] == facts["proposal"]["text"]
    assert (written["mappings"]["web"]["dated"], written["with_proposal"]["dated"]) == (0, 4)


def test_a_build_is_told_where_the_settings_are(archive: Archive, run: Run) -> None:
    write_talks(archive)
    out = run("inspect", "raw", "--exclude", "theme", "--write", "mine.toml").out
    assert 'exclude = ["theme"]  # as this inspection was told' in out
    assert out.splitlines()[-1] == "Next: matterhouse build --config mine.toml"
    assert run("build", "--jobs", "1", "--config", "mine.toml").code == 0


def test_it_needs_no_arguments(archive: Archive, run: Run) -> None:
    archive.write("a.md", post())
    assert run("inspect").code == 0
