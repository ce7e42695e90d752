"""The ledger of many files is cut into buckets, each compared and written alone."""

import random
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.changes.buckets import find_bits, list_buckets, name_buckets
from pipelines.changes.ledger import open_ledger
from pipelines.reports.comparison import Comparison
from pipelines.reports.status import describe_status
from pipelines.sources.folder import TICK_NS, Folder
from pipelines.warehouse.damage import list_damages
from tests.changed_code import Code
from tests.conftest import APRIL, MARCH, Archive, Run, post

POSTS = 24


def cut_finely(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """Put so many files into a bucket, and a few more into memory."""
    monkeypatch.setattr("pipelines.changes.buckets.BUCKET_FILES", files)
    monkeypatch.setattr("pipelines.changes.listing.PAGE_FILES", 5)
    monkeypatch.setattr("pipelines.changes.chunks.CHUNK_FILES", files + 4)
    monkeypatch.setattr("pipelines.changes.differences.HELD_FILES", files // 2)


@pytest.fixture
def cut(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """A built archive with files in four buckets."""
    cut_finely(monkeypatch, POSTS // 4)
    for number in range(POSTS):
        archive.write(f"{number}.md", post(MARCH | {"heat": str(number)}))
    archive.age()
    archive.run()
    return archive


def find_bucket(name: str) -> str:
    return str(name_buckets(pl.Series([name]), 2)[0])


def list_keys(archive: Archive) -> list[str]:
    return list(archive.snapshot.manifest.tables["files"])


def test_many_files_are_cut_by_the_hashes_of_their_paths(cut: Archive, run: Run) -> None:
    assert list_keys(cut) == list_buckets(2)
    for bucket, path in cut.snapshot.list_files("files").items():
        assert path.parent == cut.snapshot.folder / "files"
        paths = pl.read_parquet(path)["source_path"]
        assert paths.is_sorted()
        assert {find_bucket(each) for each in paths} == {bucket}
    assert len(cut.statuses()) == POSTS
    assert list_damages(cut.snapshot.folder) == []
    counted = run("query", "SELECT count(*), count(DISTINCT source_path) FROM files", "--json").out
    assert counted.count(str(POSTS)) == 2
    for command in (("status",), ("verify", "--all"), ("rejects",), ("schema", "files")):
        assert run(*command).code == 0, command


def test_identities_are_read_without_other_columns(cut: Archive) -> None:
    ledger = open_ledger(cut.snapshot)
    identities = ledger.read("all/01", ["identity"])
    assert identities.equals(ledger.read("all/01").select("identity"))
    (cut.snapshot.folder / "identities-01").unlink()
    assert ledger.read("all/01", ["identity"]).null_count().item() == identities.height


def test_an_edit_rewrites_its_bucket_alone(cut: Archive) -> None:
    cut.write("7.md", post(MARCH | {"heat": "700"}))
    record = cut.run()
    assert record.rewritten["files"] == [find_bucket("7.md")]
    assert record.changes["changed"] == 1
    assert cut.hashes() == cut.hashes_from_nothing()
    old, new = (cut.warehouse.snapshot(number) for number in (1, 2))
    [files] = [each for each in Comparison(old, new).count() if each.table == "files"]
    assert (files.added, files.removed, files.changed) == (0, 0, 1)
    assert files.partitions == [find_bucket("7.md")]


def test_a_file_that_moves_to_another_bucket_is_renamed(cut: Archive) -> None:
    target = next(f"moved-{n}.md" for n in range(9) if find_bucket(f"moved-{n}.md") != "all/00")
    source = next(f"{n}.md" for n in range(POSTS) if find_bucket(f"{n}.md") == "all/00")
    (cut.raw / source).rename(cut.raw / target)
    record = cut.run()
    assert {name: count for name, count in record.changes.items() if count} == {"renamed": 1}
    assert record.rewritten["files"] == sorted({"all/00", find_bucket(target)})
    assert cut.hashes() == cut.hashes_from_nothing()


def test_files_are_cut_anew_when_there_are_more_or_fewer(cut: Archive) -> None:
    def check(bits: int) -> None:
        cut.run()
        assert find_bits(list_keys(cut)) == bits
        assert cut.hashes() == cut.hashes_from_nothing()
        assert list_damages(cut.snapshot.folder) == []
        assert cut.run().status == "unchanged"

    for number in range(POSTS, POSTS + 2):
        cut.write(f"{number}.md", post(APRIL))
    check(3)
    for number in range(10, POSTS + 2):
        cut.delete(f"{number}.md")
    check(1)
    for number in range(5, 10):
        cut.delete(f"{number}.md")
    check(0)
    for number in range(5):
        cut.delete(f"{number}.md")
    check(0)


def test_a_ledger_of_an_earlier_version_is_cut(
    cut: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = cut.hashes()
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.changes.buckets.BUCKET_FILES", POSTS)
        cut.run(full=True)
    assert list_keys(cut) == ["all"]
    cut.make_stale("files", "all")
    assert cut.run("images").rewritten["files"] == list_buckets(2)
    assert cut.hashes() == hashes
    assert count_again(cut) == 0


def count_again(archive: Archive) -> int:
    """How many known files the next build would read."""
    return int(describe_status(archive.warehouse, archive.snapshot)["raw"]["to_be_read_again"])


def test_the_identities_of_other_buckets_are_kept(cut: Archive) -> None:
    assert count_again(cut) == 0
    cut.write("7.md", post(MARCH | {"heat": "700"}))
    cut.run()
    # It depends on how soon after its edit it was listed.
    assert count_again(cut) in (0, 1)
    time.sleep(2 * TICK_NS / 10**9)
    assert cut.run().status == "unchanged"
    assert count_again(cut) == 0


def test_lost_identities_of_a_bucket_only_cost_one_more_look_at_its_files(cut: Archive) -> None:
    (cut.snapshot.folder / "identities-01").unlink()
    in_bucket = [path for path in cut.statuses() if find_bucket(path) == "all/01"]
    assert count_again(cut) == len(in_bucket)
    assert cut.run().status == "unchanged"
    assert count_again(cut) == 0


def test_a_file_that_is_judged_in_another_way_rewrites_its_bucket(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = Code(tmp_path / "code")
    for module in ("changes/buckets.py", "changes/listing.py"):
        path = code.folder / "pipelines" / module
        path.write_text(path.read_text().replace("_000", ""))
    cut_finely(monkeypatch, 100)
    for number in range(150):
        archive.write(f"{number}.md", post(MARCH))
    archive.write("bad.md", post(MARCH | {"title": None}))
    archive.run()
    code.change("schemas/articles.py", "IS_NOT_BLANK, is_required=True", "IS_NOT_BLANK")
    buckets = name_buckets(pl.Series(["bad.md"]), 1).to_list()
    assert code.run("articles", archive)["files"] == buckets
    assert archive.statuses()["bad.md"] == "loaded"


def test_a_file_that_vanishes_after_it_was_listed_may_change_how_files_are_cut(
    cut: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut.write("new.md", post(MARCH))
    read = Folder.read

    def lose(folder: Folder, source_path: str) -> Any:
        if source_path == "new.md":
            (folder.root / source_path).unlink()
        return read(folder, source_path)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "read", lose)
        cut.write("7.md", post(MARCH | {"heat": "700"}))
        cut.run()
    assert find_bits(list_keys(cut)) == 2
    assert cut.hashes() == cut.hashes_from_nothing()


def test_damage_in_a_bucket_is_named_and_repaired_by_a_full_build(cut: Archive) -> None:
    before = cut.hashes()
    file = cut.snapshot.list_files("files")["all/10"]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert [str(file) in each for each in list_damages(cut.snapshot.folder)] == [True]
    cut.run(full=True)
    assert cut.hashes() == before
    assert list_damages(cut.snapshot.folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("files", [2, 7])
def test_any_order_of_edits_gives_the_buckets_of_a_build_from_nothing(
    cut: Archive, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    cut_finely(monkeypatch, files)
    chance = random.Random(files)
    for _ in range(10):
        for _ in range(chance.randrange(1, 9)):
            name = f"{chance.randrange(3 * POSTS)}.md"
            path = cut.raw / name
            if path.exists() and chance.random() < 0.4:
                path.unlink()
            else:
                title = None if chance.random() < 0.2 else str(chance.random())
                cut.write(name, post(chance.choice((MARCH, APRIL)) | {"title": title}))
        cut.run(chance.choice(("build", "ingest")))
        cut.run(chance.choice(("images", "articles")))
        assert cut.hashes() == cut.hashes_from_nothing()
        assert list_damages(cut.snapshot.folder) == []
