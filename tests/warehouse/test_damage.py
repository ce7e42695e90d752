"""Damage of every kind: it is named, no reader is misled, and the recommended way back works."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.errors import WarehouseError
from pipelines.reports.status import list_snapshots
from pipelines.warehouse import Snapshot, Warehouse
from schemas.language.registry import load_tables
from tests.conftest import COUNT, Archive, Run, post

Harm = Callable[[Warehouse], object]

READERS = {
    "status": ("status", "--json"),
    "rejects": ("rejects",),
    "query": ("query", "SELECT count(*) FROM articles"),
    "diff": ("diff", "2", "3"),
    "snapshots": ("snapshots",),
    "schema": ("schema", "articles"),
}


class Damage(NamedTuple):
    """Damage to a warehouse, and its consequences.

    `named` is what `verify` says. `refused_by` are the readers that cannot answer; all others can.
    `is_refused` says whether a build notices.
    """

    harm: Harm
    named: str
    refused_by: set[str]
    is_refused: bool = True


def part(warehouse: Warehouse, table: str) -> Path:
    """The file of a table in the current snapshot. Older snapshots share the file of images."""
    path = next(iter(warehouse.pin().list_files(table).values()))
    path.chmod(0o644)
    return path


def flip(table: str, place: int) -> Harm:
    """Flip one bit of a file, counted from its beginning or its end."""

    def harm(warehouse: Warehouse) -> None:
        path = part(warehouse, table)
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)

    return harm


def edit_manifest(edit: Callable[[dict[str, Any]], object]) -> Harm:
    """Change the content of the manifest, which stays JSON."""

    def harm(warehouse: Warehouse) -> None:
        path = warehouse.pin().folder / "manifest.json"
        content = json.loads(path.read_text())
        edit(content)
        path.write_text(json.dumps(content))

    return harm


def write_manifest(text: str | bytes) -> Harm:
    data = text if isinstance(text, bytes) else text.encode()
    return lambda warehouse: (warehouse.pin().folder / "manifest.json").write_bytes(data)


def edit_partition(table: str, **values: object) -> Harm:
    return edit_manifest(
        lambda content: next(iter(content["tables"][table].values())).update(values)
    )


def point_current(target: str) -> Harm:
    def harm(warehouse: Warehouse) -> None:
        (warehouse.root / "current").unlink()
        (warehouse.root / "current").symlink_to(target)

    return harm


def truncate(warehouse: Warehouse) -> None:
    path = part(warehouse, "related_links")
    path.write_bytes(path.read_bytes()[:-1])


def replace_with_folder(warehouse: Warehouse) -> None:
    path = part(warehouse, "documents")
    path.unlink()
    path.mkdir()


def manifest_folder(warehouse: Warehouse) -> None:
    path = warehouse.pin().folder / "manifest.json"
    path.unlink()
    path.mkdir()


SUM = r"found SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}"
MANIFEST = r"manifest\.json: damaged, expected a manifest: "
BY_ALL = set(READERS) - {"snapshots"}
"""`snapshots` shows which one is damaged."""
BY_CURRENT = set(READERS) - {"diff"}
"""`diff` compares two other snapshots."""
OUTSIDE = "../000001/part-" + "0" * 32 + ".parquet"
MISFILED = "articles/published_month=1999-01/part-" + "0" * 32 + ".parquet"

DAMAGES = {
    # A rebuild of articles reads all documents, but not the articles that were there.
    "a flipped byte of documents": Damage(flip("documents", 50), SUM, {"diff"}),
    "a flipped footer of documents": Damage(flip("documents", -40), SUM, {"diff", "query"}),
    "a flipped byte of articles": Damage(flip("articles", 50), SUM, {"diff"}, False),
    "a flipped byte of images": Damage(flip("images", 50), SUM, set(), False),
    "a flipped byte of files": Damage(flip("files", 50), SUM, {"status", "diff"}),
    "a flipped footer of files": Damage(flip("files", -6), SUM, {"status", "diff", "query"}),
    "a flipped byte of findings": Damage(flip("findings", 50), SUM, {"status", "rejects"}),
    "a truncated file": Damage(truncate, r"found \d+ bytes, expected \d+", {"query", "diff"}),
    "an emptied file": Damage(
        lambda warehouse: part(warehouse, "articles").write_bytes(b""),
        r"found 0 bytes, expected \d+",
        {"query", "diff"},
    ),
    "a missing file": Damage(
        lambda warehouse: part(warehouse, "files").unlink(),
        r"No such file or directory, expected a file of \d+ bytes",
        {"query", "status", "diff"},
    ),
    "a folder for a file": Damage(replace_with_folder, r"expected", {"query", "diff"}),
    "an empty manifest": Damage(write_manifest(""), MANIFEST, BY_ALL),
    "a manifest that is no JSON": Damage(write_manifest("{"), MANIFEST, BY_ALL),
    "a manifest that is no UTF-8": Damage(write_manifest(b"\xff"), MANIFEST, BY_ALL),
    "a manifest of many levels": Damage(write_manifest("[" * 100_000), MANIFEST, BY_ALL),
    "a list as manifest": Damage(write_manifest("[]"), MANIFEST, BY_ALL),
    "a folder as manifest": Damage(manifest_folder, "Is a directory, expected a manifest", BY_ALL),
    "no manifest": Damage(
        lambda warehouse: (warehouse.pin().folder / "manifest.json").unlink(),
        "No such file or directory, expected a manifest",
        BY_ALL,
    ),
    "a manifest without tables": Damage(
        edit_manifest(lambda content: content.pop("tables")), "found no 'tables'", BY_ALL
    ),
    "a manifest without a table": Damage(
        edit_manifest(lambda content: content["tables"].pop("files")),
        "found no table files",
        BY_ALL,
    ),
    "a table without a file": Damage(
        edit_manifest(lambda content: content["tables"]["findings"].clear()),
        "found no file of findings",
        BY_ALL,
    ),
    "text for a number of rows": Damage(
        edit_partition("articles", rows="2"), "found '2' as rows", BY_ALL
    ),
    "a list of inputs": Damage(
        edit_partition("articles", inputs=[]), r"found \[\] as inputs", BY_ALL
    ),
    "text for a time": Damage(
        edit_manifest(lambda content: content.update(listed_ns="now")), "found 'now' as", BY_ALL
    ),
    "another key in a manifest": Damage(
        edit_manifest(lambda content: content.update(mood="good")), "mood", BY_ALL
    ),
    "text for a format": Damage(
        edit_manifest(lambda content: content.update(format="1")), MANIFEST, BY_ALL
    ),
    "the manifest of another snapshot": Damage(
        edit_manifest(lambda content: content.update(snapshot=2)),
        "found that of snapshot 2",
        BY_ALL,
    ),
    "a path that leads outside": Damage(
        edit_partition("articles", file=OUTSIDE), re.escape(f"found the file '{OUTSIDE}'"), BY_ALL
    ),
    "an absolute path": Damage(
        edit_partition("articles", file="/etc/passwd"), "found the file '/etc/passwd'", BY_ALL
    ),
    "a path of another month": Damage(
        edit_partition("articles", file=MISFILED), "found the file 'articles/published_m", BY_ALL
    ),
    "no current": Damage(
        lambda warehouse: (warehouse.root / "current").unlink(),
        "current: missing, expected a link to a snapshot",
        BY_CURRENT,
    ),
    "a current that dangles": Damage(
        point_current("snapshots/000099"), "points to snapshots/000099, expected a snap", BY_CURRENT
    ),
    "a current that leads outside": Damage(
        point_current("/tmp"), "points to /tmp, expected a snapshot", BY_CURRENT
    ),
    "a current that leads to staging": Damage(
        point_current("staging"), "points to staging, expected a snapshot", BY_CURRENT
    ),
    "a current that leads in a circle": Damage(
        point_current("current"), "points to current, expected a snapshot", BY_CURRENT
    ),
    "a file as current": Damage(
        lambda warehouse: (
            (warehouse.root / "current").unlink(),
            (warehouse.root / "current").write_text("x"),
        ),
        "found a file or folder, expected a link or nothing: move it away first",
        BY_CURRENT,
    ),
    "a folder as current": Damage(
        lambda warehouse: (
            (warehouse.root / "current").unlink(),
            shutil.copytree(warehouse.snapshot(3).folder, warehouse.root / "current"),
        ),
        "found a file or folder, expected a link or nothing: move it away first",
        BY_CURRENT,
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three snapshots. The second and the third differ in all tables but images."""
    archive = Archive(tmp_path_factory.mktemp("whole"))
    archive.write("bad.md", post({"title": None}))
    for heat in range(3):
        archive.write("a.md", post({"heat": str(heat), "images": "[{url: /i}]"}))
        archive.write("b.md", post({"heat": "0", "related": f"[{{webUrl: /{heat}}}]"}))
        archive.age()
        archive.run()
    return archive


@pytest.fixture
def harmed(archive: Archive, whole: Archive) -> Archive:
    """A copy, to be damaged."""
    archive.become(whole)
    return archive


def assert_one_line(err: str) -> None:
    assert err.startswith("matterhouse: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_and_no_reader_is_misled(harmed: Archive, run: Run, name: str) -> None:
    damage = DAMAGES[name]
    damage.harm(harmed.warehouse)
    verified = run("verify")
    assert verified.code == 1
    assert re.search(damage.named, verified.out + verified.err)
    assert "`matterhouse build --full`" in verified.err
    for reader, command in READERS.items():
        outcome = run(*command)
        assert (reader, outcome.code) == (reader, int(reader in damage.refused_by)), outcome.err
        if outcome.code:
            assert_one_line(outcome.err)


@pytest.mark.parametrize("name", list(DAMAGES)[:: 1 if COUNT else 5])
def test_the_way_back_leads_back(
    harmed: Archive, run: Run, name: str, whole: Archive, tmp_path: Path
) -> None:
    damage = DAMAGES[name]
    damage.harm(harmed.warehouse)
    refused = run("run", "articles", "--jobs", "1")
    assert refused.code == int(damage.is_refused), refused.err
    ways = re.findall(r"`matterhouse ([^`]*)`", refused.err)
    if damage.is_refused:
        assert_one_line(refused.err)
        assert ways[-1] == "build --full"
    for number, way in enumerate(ways or ["build --full"]):
        saved = tmp_path / f"way-{number}"
        subprocess.run(["cp", "-a", harmed.warehouse.root, saved], check=True)
        at = ("--warehouse", str(saved))
        if "move it away" in refused.err:
            (saved / "current").rename(tmp_path / f"moved-{number}")
        later = ["build", "verify"] if way.startswith("rollback") else []
        for command in (way, "verify", *later):
            jobs = ("--jobs", "1") if command.startswith("build") else ()
            outcome = run(*command.split(), *jobs, *at)
            assert (command, outcome.code) == (command, 0), outcome.err
        harmed.warehouse = Warehouse(saved)
        assert harmed.hashes() == whole.hashes()


def test_a_flow_repairs_what_it_rebuilds(harmed: Archive, run: Run, whole: Archive) -> None:
    flip("articles", 50)(harmed.warehouse)
    assert run("verify").code == 1
    assert run("run", "articles", "--jobs", "1").code == 0
    assert run("verify").code == 0
    assert harmed.hashes() == whole.hashes()


def test_a_rollback_to_a_damaged_snapshot_is_refused(harmed: Archive, run: Run) -> None:
    flip("articles", 50)(harmed.warehouse)
    assert run("rollback", "2").code == 0
    refused = run("rollback", "3")
    assert refused.code == 1
    assert_one_line(refused.err)
    assert re.search(SUM, refused.err)
    assert harmed.snapshot.number == 2


def test_a_missing_link_of_a_table_is_restored_by_a_build_without_changes(
    harmed: Archive, run: Run
) -> None:
    harmed.age()
    run("build", "--jobs", "1")
    (harmed.warehouse.root / "images").unlink()
    assert "unchanged" in run("build", "--jobs", "1").out
    assert (harmed.warehouse.root / "images").resolve() == harmed.snapshot.folder / "images"


def test_a_flow_refuses_damaged_articles(harmed: Archive, run: Run) -> None:
    flip("articles", 50)(harmed.warehouse)
    outcome = run("run", "images", "--jobs", "1")
    assert outcome.code == 1
    assert_one_line(outcome.err)
    assert re.search(SUM, outcome.err)


def test_a_build_of_another_month_sees_damaged_articles(harmed: Archive, run: Run) -> None:
    harmed.write("c.md", post({"publishedDateTime": "2020-01-01"}))
    assert run("build", "--jobs", "1").code == 0
    harmed.write("c.md", post({"publishedDateTime": "2020-01-01", "heat": "9"}))
    path = harmed.snapshot.list_files("articles")["2024-03"]
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)
    outcome = run("build", "--jobs", "1")
    assert outcome.code == 1
    assert_one_line(outcome.err)
    assert re.search(SUM, outcome.err)


def test_no_snapshot_that_shares_the_damage_is_recommended(harmed: Archive, run: Run) -> None:
    # Older snapshots are links to the same file.
    DAMAGES["a flipped byte of images"].harm(harmed.warehouse)
    (harmed.warehouse.pin().folder / "manifest.json").unlink()
    assert re.findall(r"`matterhouse ([^`]*)`", run("build").err) == ["build --full"]


def test_a_newer_warehouse_is_left_to_the_newer_version(harmed: Archive, run: Run) -> None:
    edit_manifest(lambda content: content.update(format=99))(harmed.warehouse)
    commands = [
        *(READERS[name] for name in BY_ALL),
        ("verify",),
        ("build",),
        ("build", "--full"),
        ("run", "images"),
    ]
    for command in commands:
        outcome = run(*command)
        assert outcome.code == 1
        assert "written by a newer version of matterhouse" in outcome.out + outcome.err
    assert next(iter(list_snapshots(harmed.warehouse)))["published_at"] == "newer"
    assert harmed.warehouse.numbers() == [1, 2, 3]


@pytest.mark.parametrize("is_folder", [True, False])
def test_without_a_warehouse_readers_say_so_and_a_build_makes_one(
    archive: Archive, run: Run, is_folder: bool
) -> None:
    if is_folder:
        archive.warehouse.root.mkdir()
    readers = [READERS[name] for name in ("status", "rejects", "query", "snapshots")]
    for command in [*readers, ("diff",), ("verify",), ("run", "images"), ("prune",)]:
        outcome = run(*command)
        assert outcome.code == 1
        assert_one_line(outcome.err)
        assert "run `matterhouse build` first" in outcome.err
    assert run("build", "--jobs", "1").code == 0
    assert run("verify").code == 0


def test_a_file_in_place_of_a_warehouse_is_one_clear_line(archive: Archive, run: Run) -> None:
    archive.warehouse.root.write_text("x")
    readers = [command for name, command in READERS.items() if name != "schema"]
    for command in [*readers, ("verify",), ("build",), ("rollback", "1"), ("prune",)]:
        outcome = run(*command)
        assert outcome.code == 1
        assert_one_line(outcome.err)
    assert archive.warehouse.root.read_text() == "x"


@pytest.mark.parametrize("table", list(load_tables()))
def test_no_flipped_byte_is_read_as_another_value(harmed: Archive, table: str) -> None:
    path = part(harmed.warehouse, table)
    content = path.read_bytes()
    for place in range(0, len(content), 211):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(WarehouseError, match=r"found SHA-256"):
            Snapshot(harmed.warehouse.pin().folder).read(table)
    path.write_bytes(content)
    assert harmed.warehouse.pin().read(table).height == harmed.warehouse.pin().count_rows(table)
