"""An archive for tests: raw files, a warehouse, and the runs between them."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa
import pytest

from pipelines.cli.main import main
from pipelines.documents.batch import take_items
from pipelines.documents.json_text import render_json
from pipelines.documents.libyaml import read_yaml
from pipelines.documents.parsed import Parsed
from pipelines.documents.rows import Document, frame_documents
from pipelines.mapping.built_in import EVERYDAY
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from pipelines.sources.folder import TICK_NS
from pipelines.sources.source import RawContent
from pipelines.tables.documents import Documents, Part, collect_documents
from pipelines.tables.fields import Fields, read_fields
from pipelines.tables.lost_posts import LOST_POST_RULE
from pipelines.values.months import read_months
from pipelines.warehouse import Snapshot, Warehouse
from pipelines.warehouse.layout import DATABASE_NAME
from pipelines.warehouse.runs import RunRecord
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables
from schemas.language.shape import Value

USUAL_LIMITS: Final = {
    "max_reject_share": None,
    "max_new_reject_share": None,
    "max_delete_share": None,
}
BASE = {
    "category": "news",
    "title": "A title",
    "type": "article",
    "publishedDateTime": "2024-03-05T10:00:00Z",
    "webUrl": "https://example.org/a",
}
"""A valid post: every key with its value as written in the file."""

DERIVED_FROM_RAW = tuple(
    table.name for table in load_tables().values() if table.name != "files" and not table.is_history
)
"""The tables whose bytes depend on nothing but the raw files and the code."""


MARCH = {"publishedDateTime": "2024-03-05"}
APRIL = {"publishedDateTime": "2024-04-05"}
CHILDREN = {"images": "[{url: /i}]", "related": "[{webUrl: /r}]"}
"""Changes of the base post."""


def post(change: dict[str, str | None] | None = None, body: str = "") -> str:
    """The base post with some values changed. None leaves a key out."""
    lines = {**BASE, **(change or {})}
    text = "\n".join(f"{key}: {value}" for key, value in lines.items() if value is not None)
    return f"---\n{text}\n---\n{body}"


class Archive:
    """A raw folder and a warehouse in a folder of their own."""

    def __init__(self, root: Path, raw: Path | None = None) -> None:
        self.raw = raw or root / "raw"
        self.raw.mkdir(parents=True, exist_ok=True)
        self.warehouse = Warehouse(root / "warehouse")

    def become(self, other: "Archive") -> None:
        """Become a copy of `other`, with the links between its files."""
        for folder in ("raw", "warehouse"):
            target = self.raw.parent / folder
            shutil.rmtree(target, ignore_errors=True)
            subprocess.run(["cp", "-a", other.raw.parent / folder, target], check=True)
        # Otherwise the warehouse would be of another raw folder.
        for manifest in self.warehouse.root.glob("snapshots/*/manifest.json"):
            text = manifest.read_text(encoding="utf-8")
            manifest.write_text(text.replace(str(other.raw), str(self.raw)), encoding="utf-8")
            # Its views would read the tables of `other`.
            (manifest.parent / DATABASE_NAME).unlink(missing_ok=True)

    def make_stale(self, table: str, partition: str) -> None:
        """Make one partition look as if other code had written it."""
        manifest = self.snapshot.folder / "manifest.json"
        content = json.loads(manifest.read_text(encoding="utf-8"))
        content["tables"][table][partition]["fingerprint"] = "of other code"
        manifest.write_text(json.dumps(content), encoding="utf-8")

    def write(self, name: str, text: str | bytes) -> None:
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def delete(self, name: str) -> None:
        (self.raw / name).unlink()

    def run(self, name: str = "build", **options: Any) -> RunRecord:
        return run_job(self.job(name, **options))

    def job(self, name: str = "build", **options: Any) -> Job:
        """A job on this archive, without limits."""
        options = {"max_reject_share": 1, "jobs": 1} | options
        if name in ("build", "ingest"):
            options = {"max_new_reject_share": 1, "max_delete_share": 1} | options
        if name == "build":
            options = {"mapping": "everyday"} | options
        return Job(name, self.warehouse.root, str(self.raw), **options)

    @property
    def snapshot(self) -> Snapshot:
        return self.warehouse.pin()

    def rows(self, table: str) -> pl.DataFrame:
        return self.snapshot.scan(table).collect()

    def findings(self, *columns: str) -> list[tuple[Any, ...]]:
        return self.rows("findings").select(columns).rows()

    def statuses(self) -> dict[str, str]:
        return dict(self.rows("files").select("source_path", "status").iter_rows())

    def hashes(self) -> dict[str, str]:
        """The bytes of every table that depends on the raw files alone."""
        return {
            path.relative_to(self.snapshot.folder).as_posix(): hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
            for table in DERIVED_FROM_RAW
            for path in self.snapshot.list_files(table).values()
        }

    def hashes_from_nothing(self, mapping: str = "everyday") -> dict[str, str]:
        """The same bytes, of a warehouse that is built from these raw files at once."""
        return self.build_from_nothing(mapping).hashes()

    def build_from_nothing(self, mapping: str = "everyday") -> "Archive":
        """Another warehouse, built from these raw files at once."""
        fresh = Archive(self.warehouse.root.parent / "from-nothing", raw=self.raw)
        fresh.run(full=True, mapping=mapping)
        return fresh

    def check_from_nothing(self, mapping: str = "everyday") -> int:
        """Check that a build from nothing gives the same bytes. Returns how many posts are lost.

        Such a build knows no history, so it ignores these, and has no findings of them.
        """
        fresh = self.build_from_nothing(mapping)
        is_lost = pl.col("rule") == LOST_POST_RULE
        findings = self.rows("findings")
        lost = findings.filter(is_lost)["source_path"].to_list()
        assert findings.filter(~is_lost).equals(fresh.rows("findings"))
        assert {fresh.statuses()[path] for path in lost} <= {"ignored"}
        ours, theirs = self.hashes(), fresh.hashes()
        if lost:
            for each in (ours, theirs):
                (findings_path,) = (path for path in each if path.startswith("findings/"))
                del each[findings_path]
        assert ours == theirs
        return len(lost)

    def age(self, seconds: int = 3600) -> None:
        """Give all raw files another time. The build after the next one need not read them."""
        for path in self.raw.rglob("*"):
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 10**9))
        # Wait until no later change can have the same time.
        time.sleep(2 * TICK_NS / 10**9)


COUNT: Final = int(os.environ.get("COUNT", "0"))
"""How often random things are tried. `make torture` sets it. `make test` leaves it at 0 and is
quick."""


def split_finely(
    monkeypatch: pytest.MonkeyPatch, *, large_bytes: int, batch_files: int = 2
) -> None:
    """Give every partition a group of its own, and parse few files at a time, in workers.

    With a `large_bytes` of 0, workers rebuild the groups, too.
    """
    monkeypatch.setattr("pipelines.documents.batches.BATCH_FILES", batch_files)
    monkeypatch.setattr("pipelines.runs.steps.SMALL_BYTES", 0)
    for kind in ("", "TRANSLATED_"):
        monkeypatch.setattr(f"pipelines.runs.rebuild.{kind}LARGE_BYTES", large_bytes)
        monkeypatch.setattr(f"pipelines.runs.rebuild.{kind}WORKER_BYTES", 1)
    monkeypatch.setattr("pipelines.runs.rebuild.GROUP_BYTES", 1)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive."""
    return Archive(tmp_path)


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A built archive: three valid posts in two months, and everything else that raw/ may hold."""
    archive = Archive(tmp_path_factory.mktemp("varied"))
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
def built(archive: Archive, varied: Archive) -> Archive:
    """A copy of `varied`."""
    archive.become(varied)
    return archive


@pytest.fixture
def run(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs `matterhouse` on the archive."""
    monkeypatch.setenv("MATTERHOUSE_WAREHOUSE", str(archive.warehouse.root))
    monkeypatch.chdir(archive.raw.parent)

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["matterhouse", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        return Outcome(int(code or 0), *capsys.readouterr())  # type: ignore[call-overload]

    return run


_SET_BY_OPTIONS: Final = ("MATTERHOUSE_METRICS", "MATTERHOUSE_LOG_FORMAT")
"""Variables that the command line sets for the processes below it."""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the user's Prefect or warehouse."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "MATTERHOUSE_WAREHOUSE", *_SET_BY_OPTIONS):
        # Set first, so that it is taken back even if a test sets it.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))


def parse(text: str) -> dict[str, Value]:
    """The front matter that `text` holds."""
    return read_yaml(text, ARCHIVE.secret_keys).values


def build_documents(
    *front_matters: dict[str, Any], bodies: Sequence[str | None] | None = None
) -> Documents:
    """Documents with these front matters, at _news/0.md and so on. Their month is the partition."""
    documents = []
    for number, (front_matter, body) in enumerate(
        zip(front_matters, bodies or [None] * len(front_matters), strict=True)
    ):
        own = dict(front_matter)
        related = take_items(own, ARCHIVE.repeated_key)
        date = own.get(ARCHIVE.date_key)
        content = RawContent(b"", "0" * 64, 1, 0)
        documents.append(
            Document(
                f"_news/{number}.md",
                content,
                render_json(own),
                related,
                body,
                date if isinstance(date, str) else None,
            )
        )
    dates = pl.Series([each.published for each in documents], dtype=pl.String)
    rows = frame_documents(documents).to_batches()
    return collect_documents([Part(batch, read_months(dates)) for batch in rows])


def build_fields(
    *front_matters: dict[str, Any], bodies: Sequence[str | None] | None = None
) -> Fields:
    """The fields of `build_documents`."""
    return read_fields(build_documents(*front_matters, bodies=bodies), EVERYDAY)


class ParsedRows(NamedTuple):
    """What workers wrote of some batches, as rows."""

    ledger: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    documents: list[dict[str, Any]]


def read_parsed(parsed: Iterable[Parsed]) -> ParsedRows:
    """The rows of `parsed`, in order of their paths."""
    rows = ParsedRows([], [], [])
    for each in parsed:
        for path, found in zip(each[:3], rows, strict=True):
            if path:
                with pa.memory_map(str(path)) as file:
                    found += pa.ipc.open_file(file).read_all().to_pylist()
    return ParsedRows(*(sorted(each, key=lambda row: str(row["source_path"])) for each in rows))
