"""Random histories of an archive: edits between runs of all kinds, with checks after each run.

Usage: python -m tests.histories [--seconds N] [--seed S]

It prints how much was tried. A history that fails ends it, with the seed and the steps that show
the failure.
"""

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from pipelines.runs.maintenance import roll_back
from pipelines.tables.observations import (
    SEEN_AT,
    SUBJECT,
    VALUES,
    settle_observations,
    sort_observations,
)
from pipelines.tables.validation import check_rows
from pipelines.values.parts import find_month
from pipelines.warehouse import Snapshot
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.runs import RunRecord
from schemas.language.registry import list_derived, load_tables
from tests.conftest import Archive
from tests.edits import Editor
from tests.independent import digest, load_post
from tests.restoring import restore_front_matter

STEPS: Final = 40
"""The steps of one history. Each is a few edits and a run."""
MOST_EVENTS: Final = 100
"""About how often a build of such an archive touches the warehouse."""

KILLED_RUN: Final = """
import os, signal, sys
from pathlib import Path
from pipelines.runs.job import Job
from pipelines.runs.run import run_job

flow, warehouse, raw, left = *sys.argv[1:4], int(sys.argv[4])

def count(event, arguments):
    global left
    if event.partition(".")[0] in ("open", "os") and str(arguments[:1]).find(warehouse) >= 0:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
run_job(Job(flow, Path(warehouse), raw, jobs=1, max_reject_share=1, max_delete_share=1))
"""
"""A run that is killed when it touches the warehouse for the n-th time."""


class History:
    """One archive and what happens to it. The same seed gives the same history."""

    def __init__(self, seed: str, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.archive = Archive(folder)
        self.editor = Editor(self.archive.raw, self.chance)
        self.configure("reject")
        self.steps: list[str] = [f"seed {seed}"]
        self.counts: Counter[str] = Counter()
        self.seen: set[tuple[Any, ...]] = set()
        self.actions: dict[str, tuple[int, Callable[[], object]]] = {
            "build": (8, self.build),
            "ingest": (1, self.ingest),
            "full build": (1, self.build_fully),
            "other policy": (1, self.change_policy),
            "dry run": (1, lambda: self.archive.run(dry_run=True, mapping="auto")),
            "flow": (5, self.run_flow),
            "rollback": (2, self.roll_back),
            "kill": (1, self.kill),
        }

    def play(self, steps: int = STEPS) -> None:
        """Play `steps`. If one fails, the error names all steps up to it."""
        try:
            for _ in range(12):
                self.editor.add()
            self.act("build")
            for _ in range(steps):
                edits = [self.editor.edit() for _ in range(self.chance.randrange(6))]
                if self.chance.randrange(2):
                    self.editor.age()
                    edits.append("age")
                self.steps += edits
                self.counts["edits"] += len(edits)
                weights = [weight for weight, _ in self.actions.values()]
                self.act(self.chance.choices(list(self.actions), weights)[0])
            self.act("build")
        except BaseException as error:
            error.add_note("; ".join(self.steps))
            raise

    def act(self, name: str) -> None:
        self.steps.append(name.upper())
        self.counts[name] += 1
        self.actions[name][1]()
        self.check_whole()

    def configure(self, repeated_keys: str) -> None:
        """Let the settings say what becomes of repeated keys."""
        settings = f'base = "everyday"\nrepeated_keys = "{repeated_keys}"\n'
        self.archive.raw.with_name("matterhouse.toml").write_text(settings, encoding="utf-8")

    def build(self) -> None:
        self.check_caught_up(self.archive.run(mapping="auto"))
        # After a build nothing looks changed.
        assert self.archive.run(mapping="auto").status == "unchanged"

    def change_policy(self) -> None:
        self.configure(self.chance.choice(["reject", "last", "last"]))
        self.build()

    def ingest(self) -> None:
        self.check_caught_up(self.archive.run("ingest"))

    def build_fully(self) -> None:
        self.check_caught_up(self.archive.run(full=True, mapping="auto"))

    def run_flow(self) -> None:
        """Run one flow by hand, for all its months or for some. It must not change anything."""
        flow = self.chance.choice(list_derived())
        before = self.archive.hashes()
        tables = self.archive.snapshot.manifest.tables
        records = tables["documents"].items()
        months = sorted({find_month(key) for key, record in records if record.rows})
        dated = [month for month in months if month != "unknown"]
        options: dict[str, Any] = {}
        if months and self.chance.randrange(2):
            options["months"] = tuple(self.chance.sample(months, 1))
        elif dated and self.chance.randrange(2):
            options[self.chance.choice(["since", "until"])] = self.chance.choice(dated)
        self.steps.append(f"{flow} {options}")
        self.archive.run(flow, **options)
        known = {table: path for path, table in before.items() if "findings" not in path}
        after = self.archive.hashes()
        assert {table: path for path, table in after.items() if "findings" not in path} == known

    def roll_back(self) -> None:
        number = self.chance.choice(self.archive.warehouse.numbers())
        self.steps.append(str(number))
        roll_back(self.archive.warehouse.root, number, 0)

    def kill(self) -> None:
        """Kill a run with SIGKILL when it touches the warehouse for a random time."""
        before = self.archive.snapshot.number
        flow = self.chance.choice(["build", "build", "ingest", "articles", "images"])
        event = self.chance.randrange(1, MOST_EVENTS)
        self.steps.append(f"{flow} at event {event}")
        paths = (self.archive.warehouse.root, self.archive.raw)
        process = subprocess.run(
            [sys.executable, "-c", KILLED_RUN, flow, *paths, str(event)],
            capture_output=True,
            check=False,
        )
        assert process.returncode in (0, -signal.SIGKILL), process.stderr.decode()
        self.counts["killed"] += process.returncode != 0
        numbers = self.archive.warehouse.numbers()
        assert self.archive.snapshot.number in (before, numbers[-1])

    def check_whole(self) -> None:
        """Check that the snapshot is whole, its tables agree, and every row keeps every rule."""
        snapshot = self.archive.snapshot
        assert list_damages(snapshot.folder) == []
        tables = {name: read(snapshot, name) for name in load_tables()}
        for name, rows in tables.items():
            table = load_tables()[name]
            check_rows(rows.select(*table.columns), table)
        files = tables["files"]
        paths = {
            status: set(files.filter(status=status)["source_path"])
            for status in ("loaded", "rejected", "ignored")
        }
        documents = set(tables["documents"]["source_path"])
        assert set(tables["articles"]["source_path"]) == paths["loaded"] <= documents
        assert documents == set(files.drop_nulls("document_id")["source_path"])
        assert documents.isdisjoint(paths["ignored"])
        errors = tables["findings"].filter(severity="error")
        blamed = errors.filter(pl.col("table_name").is_in(["documents", "articles"]))
        assert set(blamed["source_path"]) == paths["rejected"]
        self.check_children(tables)
        self.check_seen(tables)

    def check_children(self, tables: dict[str, pl.DataFrame]) -> None:
        """Check that every item of a valid article is a row or an error."""
        errors = tables["findings"].filter(severity="error")
        documents = {each["source_path"]: each for each in tables["documents"].to_dicts()}
        for path in tables["articles"]["source_path"]:
            post = restore_front_matter(documents[path])
            links, images = post.get("related") or [], count_images(post)
            for name, expected in (("related_links", len(links)), ("images", images)):
                rows = tables[name].filter(article_id=digest(path))
                wrong = errors.filter(table_name=name, source_path=path)["field_path"]
                rejected = wrong.str.replace(r"\.[^.\]]*$", "").n_unique()
                assert (path, name, rows.height + rejected) == (path, name, expected)

    def check_seen(self, tables: dict[str, pl.DataFrame]) -> None:
        """Check that no observation was lost, and that the last ones are of the articles."""
        rows = tables["observations"]
        assert settle_observations(rows).equals(sort_observations(rows))
        values = [*SUBJECT, *VALUES]
        latest = rows.sort(SEEN_AT).group_by(SUBJECT).last().select(values)
        articles = tables["articles"].select(values)
        assert articles.join(latest, on=values, how="anti", nulls_equal=True).is_empty()
        newest = self.archive.warehouse.snapshot(self.archive.warehouse.numbers()[-1])
        known = set(read(newest, "observations").iter_rows())
        assert set(rows.iter_rows()) <= known
        assert self.seen <= known
        self.seen = known
        self.counts["observations"] = len(known)

    def check_caught_up(self, record: RunRecord) -> None:
        """Check that all raw files are in the tables, with the bytes of a build from nothing."""
        raw, files = self.archive.raw, self.archive.rows("files")
        found = {
            path.relative_to(raw).as_posix()
            for path in raw.rglob("*")
            if path.is_symlink() or not path.is_dir()
        }
        assert set(files["source_path"]) == found
        assert sum(record.files.values()) == files.height == len(found)
        self.counts["files"] += len(found)
        documents = self.archive.rows("documents").to_dicts()
        for document in documents:
            data = (raw / document["source_path"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == document["content_sha256"]
            front_matter, body = load_post(data)
            assert restore_front_matter(document) == front_matter
            assert document["body"] == body
        self.counts["restored"] += len(documents)
        shutil.rmtree(self.archive.warehouse.root.with_name("from-nothing"), ignore_errors=True)
        # `run ingest` reads no settings: those of the snapshot count.
        self.configure(self.archive.snapshot.manifest.settings["repeated_keys"])
        self.counts["lost posts"] += self.archive.check_from_nothing("auto")


def read(snapshot: Snapshot, table: str) -> pl.DataFrame:
    return snapshot.scan(table).collect()


def count_images(post: dict[str, Any]) -> int:
    """The images of a post, of its provider, and of both for each of its related items."""
    owners = [post, *(post.get("related") or [])]
    owners += [owner.get("provider") or {} for owner in owners]
    return sum(len(owner.get("images") or []) for owner in owners)


@contextmanager
def small_parts(chance: random.Random) -> Iterator[bool]:
    """In half of the histories, months and the ledger are large enough to be cut.

    Whether it is so is yielded. A run that is killed is a process of its own, and would not know.
    """
    is_cut = chance.random() < 1 / 2
    with pytest.MonkeyPatch.context() as patch:
        if is_cut:
            bucket_files = chance.choice((2, 5, 1_000))
            patch.setattr("pipelines.values.parts.PART_BYTES", chance.choice((500, 1_500, 5_000)))
            patch.setattr("pipelines.changes.buckets.BUCKET_FILES", bucket_files)
            patch.setattr("pipelines.changes.listing.PAGE_FILES", 3)
            patch.setattr("pipelines.changes.chunks.CHUNK_FILES", bucket_files + 2)
        yield is_cut


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default=str(time.time_ns() // 10**9))
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    counts: Counter[str] = Counter()
    while time.monotonic() < deadline:
        with tempfile.TemporaryDirectory() as folder:
            seed = f"{options.seed}-{counts['histories']}"
            history = History(seed, Path(folder))
            with small_parts(random.Random(seed)) as is_cut:
                if is_cut:
                    del history.actions["kill"]
                    counts["histories with parts"] += 1
                history.play()
        counts += history.counts
        counts["histories"] += 1
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"seed {options.seed}: {told}; nothing lost\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
