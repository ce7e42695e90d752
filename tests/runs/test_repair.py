"""Repair: damaged files get their bytes back, from the cheapest thing that is whole."""

import json
import shutil
from pathlib import Path

import pytest

from pipelines.errors import LockedError
from pipelines.runs.verifying import verify_and_repair, verify_snapshots
from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import list_runs
from schemas.language.registry import load_tables
from tests.conftest import MARCH, Archive, Run, post


def locate(archive: Archive, table: str, number: int | None = None) -> Path:
    """One file of a table that has rows."""
    snapshot = archive.warehouse.pin(number)
    records = snapshot.manifest.tables[table].values()
    return snapshot.folder / next(str(each.file) for each in records if each.rows)


def flip(path: Path) -> None:
    """Change a byte of a published file, and leave its size as it is."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)


def read_all(archive: Archive) -> dict[str, bytes]:
    """Every file of every snapshot but what runs may rewrite."""
    return {
        str(path): path.read_bytes()
        for path in archive.warehouse.root.glob("snapshots/*/**/*.parquet")
    }


HISTORIES = [name for name, table in load_tables().items() if table.is_history]


@pytest.mark.parametrize("table", [name for name in load_tables() if name not in HISTORIES])
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_a_damaged_file_of_every_table_gets_its_bytes_back(
    built: Archive, run: Run, table: str, harm: object
) -> None:
    before = read_all(built)
    path = locate(built, table)
    assert callable(harm)
    harm(path)
    assert run("verify").code == 1
    outcome = run("verify", "--repair")
    assert (outcome.code, outcome.err) == (0, "")
    assert "put back, made from" in outcome.out
    assert outcome.out.endswith("snapshot 1: whole\n")
    assert read_all(built) == before
    assert not path.stat().st_mode & 0o222
    assert run("verify").code == 0


def test_a_snapshot_that_lost_all_its_files_is_made_from_the_raw_files(
    built: Archive, run: Run
) -> None:
    before = read_all(built)
    for path in built.snapshot.folder.rglob("*.parquet"):
        if path.parent.name not in HISTORIES:
            path.unlink()
    assert run("build").code == 1
    assert run("verify", "--repair").code == 0
    assert read_all(built) == before
    assert run("build").out.count("unchanged") == 1


@pytest.mark.parametrize("table", HISTORIES)
def test_what_earlier_runs_saw_comes_back_from_another_snapshot(
    built: Archive, run: Run, table: str
) -> None:
    built.write("_news/b.md", post({"publishedDateTime": "2024-03-05"}, "Another body."))
    built.run()
    before = read_all(built)
    locate(built, table).unlink()
    outcome = run("verify", "--repair")
    assert (outcome.code, "put back, made from snapshot 1" in outcome.out) == (0, True)
    assert read_all(built) == before


@pytest.mark.parametrize("table", HISTORIES)
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_what_earlier_runs_saw_is_not_made_again(
    built: Archive, run: Run, table: str, harm: object
) -> None:
    assert callable(harm)
    harm(locate(built, table))
    outcome = run("verify", "--repair")
    assert outcome.code == 1
    assert "not put back: it keeps what earlier runs saw" in outcome.out
    assert outcome.err.count("`") == 2
    assert "`matterhouse build --full`" in outcome.err
    assert run("build", "--full").code == 0
    assert run("verify").code == 0


def test_another_snapshot_with_the_same_file_is_the_first_source(built: Archive, run: Run) -> None:
    built.write("new.md", post({"publishedDateTime": "2024-07-01"}))
    built.run()
    path = locate(built, "documents")
    twin = built.warehouse.snapshot(1).folder / path.relative_to(built.snapshot.folder)
    assert path.samefile(twin)
    path.unlink()
    for file in built.raw.rglob("*.md"):
        file.unlink()
    outcome = run("verify", "--repair")
    assert (outcome.code, outcome.out.count("made from snapshot 1")) == (0, 1)
    assert path.samefile(twin)


def test_all_snapshots_that_share_a_damaged_file_heal(built: Archive, run: Run) -> None:
    built.write("new.md", post({"publishedDateTime": "2024-07-01"}))
    built.run()
    before = read_all(built)
    flip(locate(built, "images"))
    assert run("verify", "--all").out.count("1 damaged") == 2
    outcome = run("verify", "--all", "--repair")
    assert outcome.code == 0
    assert outcome.out.count("made from documents") == 1
    assert outcome.out.count("made from snapshot") == 1
    assert read_all(built) == before


def test_only_the_raw_files_of_a_damaged_month_are_read(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/c.md", post({"publishedDateTime": "2024-04-05", "title": "another one"}))
    folder = built.snapshot.folder / "documents/published_month=2024-03"
    flip(next(folder.iterdir()))
    monkeypatch.setattr("pipelines.runs.remake.Remaker.remake_all", None)
    outcome = run("verify", "--repair")
    assert (outcome.code, outcome.out.count("made from 2 raw files")) == (0, 1)


def test_documents_whose_raw_files_changed_are_left_and_named(built: Archive, run: Run) -> None:
    built.write("_news/a.md", post(MARCH | {"title": "another one"}))
    path = next((built.snapshot.folder / "documents/published_month=2024-03").iterdir())
    path.unlink()
    outcome = run("verify", "--repair")
    assert outcome.code == 1
    assert "not put back: raw files changed since: _news/a.md" in outcome.out
    assert not path.exists()
    assert "verify --repair" not in outcome.err
    assert "`matterhouse build --full`" in outcome.err


def test_what_other_code_made_is_left_and_a_build_is_advised(built: Archive, run: Run) -> None:
    path = locate(built, "images")
    manifest = built.snapshot.folder / "manifest.json"
    content = json.loads(manifest.read_text())
    for record in content["tables"]["images"].values():
        record["fingerprint"] = "of other code"
    manifest.write_text(json.dumps(content))
    flip(path)
    outcome = run("verify", "--repair")
    assert outcome.code == 1
    assert "not put back: other code made it" in outcome.out
    assert "`matterhouse run images --month 2024-0" in outcome.err
    assert run("run", "images", "--jobs", "1").code == 0
    assert run("verify").code == 0


def test_a_folder_in_place_of_a_file_is_left_alone(built: Archive, run: Run) -> None:
    path = locate(built, "articles")
    path.unlink()
    path.mkdir()
    (path / "kept.txt").write_text("mine")
    outcome = run("verify", "--repair")
    assert outcome.code == 1
    assert "a folder is in its place: move it away" in outcome.out
    assert (path / "kept.txt").read_text() == "mine"


def test_a_file_in_place_of_a_folder_stops_no_other_repair(built: Archive, run: Run) -> None:
    folder = locate(built, "articles").parent
    shutil.rmtree(folder)
    folder.write_text("mine")
    locate(built, "findings").unlink()
    outcome = run("verify", "--repair")
    assert outcome.code == 1
    assert f"{folder} is in the place of a folder: move it away" in outcome.out
    assert outcome.out.count("put back, made from") == 1
    assert folder.read_text() == "mine"


def test_a_file_that_is_in_no_manifest_is_named_and_left(built: Archive, run: Run) -> None:
    stray = built.snapshot.folder / "articles" / "stray.parquet"
    stray.write_text("mine")
    for command in (("verify",), ("verify", "--repair")):
        outcome = run(*command)
        assert outcome.code == 1
        assert f"{stray}: in no manifest: move it away" in outcome.out
        assert outcome.err == "matterhouse: move away what is in no manifest\n"
    assert stray.read_text() == "mine"


def test_a_damaged_manifest_cannot_be_repaired_and_the_others_are(built: Archive, run: Run) -> None:
    built.write("new.md", post({"publishedDateTime": "2024-07-01"}))
    built.run()
    (built.warehouse.snapshot(1).folder / "manifest.json").write_text("{")
    locate(built, "findings").unlink()
    outcome = run("verify", "--all", "--repair")
    assert outcome.code == 1
    assert "snapshot 2: whole" in outcome.out
    assert "manifest.json: damaged" in outcome.out
    assert "`matterhouse prune --keep 1 --days 0`" in outcome.err


def test_a_repair_takes_the_lock_and_leaves_a_record(built: Archive) -> None:
    with hold_lock(built.warehouse.root, "build"), pytest.raises(LockedError):
        verify_and_repair(built.warehouse.root)
    locate(built, "articles").unlink()
    verified, record = verify_and_repair(built.warehouse.root)
    assert (verified.status, record.status) == ("repaired", "repaired")
    assert list_runs(built.warehouse.root, 1)[0].message == "1 of 1 damaged files were put back"


def test_a_repair_keeps_a_refused_state_and_leaves_nothing_in_staging(
    built: Archive, run: Run
) -> None:
    built.write("bad.md", post({"title": None}))
    assert run("build", "--strict").code == 1
    staging = sorted((built.warehouse.root / "staging").iterdir())
    locate(built, "articles").unlink()
    assert run("verify", "--repair").code == 0
    assert built.warehouse.staged().read("findings").height
    assert sorted((built.warehouse.root / "staging").iterdir()) == staging


def test_a_scheduled_verify_leaves_a_record_without_taking_the_lock(built: Archive) -> None:
    with hold_lock(built.warehouse.root, "build"):
        assert verify_snapshots(built.warehouse.root)[1].status == "whole"
    locate(built, "articles").unlink()
    verified, record = verify_snapshots(built.warehouse.root, is_all=True)
    assert (verified.damaged, record.status) == ([1], "damaged")
    newest = list_runs(built.warehouse.root, 1)[0]
    assert (newest.job, newest.status) == ("verify", "damaged")
    assert "snapshot 1 is damaged: " in str(newest.message)


def test_what_was_repaired_is_printed_for_machines(built: Archive, run: Run) -> None:
    path = locate(built, "articles")
    path.unlink()
    printed = json.loads(run("verify", "--repair", "--json").out)
    assert printed["damages"] == {"1": []}
    (repaired,) = printed["repaired"]
    assert repaired["made_from"] == "documents"
    assert (built.snapshot.folder / repaired["file"]) == path
