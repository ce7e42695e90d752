"""backfill: the observations are those that a run after each commit would have made."""

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.errors import (
    BackfillError,
    GitError,
    HeldError,
    NothingPublishedError,
    OutdatedError,
    UsageError,
)
from pipelines.reports.advice import explain
from pipelines.runs.backfill import Backfill, run_backfill
from pipelines.runs.file_versions import find_source_path
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from pipelines.sources.git_blobs import GitBlobs
from pipelines.sources.source import MAX_FILE_BYTES, RawContent
from pipelines.warehouse.hold import hold_warehouse
from pipelines.warehouse.runs import RunRecord
from tests.conftest import COUNT, Archive, post
from tests.git_repositories import START, Files, Step, add_commits, git, make_repository

VALUES = ("article_id", "url_id", "heat", "quality", "is_public", "related_count")
LINKS = "[{webUrl: /x}, {webUrl: /y}]"


def backfill(archive: Archive, repository: Path, /, **options: Any) -> RunRecord:
    return run_backfill(Backfill(archive.warehouse.root, str(repository), jobs=1, **options))


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def read_heats(archive: Archive) -> list[tuple[int | None, datetime | None]]:
    rows = archive.rows("observations").sort(pl.coalesce("source_time", "observed_at"))
    return rows.select("heat", "source_time").rows()


def heat(value: int, **others: str | None) -> str:
    return post({"heat": str(value), **others})


def publish(archive: Archive, files: Files) -> None:
    """Let the raw folder be as after a commit, and build."""
    for path, content in files.items():
        if content is None:
            archive.delete(path)
        else:
            archive.write(path, content)
    archive.run()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which a post cools down, after a commit that has nothing to do with it."""
    steps: list[Files] = [{"README.txt": "x"}, {"a.md": heat(50)}, {"a.md": heat(20)}]
    make_repository(tmp_path / "repository", steps)
    return tmp_path / "repository"


@pytest.fixture
def cooled(archive: Archive) -> Archive:
    """A warehouse that knows only how the post is in the end."""
    publish(archive, {"a.md": heat(20)})
    return archive


def test_a_backfill_adds_what_was_there_before_the_first_run(
    cooled: Archive, repository: Path
) -> None:
    before = cooled.hashes()
    record = backfill(cooled, repository)
    hour = 3600
    assert read_heats(cooled) == [(50, at(START + hour)), (20, at(START + 2 * hour))]
    assert (record.status, record.parent, record.snapshot) == ("published", 1, 2)
    assert record.backfilled == {
        "commit": git(repository, "rev-parse", "main").strip(),
        "folder": "",
        "commits": 3,
        "files": 2,
        "versions": 3,
        "misdated": 0,
        "is_shallow": False,
        "ignored": 1,
        "rejected": 0,
        "added": 2,
        "replaced": 1,
    }
    # All other tables are the same, and the next build has nothing to do.
    assert cooled.hashes() == before
    assert cooled.run().status == "unchanged"


def test_a_second_backfill_changes_nothing(cooled: Archive, repository: Path) -> None:
    backfill(cooled, repository)
    record = backfill(cooled, repository)
    assert (record.status, record.snapshot) == ("unchanged", 2)
    assert (record.backfilled["added"], record.backfilled["replaced"]) == (0, 0)
    assert cooled.warehouse.numbers() == [1, 2]
    add_commits(repository, [{"a.md": heat(5)}])
    assert backfill(cooled, repository).backfilled["added"] == 1
    assert [each for each, _ in read_heats(cooled)] == [50, 20, 5]


def test_what_a_run_saw_itself_stays_if_no_commit_says_so(
    cooled: Archive, repository: Path
) -> None:
    publish(cooled, {"a.md": heat(10)})
    backfill(cooled, repository)
    found = read_heats(cooled)
    assert [each for each, _ in found] == [50, 20, 10]
    assert found[-1][1] is None


def make_steps(seed: int, count: int) -> Iterator[dict[str, str | bytes | None]]:
    """The history of a few posts: edits, rewrites for other outlets, deletes, renames, mistakes."""
    chance = random.Random(seed)
    posts: dict[str, dict[str, str | None]] = {}
    files = [f"_news/{name}.md" for name in "abcd"] + ["_news/.hidden.md", "data.json"]
    for _ in range(count):
        step: dict[str, str | bytes | None] = {}
        for path in chance.sample(files, chance.randint(1, 3)):
            fields = posts.setdefault(path, {"webUrl": "https://one.org/1", "heat": "50"})
            fields |= chance.choice(
                [
                    {"heat": str(chance.randint(-1, 3))},
                    {"quality": str(chance.randint(0, 2))},
                    {"webUrl": f"https://{chance.choice(['one', 'two'])}.org/1"},
                    {"webUrl": None, "originalUrl": None},
                    {"published": chance.choice(["true", "false", None])},
                    {"removed": chance.choice(["true", None])},
                    {"draft": chance.choice(["true", None])},
                    {"related": chance.choice([LINKS, None])},
                ]
            )
            wrong = chance.choice([*[{}] * 5, {"heat": "hot"}, {"title": None}, {"type": None}])
            step[path] = post({**fields, **wrong}) if chance.random() < 0.9 else "no post any more"
        for path in list(posts):
            if path not in step and chance.random() < 0.1:
                del posts[path]
                step[path] = None
        yield step


def replay(archive: Archive, steps: list[dict[str, str | bytes | None]]) -> list[tuple[Any, ...]]:
    """The observations by plain Python, from a build after each commit."""
    last: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    expected = []
    for number, step in enumerate(steps):
        publish(archive, step)
        for row in archive.rows("articles").select(VALUES).rows():
            subject, values = row[:2], row[2:]
            if last.get(subject) != values:
                last[subject] = values
                expected.append((*row, at(START + 3600 * number)))
    return sorted(expected, key=repr)


@pytest.mark.parametrize("mapping", ["everyday", "web"])
@pytest.mark.parametrize("seed", range(1 + COUNT))
def test_a_backfill_is_what_a_build_of_each_commit_shows(
    tmp_path: Path, seed: int, mapping: str
) -> None:
    steps = list(make_steps(seed, 24))
    make_repository(tmp_path / "repository", steps)
    replayed = Archive(tmp_path / "replayed")
    replayed.job = lambda name="build", **options: Archive.job(  # type: ignore[method-assign]
        replayed, name, **{"mapping": mapping, **options}
    )
    expected = replay(replayed, steps)
    assert len(expected) > 10
    at_end = Archive(tmp_path / "at-end", raw=replayed.raw)
    at_end.run(mapping=mapping)
    backfill(at_end, tmp_path / "repository")
    found = at_end.rows("observations").select(*VALUES, "source_time").rows()
    assert sorted(found, key=repr) == expected


def test_many_versions_of_one_file_are_read_together(
    cooled: Archive, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_commits(repository, [{"a.md": heat(number)} for number in range(100, 140)])
    one = backfill(cooled, repository, dry_run=True)
    monkeypatch.setattr("pipelines.runs.read_states.BATCH_FILES", 7)
    other = backfill(cooled, repository)
    assert one.backfilled == other.backfilled
    # The run saw 20 after all commits.
    assert [each for each, _ in read_heats(cooled)] == [50, 20, *range(100, 140), 20]


@pytest.mark.parametrize("step", ["commits", "versions"])
def test_a_backfill_that_is_interrupted_publishes_nothing(
    cooled: Archive, repository: Path, step: str
) -> None:
    def interrupt(name: str, _done: int, _total: int) -> None:
        if name == step:
            raise KeyboardInterrupt

    asked = Backfill(cooled.warehouse.root, str(repository), jobs=1)
    with pytest.raises(KeyboardInterrupt):
        run_backfill(asked, interrupt)
    assert cooled.snapshot.number == 1
    assert not any((cooled.warehouse.root / "staging").iterdir())
    assert backfill(cooled, repository).snapshot == 2


def test_a_dry_run_counts_and_publishes_nothing(cooled: Archive, repository: Path) -> None:
    record = backfill(cooled, repository, dry_run=True)
    assert (record.status, record.backfilled["added"]) == ("dry_run", 2)
    assert cooled.warehouse.numbers() == [1]


def test_nothing_is_added_while_the_warehouse_is_held(cooled: Archive, repository: Path) -> None:
    hold_warehouse(cooled.warehouse.root, "counting")
    with pytest.raises(HeldError, match="counting"):
        backfill(cooled, repository)
    assert backfill(cooled, repository, dry_run=True).status == "dry_run"


def test_without_a_snapshot_there_is_nothing_to_add_to(archive: Archive, repository: Path) -> None:
    with pytest.raises(NothingPublishedError):
        backfill(archive, repository)
    assert not archive.warehouse.root.exists()


def test_a_snapshot_of_other_code_must_be_built_first(cooled: Archive, repository: Path) -> None:
    cooled.make_stale("documents", "2024-03")
    with pytest.raises(OutdatedError, match="other code made the snapshot"):
        backfill(cooled, repository)


def test_the_history_of_another_archive_is_refused(cooled: Archive, tmp_path: Path) -> None:
    make_repository(tmp_path / "other", [{"b.md": heat(1), "posts/a.md": heat(2)}])
    with pytest.raises(BackfillError) as caught:
        backfill(cooled, tmp_path / "other")
    said = explain(caught.value)
    assert "the root never had a version of an article of the warehouse, which has 1" in said
    assert "--folder" in said
    assert cooled.warehouse.numbers() == [1]
    assert backfill(cooled, tmp_path / "other", folder="posts/").status == "published"
    assert read_heats(cooled)[0] == (2, at(START))


@pytest.mark.parametrize("folder", ["../x", "/posts", "a/../../b"])
def test_a_folder_outside_of_the_repository_is_refused(
    cooled: Archive, repository: Path, folder: str
) -> None:
    with pytest.raises(UsageError, match="expected a folder in the repository"):
        backfill(cooled, repository, folder=folder)


def test_a_folder_that_no_commit_knows_is_refused(cooled: Archive, repository: Path) -> None:
    with pytest.raises(GitError, match="no commit has files in the folder 'posts'"):
        backfill(cooled, repository, folder="posts")


def test_the_raw_folder_is_found_in_its_own_repository(tmp_path: Path) -> None:
    steps: list[Files] = [{"content/a.md": heat(5), "a.md": heat(6)}, {"content/a.md": heat(7)}]
    make_repository(tmp_path / "origin", steps)
    git(tmp_path, "clone", "--quiet", "origin", "site")
    archive = Archive(tmp_path / "place", raw=tmp_path / "site" / "content")
    archive.run()
    record = backfill(archive, tmp_path / "site")
    assert record.backfilled["folder"] == "content"
    assert len(read_heats(archive)) == 2
    assert backfill(archive, archive.raw).status == "unchanged"


def test_only_files_count_that_a_build_reads(cooled: Archive, repository: Path) -> None:
    modes = {"link.md": "120000", "sub.md": "160000"}
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
    names = ("b.md", "left-out/c.md", ".hidden/d.md", "e.md~", "link.md", "_layouts/f.md")
    files: dict[str, str | bytes | None] = dict.fromkeys(names, heat(1))
    files |= {"sub.md": "1" * 40, "lfs.md": pointer, "text.md": "no post", "bad.md": "---\n"}
    files["large.md"] = heat(1).encode() + b"x" * MAX_FILE_BYTES
    add_commits(repository, [Step(files, modes=modes)])
    cooled.run(exclude=("left-out",))
    record = backfill(cooled, repository)
    ids = dict(cooled.rows("documents").select("source_path", "document_id").rows())
    found = set(cooled.rows("observations")["article_id"])
    assert ids["a.md"] in found
    assert len(found) == 2
    left_out = {name: record.backfilled[name] for name in ("ignored", "in_lfs", "too_large")}
    assert left_out == {"ignored": 2, "in_lfs": 1, "too_large": 1}
    assert record.backfilled["rejected"] == 1


def test_paths_of_odd_bytes_are_those_of_a_build(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    names = ["ü.md", "a b.md", "line\nend.md", "\udcff.md", "\\xff.md"]
    make_repository(tmp_path / "repository", [dict.fromkeys(names, heat(1))])
    for name in names:
        (archive.raw / os.fsencode(name).decode("utf-8", "surrogateescape")).write_text(heat(1))
    archive.run()
    built = set(archive.rows("articles")["article_id"])
    assert len(built) == len(names)
    backfill(archive, tmp_path / "repository")
    assert set(archive.rows("observations")["article_id"]) == built
    assert len(archive.rows("observations")) == len(names)


def test_the_history_can_begin_later(cooled: Archive, tmp_path: Path) -> None:
    day = 24 * 3600
    steps = [
        Step(
            {"a.md": heat(number), **({"b.md": heat(9)} if not number else {})},
            START + number * day,
        )
        for number in range(4)
    ]
    make_repository(tmp_path / "repository", [*steps, Step({"b.md": None}, START + 5 * day)])
    backfill(cooled, tmp_path / "repository", since=at(START + 2 * day - 3600))
    rows = cooled.rows("observations").filter(pl.col("source_time").is_not_null())
    # Each file begins with what it was like then, since when it was like that.
    assert sorted(rows.select("heat", "source_time").rows()) == [
        (1, at(START + day)),
        (2, at(START + 2 * day)),
        (3, at(START + 3 * day)),
        (9, at(START)),
    ]


def test_a_commit_of_a_wrong_clock_comes_right_after_the_one_before(
    cooled: Archive, tmp_path: Path
) -> None:
    future = int((datetime.now(UTC) + timedelta(days=99)).timestamp())
    times = [START, START - 10**6, START + 60, future]
    steps = [Step({"a.md": heat(value)}, time) for value, time in zip(range(4), times, strict=True)]
    make_repository(tmp_path / "repository", steps)
    record = backfill(cooled, tmp_path / "repository")
    right_after = timedelta(microseconds=1)
    assert read_heats(cooled) == [
        (0, at(START)),
        (1, at(START) + right_after),
        (2, at(START + 60)),
        (3, at(START + 60) + right_after),
        (20, None),
    ]
    assert record.backfilled["misdated"] == 2
    assert backfill(cooled, tmp_path / "repository").status == "unchanged"


def test_a_shallow_clone_is_told(cooled: Archive, repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "cut")
    assert backfill(cooled, tmp_path / "cut").backfilled["is_shallow"]
    assert [each for each, _ in read_heats(cooled)] == [20]


def test_contents_that_the_repository_lacks_are_counted(cooled: Archive, repository: Path) -> None:
    blob = git(repository, "rev-parse", "main~1:a.md").strip()
    (repository / "objects" / blob[:2] / blob[2:]).unlink()
    assert backfill(cooled, repository).backfilled["lacking"] == 1
    assert [each for each, _ in read_heats(cooled)] == [20]


def test_one_of_several_archives_is_filled(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    (tmp_path / "matterhouse.toml").write_text(
        '[archives.blog]\nraw = "raw/blog"\n\n[archives.news]\nraw = "raw/news"\n'
        'base = "everyday"\nexclude = ["old"]\n'
    )
    archive.write("blog/a.md", heat(1))
    archive.write("news/a.md", heat(2))
    config = str(tmp_path / "matterhouse.toml")
    root = archive.warehouse.root
    run_job(Job("build", root, config=config, jobs=1))
    files = {"a.md": heat(3), "old/b.md": heat(4)}
    make_repository(tmp_path / "repository", [files])
    with pytest.raises(UsageError, match="say which archive lies in the repository"):
        backfill(archive, tmp_path / "repository")
    with pytest.raises(UsageError, match="no archive tv; there are: blog, news"):
        backfill(archive, tmp_path / "repository", archive="tv")
    backfill(archive, tmp_path / "repository", archive="news")
    ids = dict(archive.rows("articles").select("source_path", "article_id").rows())
    rows = archive.rows("observations").filter(pl.col("source_time").is_not_null())
    assert rows.select("article_id", "heat").rows() == [(ids["news/a.md"], 3)]


def test_secrets_stay_out_of_the_observations(cooled: Archive, repository: Path) -> None:
    add_commits(repository, [{"a.md": heat(30, secured="opensesame")}])
    record = backfill(cooled, repository)
    for path in (cooled.warehouse.root / "runs").iterdir():
        assert b"opensesame" not in path.read_bytes()
    assert record.backfilled["added"] == 3


def test_a_damaged_content_stops_the_backfill(cooled: Archive, repository: Path) -> None:
    blob = git(repository, "rev-parse", "main~1:a.md").strip()
    path = repository / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(GitError, match=r"a version of 'a.md' cannot be read; `git fsck` says more"):
        backfill(cooled, repository)
    assert cooled.warehouse.numbers() == [1]


@dataclass(frozen=True)
class DeadlyBlobs(GitBlobs):
    """Contents of which one kills every worker that reads it."""

    def read(self, place: str, /) -> RawContent:
        content = super().read(place)
        if b"deadly" in content.data and multiprocessing.parent_process():
            os.kill(os.getpid(), signal.SIGKILL)
        return content


@pytest.mark.slow
def test_a_version_that_kills_its_workers_takes_no_other_with_it(
    cooled: Archive, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_commits(repository, [{"a.md": heat(9, title="deadly")}, {"a.md": heat(20)}])
    monkeypatch.setattr("pipelines.runs.backfill.GitBlobs", DeadlyBlobs)
    assert backfill(cooled, repository).backfilled["rejected"] == 1
    assert [each for each, _ in read_heats(cooled)] == [50, 20]


def test_a_repository_of_longer_ids_is_read(cooled: Archive, tmp_path: Path) -> None:
    (tmp_path / "longer").mkdir()
    git(tmp_path / "longer", "init", "--quiet", "--bare", "--object-format=sha256")
    add_commits(tmp_path / "longer", [{"a.md": heat(50)}])
    backfill(cooled, tmp_path / "longer")
    assert [each for each, _ in read_heats(cooled)] == [50, 20]


def test_readers_find_the_history_in_the_file_of_duckdb(cooled: Archive, repository: Path) -> None:
    backfill(cooled, repository)
    with duckdb.connect(cooled.warehouse.root / "warehouse.duckdb", read_only=True) as db:
        assert db.sql("SELECT list(heat ORDER BY seen_at) FROM observations").fetchall() == [
            ([50, 20],)
        ]


def test_a_file_of_no_post_has_no_source_path() -> None:
    assert find_source_path("a/b.md") == "a/b.md"
    for path in (".git/a.md", "a/.b.md", "a.md~", "#a.md#", "a.json", "_layouts/a.md", "a/.b/c.md"):
        assert find_source_path(path) is None
