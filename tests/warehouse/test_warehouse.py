"""Snapshots, the pointer to the current one, the lock, and protection against damage."""

import getpass
import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import DamagedError, NewerFormatError, PruneError, WarehouseError
from pipelines.reports.comparison import Comparison
from pipelines.reports.status import list_snapshots
from pipelines.runs.maintenance import roll_back
from pipelines.warehouse import Warehouse
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.layout import MANIFEST_NAME
from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.runs import list_runs
from schemas.articles import ARTICLES
from schemas.images import IMAGES
from tests.conftest import Archive, post

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RECORD = Partition(inputs={}, fingerprint="", rows=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three snapshots of one archive, the third current."""
    archive = Archive(tmp_path_factory.mktemp("template"))
    for number in range(3):
        archive.write("a.md", post({"heat": str(number), "images": "[{url: /i}]"}))
        archive.run()
    return archive


@pytest.fixture
def published(archive: Archive, template: Archive) -> Archive:
    """The template, built already."""
    archive.become(template)
    return archive


def test_the_layout_is_plain_hive_partitioned_parquet(published: Archive) -> None:
    root = published.warehouse.root
    assert str((root / "current").readlink()) == "snapshots/000003"
    assert str((root / "articles").readlink()) == "current/articles"
    (part,) = (root / "articles").rglob("*.parquet")
    assert part.parent.name == "published_month=2024-03"
    assert stat.S_IMODE(part.stat().st_mode) == 0o444


@pytest.mark.parametrize("name", ["build", "ingest", "articles"])
@pytest.mark.parametrize("other", ["passwd", "snapshots/photo.jpg"])
def test_a_folder_of_somebody_else_does_not_become_a_warehouse(
    archive: Archive, name: str, other: str
) -> None:
    root = archive.warehouse.root
    (root / other).parent.mkdir(parents=True)
    (root / other).write_text("x")
    (root / "letter.txt").write_text("x")
    before = sorted(root.rglob("*"))
    archive.write("a.md", post())
    with pytest.raises(WarehouseError, match=r"has other files in it, like 'letter.txt'"):
        archive.run(name)
    assert sorted(root.rglob("*")) == before


def test_a_folder_with_hidden_files_alone_can_become_a_warehouse(archive: Archive) -> None:
    root = archive.warehouse.root
    (root / "lost+found").mkdir(parents=True)
    (root / ".gitkeep").touch()
    archive.write("a.md", post())
    assert archive.run().snapshot == 1
    (root / "letter.txt").write_text("x")
    assert archive.run().status == "unchanged"


def test_a_pinned_reader_keeps_its_snapshot(published: Archive) -> None:
    pinned = published.warehouse.pin()
    published.write("a.md", post({"heat": "9"}))
    published.run()
    assert pinned.scan("articles").collect()["heat"].to_list() == [2]
    assert published.rows("articles")["heat"].to_list() == [9]
    assert published.warehouse.snapshot(1).scan("articles").collect()["heat"].to_list() == [0]


def test_unchanged_files_are_shared_between_snapshots(published: Archive) -> None:
    first, last = (published.warehouse.snapshot(number) for number in (1, 3))
    shared = first.list_files("images")["2024-03"].stat().st_ino
    assert last.list_files("images")["2024-03"].stat().st_ino == shared


def test_the_next_build_after_a_rollback_takes_up_the_raw_files(published: Archive) -> None:
    roll_back(published.warehouse.root, 1, 0)
    assert published.rows("articles")["heat"].to_list() == [0]
    record = published.run()
    assert (record.parent, record.snapshot) == (1, 4)
    assert published.rows("articles")["heat"].to_list() == [2]
    with pytest.raises(WarehouseError, match="no snapshot 7; there are: 1, 2, 3, 4"):
        roll_back(published.warehouse.root, 7, 0)


def test_a_snapshot_that_is_pruned_before_its_rollback_is_not_damaged(published: Archive) -> None:
    root = published.warehouse.root
    with ThreadPoolExecutor(1) as executor:
        with hold_lock(root, "prune"):
            waiting = executor.submit(roll_back, root, 1, 30)
            time.sleep(0.3)
            published.warehouse.prune(NOW, keep=1)
        with pytest.raises(WarehouseError, match="no snapshot 1; there are: 3"):
            waiting.result()


def test_a_snapshot_that_is_pruned_while_it_is_read_is_not_damaged(published: Archive) -> None:
    unread, read = (published.warehouse.snapshot(number) for number in (1, 2))
    assert read.manifest.snapshot == 2
    published.warehouse.prune(NOW, keep=1)
    with pytest.raises(WarehouseError, match="000001: the snapshot was removed meanwhile"):
        unread.count_rows("articles")
    with pytest.raises(WarehouseError, match="000002: the snapshot was removed meanwhile"):
        read.check_files()


def test_pruning_keeps_the_newest_the_young_and_the_current(published: Archive) -> None:
    roll_back(published.warehouse.root, 1, 0)
    assert published.warehouse.prune(NOW, keep=1, younger_than=timedelta(days=36500)) == []
    assert published.warehouse.prune(NOW, keep=1) == [2]
    assert published.warehouse.numbers() == [1, 3]
    assert published.warehouse.prune(NOW, keep=5, at_most=1) == []
    assert published.run().snapshot == 4


def test_the_age_of_a_snapshot_counts_from_when_it_was_replaced(
    published: Archive,
) -> None:
    for number in published.warehouse.numbers():
        folder = published.warehouse.snapshot(number).folder
        for path in (folder / MANIFEST_NAME, folder):
            os.utime(path, (0, 0))
    pinned = published.snapshot
    published.write("a.md", post({"heat": "9"}))
    published.run()
    assert published.warehouse.prune(datetime.now(UTC), keep=1) == [2, 1]
    assert pinned.read("articles")["heat"].to_list() == [2]


def test_prune_removes_the_others_if_one_snapshot_cannot_be_removed(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.run(full=True)
    published.write("a.md", post({"heat": "9"}))
    published.run()
    rename = Path.rename

    def resist(path: Path, target: Path) -> Path:
        if path.name == "000002":
            raise PermissionError(1, "Operation not permitted", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", resist)
    with pytest.raises(PruneError) as error:
        published.warehouse.prune(NOW, keep=1)
    folder = published.warehouse.root / "snapshots" / "000002"
    message = str(error.value)
    assert message.startswith(f"snapshot 2 cannot be removed: {folder}: Operation not permitted; ")
    assert f"this runs as {getpass.getuser()}, and " in message
    assert message.endswith("; removed: 3, 1")
    assert published.warehouse.numbers() == [2, 4]


def test_at_most_so_many_snapshots_are_kept(published: Archive) -> None:
    assert published.warehouse.prune(datetime.now(UTC), at_most=2) == [1]


def test_a_partition_has_one_file_however_often_it_is_written(
    published: Archive, tmp_path: Path
) -> None:
    manifest = published.snapshot.manifest
    begun = Draft.begin(tmp_path / "draft", tmp_path / "work", published.snapshot)
    rows = published.rows("articles").drop("published_month")
    draft = begun
    for title in ("first", "second"):
        changed = rows.with_columns(title=pl.lit(title))
        draft = draft.apply([draft.write(ARTICLES, "2024-03", changed, RECORD)])
    draft.seal(manifest)
    (file,) = (tmp_path / "draft/articles").rglob("*.parquet")
    assert pl.read_parquet(file)["title"].unique().to_list() == ["second"]
    assert list_damages(tmp_path / "draft") == []
    # A draft is a value: it does not know what was written after it.
    assert (begun.is_changed, begun.rewritten["articles"]) == (False, [])
    assert draft.rewritten["articles"] == ["2024-03"]


def test_two_attempts_share_no_name_and_one_becomes_part_of_the_draft(
    published: Archive, tmp_path: Path
) -> None:
    draft = Draft.begin(tmp_path / "draft", tmp_path / "work", published.snapshot)
    rows = published.rows("images").drop("published_month").with_columns(title=pl.lit("new"))
    first, second = (draft.write(IMAGES, "2024-03", rows, RECORD) for _ in range(2))
    assert first.path
    assert second.path
    assert first.path != second.path
    assert all(path.name.startswith(".") for path in (tmp_path / "work").iterdir())
    draft = draft.apply([second])
    first.path.write_bytes(b"late")
    draft.seal(published.snapshot.manifest)
    assert list_damages(tmp_path / "draft") == []


def test_a_file_that_is_not_what_was_written_is_not_accepted(
    published: Archive, tmp_path: Path
) -> None:
    draft = Draft.begin(tmp_path / "draft", tmp_path / "work", published.snapshot)
    rows = published.rows("images").drop("published_month").with_columns(title=pl.lit("new"))
    written = draft.write(IMAGES, "2024-03", rows, RECORD)
    assert written.path
    data = bytearray(written.path.read_bytes())
    data[100] ^= 1
    written.path.write_bytes(data)
    with pytest.raises(DamagedError, match="found SHA-256"):
        draft.apply([written])


def test_a_partition_that_is_left_out_has_no_file(published: Archive, tmp_path: Path) -> None:
    draft = Draft.begin(tmp_path / "draft", tmp_path / "work", published.snapshot)
    rows = published.rows("images").drop("published_month").with_columns(title=pl.lit("new"))
    draft = draft.apply([draft.write(IMAGES, "2024-03", rows, RECORD)])
    draft = draft.apply([Written("images", "2024-03", None)])
    draft.seal(published.snapshot.manifest)
    assert list((tmp_path / "draft/images").rglob("*.parquet")) == []


def test_two_snapshots_are_compared_by_their_keys(published: Archive) -> None:
    published.write("b.md", post())
    published.delete("a.md")
    published.write("c.md", post())
    published.run()
    differences = Comparison(
        published.warehouse.snapshot(1), published.warehouse.snapshot(2)
    ).count()
    assert {each.table: each[1:4] for each in differences if any(each[1:4])} == {
        "documents": (0, 0, 1),
        "articles": (0, 0, 1),
        "files": (0, 0, 1),
        "observations": (1, 0, 0),
    }
    articles = Comparison(published.warehouse.snapshot(3), published.warehouse.snapshot(4)).count()[
        1
    ]
    assert articles == ("articles", 2, 1, 0, ["2024-03"], 0, {})


def test_only_partitions_with_other_rows_differ(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.run()
    archive.write("a.md", post({"images": "[{url: /i}]"}))
    archive.run()
    archive.write("b.md", post({"publishedDateTime": "2024-04-05"}))
    archive.run()
    first, second, third = map(archive.warehouse.snapshot, (1, 2, 3))
    gained, grown = Comparison(first, second).count(), Comparison(second, third).count()
    assert {each.table: each.partitions for each in gained}["images"] == ["2024-03"]
    others = {each.table: each.partitions for each in grown if each.partitions}
    assert [each[:4] for each in others.pop("observations")] == ["all/"]
    assert others == {"documents": ["2024-04"], "articles": ["2024-04"], "files": ["all"]}


def test_a_whole_snapshot_verifies(published: Archive) -> None:
    for number in published.warehouse.numbers():
        assert list_damages(published.warehouse.snapshot(number).folder) == []


def test_every_damage_is_named(published: Archive) -> None:
    snapshot = published.snapshot
    flipped = snapshot.list_files("articles")["2024-03"]
    flipped.chmod(0o644)
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    truncated = snapshot.list_files("documents")["2024-03"]
    truncated.chmod(0o644)
    truncated.write_bytes(truncated.read_bytes()[:-1])
    snapshot.list_files("files")["all"].unlink()
    (snapshot.folder / "articles" / "stray").write_text("")
    damages = [line.split(": ", 1)[1] for line in list_damages(snapshot.folder)]
    assert [damage.split(" ")[0] for damage in damages] == ["found", "found", "No", "in"]
    assert "SHA-256" in damages[0]
    assert "bytes" in damages[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest | {"tables": {}}, "damaged"),
        (lambda manifest: manifest | {"include": [1]}, "damaged"),
        (lambda _: {}, "damaged"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(
    published: Archive, change: object, message: str
) -> None:
    path = published.snapshot.folder / MANIFEST_NAME
    assert callable(change)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(WarehouseError, match=message):
        published.warehouse.pin().scan("articles")
    with pytest.raises(WarehouseError, match=message):
        published.run()
    published.run(full=True)
    assert published.rows("articles")["heat"].to_list() == [2]


def test_the_glob_of_an_earlier_version_is_read(published: Archive) -> None:
    path = published.snapshot.folder / MANIFEST_NAME
    content = json.loads(path.read_text()) | {"format": 3, "include": "_news/*"}
    del content["exclude"], content["mapping"]
    path.write_text(json.dumps(content))
    assert published.snapshot.manifest.include == ("_news/*",)
    assert published.snapshot.manifest.exclude == ()


def test_globs_are_lists(published: Archive) -> None:
    published.run(exclude=("b.md",))
    content = json.loads((published.snapshot.folder / MANIFEST_NAME).read_text())
    assert (content["format"], content["include"], content["exclude"]) == (5, [], ["b.md"])
    assert published.snapshot.manifest.exclude == ("b.md",)


def test_a_newer_warehouse_is_not_touched_even_by_a_full_build(published: Archive) -> None:
    path = published.snapshot.folder / MANIFEST_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    refused = published.warehouse.root / "staging" / "refused"
    refused.touch()
    with pytest.raises(NewerFormatError, match="written by a newer version"):
        published.run(full=True)
    assert refused.exists()


@pytest.mark.parametrize("table", ["files", "findings", "documents", "articles"])
def test_a_flipped_byte_is_one_clear_error_and_a_full_build_repairs_it(
    published: Archive, table: str
) -> None:
    before = published.hashes()
    (path,) = published.snapshot.list_files(table).values()
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match=r"found SHA-256.*, expected"):
        published.snapshot.read(table)
    assert published.run(full=True).rewritten[table] != []
    assert list_damages(published.snapshot.folder) == []
    assert published.hashes() == before


def test_one_damaged_snapshot_does_not_stop_the_others(published: Archive) -> None:
    (published.warehouse.snapshot(1).folder / MANIFEST_NAME).unlink()
    assert "expected a manifest" in list_damages(published.warehouse.snapshot(1).folder)[0]
    assert [each["published_at"] == "damaged" for each in list_snapshots(published.warehouse)] == [
        False,
        False,
        True,
    ]
    assert published.warehouse.prune(NOW, keep=1) == [2, 1]


def test_a_file_without_permission_is_not_called_damaged(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    snapshot = published.snapshot
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(WarehouseError) as raised:
        _ = snapshot.manifest
    expected = "manifest.json: Permission denied, expected a manifest; this runs as "
    assert expected in str(raised.value)


def test_a_run_record_that_cannot_be_read_is_skipped(published: Archive) -> None:
    runs = published.warehouse.root / "runs"
    for name, text in (("9-empty", ""), ("9-other", '{"a": 1}'), ("9-list", "[]")):
        (runs / f"{name}.json").write_text(text)
    assert [run.snapshot for run in list_runs(published.warehouse.root, at_most=2)] == [3, 2]


def test_an_empty_folder_is_no_warehouse(archive: Archive) -> None:
    with pytest.raises(WarehouseError, match="nothing is published here"):
        archive.warehouse.pin().scan("articles")


@pytest.mark.parametrize("name", ["1\u00b2", "7 (copy)", "7.old"])
def test_a_folder_with_another_name_is_no_snapshot(published: Archive, name: str) -> None:
    numbers = published.warehouse.numbers()
    (published.warehouse.root / "snapshots" / name).mkdir()
    assert published.warehouse.numbers() == numbers


def test_an_unknown_table_is_named(published: Archive) -> None:
    with pytest.raises(WarehouseError, match='no table "pictures"; there are: '):
        published.warehouse.pin().scan("pictures")


def test_a_path_with_an_equals_sign_adds_no_column(archive: Archive) -> None:
    odd = Warehouse(archive.warehouse.root / "year=2024" / "w")
    archive.warehouse = odd
    archive.write("a.md", post())
    archive.run()
    assert "year" not in archive.rows("articles").columns


@pytest.mark.parametrize(
    "file",
    [
        "../{file}",
        "/{file}",
        "articles/../{file}",
        "articles/published_month=../../{file}",
        "./{file}",
        "articles//{file}",
        "files/{file}",
        "{file}/../../../secret.parquet",
        "{file}\n",
        "{file}\0",
        "secret.parquet",
    ],
)
def test_a_path_in_a_manifest_cannot_point_elsewhere(archive: Archive, file: str) -> None:
    archive.write("a.md", post())
    archive.run()
    path = archive.snapshot.folder / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    (partition,) = manifest["tables"]["articles"].values()
    partition["file"] = file.format(file=partition["file"])
    path.write_text(json.dumps(manifest))
    for read in (lambda: archive.warehouse.pin().scan("articles"), archive.run):
        with pytest.raises(WarehouseError, match="found the file"):
            read()
    (damage,) = list_damages(archive.snapshot.folder)
    assert "found the file" in damage
