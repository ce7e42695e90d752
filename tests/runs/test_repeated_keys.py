"""Repeated keys: a mapping rejects them or takes the last, and a change of that is caught up."""

import pytest

from pipelines.errors import SettingsError
from pipelines.sources.folder import Folder
from pipelines.sources.source import RawContent
from tests.conftest import Archive, post, split_finely

TWICE = "---\ntitle: A\ntype: article\ntitle: B\nsecured: hush\nsecured: hush\n---\n"
POSTS = {
    "plain.md": post(),
    "heat.md": post({"heat": "hot"}),
    "twice.md": TWICE,
    "nested.md": post({"related": "[{webUrl: /a, webUrl: /b}]", "mood": "{a: 1, a: 2}"}),
    "twice.json": '{"title": "A", "type": "article",\n "title": "B"}\n',
    "json.md": '{"title": "A", "type": "article",\n "title": "B"}\n',
    "toml.md": '+++\ntitle = "A"\ntitle = "B"\n+++\n',
    "broken.md": "---\ntitle: A\ntitle: B\nmood: [\n---\n",
    "only-broken.md": "---\nmood: [\n---\n",
    "notes.txt": "no post",
}
REPEATED = {"twice.md", "nested.md", "json.md", "toml.md", "broken.md"}


@pytest.fixture
def posts(archive: Archive) -> Archive:
    for name, text in POSTS.items():
        archive.write(name, text)
    archive.age()
    return archive


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The raw files that are read."""
    paths: list[str] = []
    original = Folder.read

    def note(folder: Folder, source_path: str) -> RawContent:
        paths.append(source_path)
        return original(folder, source_path)

    monkeypatch.setattr(Folder, "read", note)
    return paths


def configure(archive: Archive, text: str) -> None:
    archive.raw.with_name("matterhouse.toml").write_text(text, encoding="utf-8")


def test_the_last_value_counts_and_a_warning_shows_the_other(posts: Archive) -> None:
    posts.run(mapping="web")
    titles = posts.rows("articles").select("source_path", "title").rows()
    assert {("twice.md", "B"), ("json.md", "B")} <= set(titles)
    front_matters = dict(posts.rows("documents").select("source_path", "front_matter").rows())
    assert front_matters["twice.md"] == '{"title":"B","type":"article","secured":"hush"}'
    assert front_matters["json.md"] == '{"title":"B","type":"article"}'
    columns = ("source_path", "severity", "line", "column_number", "field_path", "value", "message")
    findings = posts.rows("findings").filter(table_name="documents", rule="is_unique_key")
    counts = "twice: this value counts, the one in line"
    assert findings.select(columns).rows() == [
        (
            "broken.md",
            "warning",
            3,
            1,
            None,
            "title",
            'found the key "title" again, expected each key once',
        ),
        ("json.md", "warning", 2, 2, "title", "A", f"the key title stands {counts} 1 does not"),
        (
            "nested.md",
            "warning",
            7,
            24,
            "related[0].webUrl",
            "/a",
            f"the key webUrl stands {counts} 7 does not",
        ),
        ("nested.md", "warning", 8, 14, "mood.a", "1", f"the key a stands {counts} 8 does not"),
        (
            "toml.md",
            "error",
            3,
            1,
            None,
            None,
            "found a key or table again, expected each key and table once",
        ),
        ("twice.md", "warning", 4, 1, "title", "A", f"the key title stands {counts} 2 does not"),
        (
            "twice.md",
            "warning",
            6,
            1,
            "secured",
            None,
            f"the key secured stands {counts} 5 does not",
        ),
    ]
    rejected = {path for path, status in posts.statuses().items() if status == "rejected"}
    assert rejected == {"toml.md", "broken.md", "only-broken.md"}


def test_another_policy_reads_just_the_files_with_a_repeated_key(
    posts: Archive, read: list[str]
) -> None:
    posts.run(mapping="everyday")
    assert posts.run(mapping="everyday").status == "unchanged"
    for mapping in ("web", "everyday", "web"):
        read.clear()
        posts.run(mapping=mapping)
        # This one has a finding, and its line is looked up.
        assert set(read) - {"heat.md"} == REPEATED
        assert posts.hashes() == posts.hashes_from_nothing(mapping)
        read.clear()
        assert posts.run(mapping=mapping).status == "unchanged"
        assert read == []


@pytest.mark.parametrize("is_fine", [False, True])
def test_files_that_were_edited_between_are_caught_up_too(
    posts: Archive, monkeypatch: pytest.MonkeyPatch, *, is_fine: bool
) -> None:
    if is_fine:
        split_finely(monkeypatch, large_bytes=0)
    posts.run(mapping="web")
    posts.write("twice.md", TWICE.replace("title: B", "mood: B"))
    posts.write("plain.md", TWICE)
    posts.delete("nested.md")
    posts.run(mapping="everyday")
    assert posts.hashes() == posts.hashes_from_nothing("everyday")
    posts.write("nested.md", TWICE)
    posts.write("broken.md", "---\nmood: [\n---\n")
    posts.write("only-broken.md", "---\nmood: 1\nmood: 2\n---\n")
    posts.run(mapping="web")
    assert posts.hashes() == posts.hashes_from_nothing("web")
    posts.write("json.md", "no post any more")
    posts.run(mapping="everyday")
    assert posts.check_from_nothing() == 1


def test_files_in_buckets_are_caught_up(
    posts: Archive, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.changes.buckets.BUCKET_FILES", 3)
    monkeypatch.setattr("pipelines.changes.chunks.CHUNK_FILES", 5)
    posts.run(mapping="web")
    read.clear()
    posts.run(mapping="everyday")
    assert set(read) - {"heat.md"} == REPEATED
    assert posts.hashes() == posts.hashes_from_nothing("everyday")


def test_the_settings_choose_the_policy(posts: Archive, read: list[str]) -> None:
    configure(posts, 'base = "everyday"\n')
    posts.run(mapping="auto")
    assert "twice.md" not in set(posts.rows("documents")["source_path"])
    configure(posts, 'base = "everyday"\nrepeated_keys = "last"\n')
    posts.run("articles")
    assert "twice.md" not in set(posts.rows("documents")["source_path"])
    read.clear()
    posts.run(mapping="auto")
    assert set(read) - {"heat.md"} == REPEATED
    assert "twice.md" in set(posts.rows("articles")["source_path"])
    assert posts.hashes() == posts.hashes_from_nothing("auto")
    configure(posts, 'base = "everyday"\n')
    hashes = posts.hashes()
    posts.run("articles")
    posts.run("ingest")
    assert posts.hashes() == hashes
    posts.run(mapping="auto")
    assert posts.hashes() == posts.hashes_from_nothing("auto")
    assert "twice.md" not in set(posts.rows("documents")["source_path"])


def test_the_mapping_of_a_folder_does_not_choose_the_policy(posts: Archive) -> None:
    configure(posts, 'base = "everyday"\n[[folders]]\npath = "twice.md"\nbase = "web"\n')
    posts.run(mapping="auto")
    assert "twice.md" not in set(posts.rows("documents")["source_path"])


def test_a_policy_of_a_folder_or_an_unknown_one_is_refused(posts: Archive) -> None:
    configure(posts, '[[folders]]\npath = "twice.md"\nrepeated_keys = "last"\n')
    with pytest.raises(SettingsError, match=r"repeated_keys: found a key that is not known"):
        posts.run(mapping="auto")
    configure(posts, 'repeated_keys = "first"\n')
    with pytest.raises(
        SettingsError, match=r"repeated_keys: found 'first', expected 'reject' or 'last'"
    ):
        posts.run(mapping="auto")


def test_the_policy_alone_makes_no_table_out_of_date(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.age()
    configure(archive, 'base = "web"\n')
    archive.run(mapping="auto")
    configure(archive, 'base = "web"\nrepeated_keys = "reject"\n')
    record = archive.run(mapping="auto")
    assert archive.snapshot.manifest.settings["repeated_keys"] == "reject"
    assert record.status != "unchanged"
    assert not any(record.rewritten.values())


def test_a_warehouse_without_documents_keeps_its_policy(archive: Archive) -> None:
    archive.write("broken.md", POSTS["broken.md"])
    archive.age()
    archive.run(mapping="web")
    archive.run("articles")
    assert archive.snapshot.manifest.mapping == "web"
    hashes = archive.hashes()
    archive.run(mapping="everyday")
    assert archive.hashes() == archive.hashes_from_nothing("everyday")
    archive.run(mapping="web")
    assert archive.hashes() == hashes
