"""Whole runs: what changes, what stays, and that the order of runs leaves no trace."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError, RawError, WarehouseError
from pipelines.job import Job, Limits
from pipelines.parquet import write_parquet
from pipelines.raw import TICK_NS
from pipelines.run import run_job
from pipelines.status import describe_status
from pipelines.warehouse.runs import list_runs
from schemas.documents import DOCUMENTS
from schemas.table import text
from tests.conftest import Archive, post

MARCH = {"publishedDateTime": "2024-03-05"}
APRIL = {"publishedDateTime": "2024-04-05"}
CHILDREN = {"images": "[{url: /i}]", "related": "[{webUrl: /r}]"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three valid posts in two months, and everything else that a raw folder may hold."""
    archive = Archive(tmp_path_factory.mktemp("template"))
    archive.write("_news/a.md", post(MARCH | CHILDREN | {"mood": "good"}))
    archive.write("_news/b.md", post(MARCH | {"secured": "one"}))
    archive.write("_news/c.md", post(APRIL | CHILDREN))
    archive.write("_news/broken.md", "---\ntitle: x\n")
    archive.write("_news/rejected.md", post(APRIL | CHILDREN | {"title": None}))
    archive.write("notes.txt", "not a post")
    archive.write(".hidden", "x")
    archive.age()
    archive.run()
    return archive


@pytest.fixture
def built(archive: Archive, template: Archive) -> Archive:
    """The template, built already."""
    archive.become(template)
    return archive


def test_every_file_is_accounted_for(built: Archive) -> None:
    assert built.statuses() == {
        ".hidden": "ignored",
        "_news/a.md": "loaded",
        "_news/b.md": "loaded",
        "_news/broken.md": "rejected",
        "_news/c.md": "loaded",
        "_news/rejected.md": "rejected",
        "notes.txt": "ignored",
    }
    reasons = built.rows("files").filter(status="rejected")["reason"].to_list()
    assert reasons == [
        "is_closed: found no closing fence, expected a line --- or ...",
        "title is_not_null: found nothing, expected a value",
    ]


def test_a_finding_says_file_line_and_rule(built: Archive) -> None:
    assert built.findings("severity", "table_name", "source_path", "line", "rule") == [
        ("error", "articles", "_news/rejected.md", 2, "is_not_null"),
        ("warning", "documents", "_news/a.md", 9, "is_known_key"),
        ("error", "documents", "_news/broken.md", 1, "is_closed"),
        ("error", "images", "_news/rejected.md", 6, "article_is_valid"),
        ("error", "related_links", "_news/rejected.md", 7, "article_is_valid"),
    ]


def test_a_second_build_publishes_nothing(built: Archive) -> None:
    record = built.run()
    assert (record.status, record.snapshot) == ("unchanged", 1)
    assert built.warehouse.numbers() == [1]


def test_files_of_a_delivery_are_not_read_again_and_again(archive: Archive) -> None:
    archive.write("a.md", post())
    # Long enough for a change to show; whatever it says of the future, its bytes are known.
    os.utime(archive.raw / "a.md", ns=(2 * 10**18, 2 * 10**18))
    time.sleep(2 * TICK_NS / 10**9)
    archive.run()
    status = describe_status(archive.warehouse, archive.snapshot)
    assert status["raw"]["to_be_read_again"] == 0


def test_a_change_rewrites_only_its_month(built: Archive) -> None:
    built.write("_news/c.md", post(APRIL | CHILDREN | {"heat": "5"}))
    record = built.run()
    assert record.rewritten == {
        "documents": ["2024-04"],
        "articles": ["2024-04"],
        "images": [],
        "related_links": [],
        "findings": [],
        "files": ["all"],
    }


def test_a_change_of_the_secret_reaches_no_analyst_table(built: Archive) -> None:
    built.write("_news/b.md", post(MARCH | {"secured": "two"}))
    rewritten = built.run().rewritten
    assert {table for table, months in rewritten.items() if months} == {"documents", "files"}


@pytest.mark.parametrize(
    ("change", "unread_by"),
    [
        ({"secured": "two"}, ("articles", "images", "related_links")),
        ({"heat": "7"}, ("images", "related_links")),
        ({"images": "[{url: /j}]"}, ("related_links",)),
    ],
)
def test_a_change_makes_nothing_anew_that_does_not_read_it(
    built: Archive, change: dict[str, str | None], unread_by: tuple[str, ...]
) -> None:
    before = built.snapshot.manifest.tables
    built.write("_news/b.md", post(MARCH | {"secured": "one"} | change))
    built.run()
    after = built.snapshot.manifest.tables
    tables = ("articles", "images", "related_links")
    assert tuple(table for table in tables if after[table] == before[table]) == unread_by
    assert built.hashes() == built.hashes_from_nothing()


@pytest.mark.parametrize("name", ["a", "c", "rejected"])
def test_the_lines_of_findings_follow_their_file(built: Archive, name: str) -> None:
    path = built.raw / f"_news/{name}.md"
    before = built.findings("table_name", "source_path", "line")
    built.write(f"_news/{name}.md", path.read_text().replace("---\n", "---\n# why\n", 1))
    built.run()
    assert built.findings("table_name", "source_path", "line") == [
        (table, source, line + (source == f"_news/{name}.md")) for table, source, line in before
    ]
    assert built.hashes() == built.hashes_from_nothing()


def test_a_touched_file_changes_nothing_but_the_ledger(built: Archive) -> None:
    os.utime(built.raw / "_news/a.md", ns=(1, 10**18))
    rewritten = built.run().rewritten
    assert {table for table, months in rewritten.items() if months} == {"files"}
    assert built.run().status == "unchanged"


def test_a_file_that_was_replaced_is_read_though_it_has_its_size_and_time(
    archive: Archive,
) -> None:
    for heat in ("12", "13"):
        archive.write("a.md", post({"heat": heat}))
        # As whoever packs an archive reproducibly.
        os.utime(archive.raw / "a.md", ns=(0, 0))
        archive.run()
        assert archive.rows("articles")["heat"].to_list() == [int(heat)]


@pytest.mark.parametrize("swapped", ["", "_news"])
def test_files_of_a_folder_that_was_swapped_are_read_though_they_look_as_ever(
    archive: Archive, swapped: str
) -> None:
    heats = {"": "12", "next/": "13"}
    for prefix, heat in heats.items():
        path = archive.raw.parent / f"{prefix}raw/_news/a.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post({"heat": heat}))
        os.utime(path, ns=(0, 0))
    archive.age(0)
    archive.run()
    (archive.raw / swapped).rename(archive.raw.parent / "old")
    (archive.raw.parent / "next/raw" / swapped).rename(archive.raw / swapped)
    archive.run()
    assert archive.rows("articles")["heat"].to_list() == [13]


def test_files_of_another_folder_are_not_those_that_are_known(
    built: Archive, tmp_path: Path
) -> None:
    before, time_ns = built.hashes(), 10**18
    path = built.raw / "_news/a.md"
    os.utime(path, ns=(time_ns, time_ns))
    built.run()
    built.raw = built.raw.rename(tmp_path / "moved")
    assert (built.run().status, built.hashes()) == ("published", before)
    assert built.snapshot.manifest.raw == str(built.raw)
    assert built.run().status == "unchanged"
    other = tmp_path / "other"
    shutil.copytree(built.raw, other)
    text = (other / "_news/a.md").read_text()
    (other / "_news/a.md").write_text(text.replace("A title", "B title"))
    os.utime(other / "_news/a.md", ns=(time_ns, time_ns))
    built.raw = other
    built.run()
    assert "B title" in built.rows("articles")["title"].to_list()


def test_a_flow_finds_lines_where_its_documents_were_read(built: Archive, tmp_path: Path) -> None:
    lines = built.findings("line")
    manifest = built.snapshot.folder / "manifest.json"
    fingerprint = built.snapshot.manifest.tables["articles"]["2024-04"].fingerprint
    manifest.write_text(manifest.read_text().replace(fingerprint, "of other code"))
    raw, built.raw = built.raw, tmp_path / "nowhere"
    assert built.run("articles").status == "published"
    assert built.findings("line") == lines
    assert built.snapshot.manifest.raw == str(raw)


def test_a_table_without_rows_still_waits_for_its_lines(archive: Archive, tmp_path: Path) -> None:
    archive.write("undated.md", post({"publishedDateTime": None}))
    archive.age()
    archive.run()
    manifest = archive.snapshot.folder / "manifest.json"
    fingerprint = archive.snapshot.manifest.tables["articles"]["unknown"].fingerprint
    manifest.write_text(manifest.read_text().replace(fingerprint, "of other code"))
    archive.raw.rename(tmp_path / "away")
    archive.run("articles")
    assert archive.findings("line") == [(None,)]
    (tmp_path / "away").rename(archive.raw)
    archive.run()
    assert archive.hashes() == archive.hashes_from_nothing()


EDITS = {
    "edit": lambda archive: archive.write("_news/a.md", post(MARCH | {"title": "new"})),
    "add": lambda archive: archive.write("_news/new.md", post(MARCH)),
    "add a month": lambda archive: archive.write("n.md", post({"publishedDateTime": "2023-01-01"})),
    "delete": lambda archive: archive.delete("_news/a.md"),
    "delete a month": lambda archive: (
        archive.delete("_news/c.md"),
        archive.delete("_news/rejected.md"),
    ),
    "rename": lambda archive: (archive.raw / "_news/a.md").rename(archive.raw / "_news/z.md"),
    "redate later": lambda archive: archive.write("_news/a.md", post(APRIL | CHILDREN)),
    "redate a rejected one earlier": lambda archive: archive.write(
        "_news/rejected.md", post(MARCH | CHILDREN | {"title": None})
    ),
    "lose the date": lambda archive: archive.write("_news/c.md", post({"publishedDateTime": "x"})),
    "break": lambda archive: archive.write("_news/a.md", "---\na: [\n---\n"),
    "reject": lambda archive: archive.write("_news/a.md", post(MARCH | CHILDREN | {"type": None})),
    "ignore": lambda archive: archive.write("_news/a.md", "no fence any more"),
    "mend": lambda archive: archive.write("_news/broken.md", post(APRIL)),
    "mend the rejected": lambda archive: archive.write("_news/rejected.md", post(APRIL | CHILDREN)),
    "link": lambda archive: (
        archive.delete("_news/a.md"),
        (archive.raw / "_news/a.md").symlink_to("b.md"),
    ),
    "pipe": lambda archive: (
        archive.delete("_news/rejected.md"),
        os.mkfifo(archive.raw / "_news/rejected.md"),
    ),
    "move down a line": lambda archive: archive.write(
        "_news/rejected.md", "---\n# a comment\n" + post(APRIL | CHILDREN | {"title": None})[4:]
    ),
    "forget the drift": lambda archive: archive.write("_news/a.md", post(MARCH | CHILDREN)),
    "empty": lambda archive: shutil.rmtree(archive.raw / "_news"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_incremental_build_has_the_bytes_of_a_rebuild(built: Archive, edit: str) -> None:
    EDITS[edit](built)
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_history_of_edits_and_single_flows_leaves_no_trace(built: Archive) -> None:
    for edit in EDITS:
        if edit not in ("ignore", "empty", "delete", "rename", "delete a month", "link", "pipe"):
            EDITS[edit](built)
            flows = ("ingest", "articles", "images", "related_links", "build")
            built.run(flows[len(edit) % len(flows)])
    built.warehouse.point_to(2)
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_full_build_links_what_it_finds_unchanged(built: Archive) -> None:
    inode = built.snapshot.list_files("articles")["2024-03"].stat().st_ino
    record = built.run(is_full=True)
    assert not any(record.rewritten.values())
    assert built.snapshot.list_files("articles")["2024-03"].stat().st_ino == inode


def test_a_dry_run_says_what_it_would_do_and_does_nothing(built: Archive) -> None:
    built.delete("_news/a.md")
    record = built.run(is_dry=True)
    assert (record.status, record.changes["deleted"]) == ("dry_run", 1)
    assert record.rewritten["articles"] == ["2024-03"]
    assert built.warehouse.numbers() == [1]
    assert built.statuses()["_news/a.md"] == "loaded"


def test_a_flow_takes_the_months_that_are_asked_for(built: Archive) -> None:
    record = built.run("articles", months=("2024-04",))
    assert record.status == "unchanged"
    assert built.run("images", since="2024-04").status == "unchanged"
    with pytest.raises(PipelineError, match=r"found no documents of 2019-01, expected .*2024-03"):
        built.run("articles", months=("2019-01",))
    with pytest.raises(PipelineError, match=r"found no documents from 2025-01"):
        built.run("articles", since="2025-01")


def test_findings_of_a_file_that_changed_since_have_no_line_until_the_next_build(
    built: Archive,
) -> None:
    manifest = built.snapshot.folder / "manifest.json"
    fingerprint = built.snapshot.manifest.tables["articles"]["2024-04"].fingerprint
    manifest.write_text(manifest.read_text().replace(fingerprint, "of other code"))
    text = (built.raw / "_news/rejected.md").read_text()
    built.write("_news/rejected.md", text.replace("type:", "# moved down\ntype:"))
    built.run("articles")
    lines = dict(built.findings("rule", "line"))
    assert lines["is_not_null"] is None
    built.write("_news/rejected.md", text)
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_drift_that_lost_its_line_costs_the_next_build_no_file(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (built.raw / "_news/a.md").read_text()

    def edit_meanwhile(name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        result = step(*arguments)
        if name == "ingest":
            built.write("_news/a.md", text.replace("title:", "# moved down\ntitle:"))
        return result

    built.write("_news/b.md", post(MARCH | {"mood": "better"}))
    job = Job("build", built.warehouse.root, built.raw, jobs=1, limits=Limits(1, 1))
    run_job(job, call=edit_meanwhile)
    assert ("is_known_key", None) in built.findings("rule", "line")
    parsed: list[bytes] = []
    monkeypatch.setattr("pipelines.parsing.explain_ignored", parsed.append)
    built.run()
    assert len(parsed) == 1
    monkeypatch.undo()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_flow_needs_documents_with_the_keys_of_now(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {**DOCUMENTS.columns, "mood": text("mood", "How it is.")}
    monkeypatch.setattr("schemas.documents.DOCUMENTS", replace(DOCUMENTS, columns=columns))
    built.run("images")
    monkeypatch.setattr("pipelines.parent.is_ingest_current", lambda _: False)
    with pytest.raises(PipelineError, match=r"^documents: .*: run `matterhouse build .*`, which"):
        built.run("images")


def test_a_flow_needs_documents(archive: Archive) -> None:
    with pytest.raises(WarehouseError, match=r"run `matterhouse build .*` first"):
        archive.run("articles")


def test_an_empty_archive_has_every_table_with_its_schema(archive: Archive) -> None:
    archive.run()
    for table in archive.snapshot.manifest.tables:
        assert archive.rows(table).is_empty()
        assert len(archive.snapshot.list_files(table)) == 1
    assert archive.run().status == "unchanged"
    archive.write("a.md", post(MARCH))
    archive.run()
    assert list(archive.snapshot.list_files("articles")) == ["2024-03"]
    assert list(archive.snapshot.list_files("images")) == ["unknown"]
    assert archive.hashes() == archive.hashes_from_nothing()


@pytest.mark.parametrize("large_bytes", [0, 10**9], ids=["workers", "threads"])
def test_many_batches_and_groups_give_the_same_bytes(
    built: Archive, large_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/rejected.md", post(MARCH | {"title": None}))
    built.run()
    before = built.hashes()
    monkeypatch.setattr("pipelines.workers.BATCH_FILES", 2)
    monkeypatch.setattr("pipelines.workers.SMALL_BYTES", 0)
    monkeypatch.setattr("pipelines.rebuild.LARGE_BYTES", large_bytes)
    monkeypatch.setattr("pipelines.rebuild.WORKER_BYTES", 1)
    monkeypatch.setattr("pipelines.rebuild.THREAD_BYTES", 1)
    built.run(is_full=True)
    assert built.hashes() == before
    built.write("_news/a.md", post(MARCH | {"title": None}))
    built.write("_news/rejected.md", post(MARCH))
    built.run()
    monkeypatch.undo()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_ledger_that_does_not_agree_with_the_articles_is_not_published(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/new.md", post())
    monkeypatch.setattr("pipelines.conclude.build_files", lambda files, _findings: files.head(1))
    with pytest.raises(AssertionError, match=r"\d files are loaded, and articles has \d rows"):
        built.run()
    assert built.warehouse.numbers() == [1]


def test_include_leaves_other_files_out(built: Archive) -> None:
    built.run(include="_news/[ab].md")
    assert list(built.statuses()) == ["_news/a.md", "_news/b.md"]
    # A flow that reads no raw files leaves it as it is.
    built.run("images")
    status = describe_status(built.warehouse, built.snapshot)
    assert (status["raw"]["new"], status["raw"]["deleted"]) == (0, 0)
    built.run()
    assert len(built.statuses()) == 7


def test_which_files_count_is_known_though_no_file_tells(archive: Archive) -> None:
    archive.write("_news/a.md", post())
    archive.run(include="_news/*")
    assert archive.run().status == "published"
    assert archive.run().status == "unchanged"
    archive.write("b.md", post())
    assert describe_status(archive.warehouse, archive.snapshot)["raw"]["new"] == 1


SECRETS = {
    "below an unknown key": "meta: {secured: hush}",
    "as a wrong shape": "title: {secured: hush}",
    "in a list of a wrong shape": "images: [[{secured: hush}]]",
    "of a related item": "related: {secured: hush}",
    "as repeated keys": "secured: {hush: 1, hush: 2}",
    "as an alias": "secured: *hush",
    "as a tag": "secured: !hush x",
    "as an anchor": "secured: [&hush a, &hush b]",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_secret_is_seen_in_documents_alone(archive: Archive, secret: str) -> None:
    archive.write("a.md", f"---\n{secret}\n---\n")
    archive.write("b.md", post({"mood": "{secured: hush}"}))
    archive.run()
    for table in set(archive.snapshot.manifest.tables) - {"documents"}:
        assert "hush" not in str(archive.rows(table).to_dicts())


def test_a_file_full_of_errors_costs_what_it_weighs(archive: Archive) -> None:
    # A finding for each item, and in each the row with all items, was the square: 2 GB of 20,000.
    archive.write("a.md", post({"topics": f"[{'~,' * 5_000}]"}))
    archive.write("b.md", post({f"key{number}": "x" for number in range(2_000)}))
    archive.run()
    findings = archive.rows("findings")
    assert findings.filter(rule="is_text").height == 5_000
    assert findings.filter(rule="is_known_key")["line"].max() == 2_006
    assert findings["row"].is_not_null().sum() == 1


def test_deep_folders_are_listed(archive: Archive) -> None:
    folder = archive.raw
    for _ in range(1_100):
        folder = folder / "d"
        folder.mkdir()
    (folder / "a.md").write_text(post())
    try:
        archive.run()
        assert list(archive.statuses().values()) == ["loaded"]
    finally:
        # pytest's own tidying recurses, and would fail here later.
        subprocess.run(["rm", "-r", archive.raw / "d"], check=True)


def test_raw_files_and_warehouse_are_two_folders_beside_each_other(built: Archive) -> None:
    for raw in (built.raw.parent, built.warehouse.root, built.warehouse.root / "runs"):
        built.raw = raw
        with pytest.raises(RawError, match=r": contains .*, expected two folders beside"):
            built.run()


def test_a_mistake_in_a_path_makes_no_folder(archive: Archive) -> None:
    for name, raw in (("build", archive.raw / "nowhere"), ("images", archive.raw)):
        archive.raw = raw
        with pytest.raises(PipelineError, match=r"No such file|nothing is published here"):
            archive.run(name)
        assert not archive.warehouse.root.exists()


def test_an_include_that_matches_nothing_is_a_mistake(built: Archive) -> None:
    with pytest.raises(RawError, match=r"no file matches '_nws/\*', expected some"):
        built.run(include="_nws/*")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_step_that_the_disk_refused_can_be_done_again(
    built: Archive, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As Prefect does it: what the step had written before does no harm."""
    built.write("_news/c.md", post(MARCH | CHILDREN | {"heat": "5", "mood": "new"}))
    built.write("_news/d.md", post(APRIL | CHILDREN | {"quality": "high"}))
    built.delete("_news/b.md")
    write, calls = write_parquet, iter(range(1, 100))

    def refuse_once(*arguments: Any) -> None:
        write(*arguments)
        if next(calls) == number:
            raise OSError(28, "No space left on device")

    def retry(_name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        try:
            return step(*arguments)
        except OSError:
            return step(*arguments)

    monkeypatch.setattr("pipelines.parquet.write_parquet", refuse_once)
    job = Job("build", built.warehouse.root, built.raw, jobs=1, limits=Limits(1, 1))
    record = run_job(job, call=retry)
    assert next(calls) > number
    monkeypatch.undo()
    assert record.status == "published"
    assert built.hashes() == built.hashes_from_nothing()


def test_a_run_that_is_interrupted_says_so_and_leaves_nothing(built: Archive) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    built.write("_news/c.md", post(APRIL | CHILDREN | {"heat": "5"}))
    job = Job("build", built.warehouse.root, built.raw, jobs=1)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, on_progress=interrupt)
    (last, *_) = list_runs(built.warehouse.root, at_most=1)
    assert (last.status, last.message) == ("failed", "interrupted")
    assert list((built.warehouse.root / "staging").iterdir()) == []
    assert built.run().status == "published"


def test_every_run_leaves_a_record(built: Archive) -> None:
    shutil.rmtree(built.raw)
    with pytest.raises(PipelineError, match="expected a readable folder"):
        built.run()
    failed, published = list_runs(built.warehouse.root, at_most=9)
    assert (published.status, published.snapshot) == ("published", 1)
    assert (failed.status, failed.snapshot) == ("failed", None)
    assert "No such file or directory" in str(failed.message)


def test_a_damaged_parent_stops_a_build_and_a_full_one_mends_it(built: Archive) -> None:
    before = built.hashes()
    built.snapshot.list_files("images")["2024-03"].unlink()
    with pytest.raises(WarehouseError, match=r"No such file.*make all anew with.*--full"):
        built.run()
    built.run(is_full=True)
    assert built.hashes() == before
