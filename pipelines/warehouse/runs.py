"""The records of runs, including those that failed or had nothing to do."""

import builtins
import json
import os
import re
import types
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from pipelines.warehouse.layout import RUNS_NAME
from pipelines.warehouse.retention import Retention
from pipelines.warehouse.space import is_disk_full

_STARTED: Final = "%Y%m%dT%H%M%S%fZ"
_RUN_ID: Final = re.compile(r"([0-9]{8}T[0-9]{12}Z)-(.+)-([0-9]+)")
"""When a run started, its job, and its process."""
_MOST: Final = 2**63
"""Larger numbers fit no column."""
_OF_FINDING: Final = frozenset(
    {"severity", "source_path", "line", "column_number", "field_path", "rule", "expected"}
)
"""What a line about a finding shows."""
RESERVE_NAME: Final = ".reserve"
"""It is given up when the disk is full, so that the run that failed for it leaves a record."""
RESERVE_BYTES: Final = 64 * 1024
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clocks of two hosts may differ."""


@dataclass
class RunRecord:
    """What one run was asked for, did, and left.

    `status` is running, published, unchanged, dry_run, pruned, refused, skipped or failed, and of
    verify whole, repaired or damaged. A run is skipped if another one is at work, or the warehouse
    is held. A run was killed if it is still running while nobody holds the lock. `files` counts by
    status, `rows` by table, `findings` by severity. `rewritten` lists the partitions with new
    bytes, `kept` counts the others. `ignored` counts ignored files by reason, `undated` the
    articles without a date.
    `parent`, `snapshot` and `mapping` are None if there is none. `is_adapted` if the archive has
    settings of its own.

    `version` and `host` say which code ran where, `raw` where the raw files lay, `steps` how many
    seconds each step took. `names` are the first files of each kind of change. `rules` counts the
    errors by table, field and rule, as far as the record lists them. `new_findings` counts, by
    severity, the findings that the parent did not have; `first_findings` are the first of them,
    errors first, on disk without their messages.

    `unread` says which raw files changed and were not read by a run that does not read all of them.
    `also_rebuilt` are the months that were out of date, beside those that were asked for.
    `replayed` says what became of the errors of the files that a replay read again, `backfilled`
    what a backfill found in the history. `flow_run_id` is that of Prefect, if it did the run.
    """

    run_id: str
    job: str
    engine: str
    started_at: str
    options: dict[str, Any]
    status: str = "running"
    finished_at: str | None = None
    seconds: float | None = None
    parent: int | None = None
    snapshot: int | None = None
    files: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    rewritten: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    mapping: str | None = None
    is_adapted: bool = False
    ignored: dict[str, int] = field(default_factory=dict)
    undated: int = 0
    version: str | None = None
    host: str | None = None
    raw: str | None = None
    steps: dict[str, float] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    new_findings: dict[str, int] = field(default_factory=dict)
    first_findings: list[dict[str, Any]] = field(default_factory=list)
    unread: dict[str, Any] = field(default_factory=dict)
    also_rebuilt: list[str] = field(default_factory=list)
    replayed: dict[str, Any] = field(default_factory=dict)
    backfilled: dict[str, Any] = field(default_factory=dict)
    flow_run_id: str | None = None
    message: str | None = None

    def list_tables(self) -> list[tuple[str, int, int, int]]:
        """For each table: its name, its rows, and the numbers of partitions rewritten and kept."""
        return [
            (table, rows, len(self.rewritten[table]), self.kept[table])
            for table, rows in self.rows.items()
        ]

    def write(self, root: Path, draft: str = ".new") -> None:
        """Write it into the warehouse `root`, in place of its earlier state.

        On a full disk it takes the room that an earlier record kept free. All runs that hold the
        lock use one name for the `draft`, so the next one overwrites what a killed run left. Others
        need another name.
        """
        folder = root / RUNS_NAME
        folder.mkdir(parents=True, exist_ok=True)
        reserve = folder / RESERVE_NAME
        try:
            self._put(folder, draft)
        except OSError as error:
            if not (is_disk_full(error) and reserve.exists()):
                raise
            reserve.unlink()
            self._put(folder, draft)
            return
        if not reserve.exists():
            with suppress(OSError):
                # Not zeros, which some file systems do not store.
                reserve.write_bytes(os.urandom(RESERVE_BYTES))

    def _put(self, folder: Path, draft: str) -> None:
        content = asdict(self)
        for each in content["first_findings"]:
            # It quotes a value, which settings may call a secret later.
            each.pop("message", None)
        text = json.dumps(content, indent=1, default=str) + "\n"
        (folder / draft).write_text(text, encoding="utf-8")
        (folder / draft).replace(folder / f"{self.run_id}.json")


def name_run(started: datetime, job: str) -> str:
    """The id of a run of this process. Ids sort by the time when the runs started."""
    return f"{started:{_STARTED}}-{job}-{os.getpid()}"


def find_start(run_id: str) -> datetime | None:
    """When the run of this id started; None if it is no id of a run."""
    found = _RUN_ID.fullmatch(run_id)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _STARTED).replace(tzinfo=UTC)
    except ValueError:
        return None


def find_job(run_id: str) -> str:
    """The job of the run of this id; empty if it is no id of a run."""
    found = _RUN_ID.fullmatch(run_id)
    return found[2] if found else ""


def list_run_ids(root: Path, now: datetime | None = None) -> list[str]:
    """The ids of all runs of the warehouse `root` that left a record, the newest first.

    Runs that began in the future, by a wrong clock, come last.
    """
    soon = f"{(now or datetime.now(UTC)) + CLOCK_TOLERANCE:{_STARTED}}"
    try:
        with os.scandir(root / RUNS_NAME) as found:
            names = [each.name for each in found]
    except OSError:
        return []
    ids = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return sorted(ids, key=lambda each: (each < soon, each), reverse=True)


def is_in_future(moment: str) -> bool:
    """Whether `moment`, as records and manifests write it, is in the future by our clock."""
    return moment > (datetime.now(UTC) + CLOCK_TOLERANCE).isoformat(timespec="seconds")


def list_runs(root: Path, at_most: int) -> list[RunRecord]:
    """The newest runs of the warehouse `root`, newest first. Unreadable records are skipped."""
    return list(islice(iterate_runs(root), at_most))


def iterate_runs(root: Path) -> Iterator[RunRecord]:
    """The runs of the warehouse `root`, newest first. Each is read when it is asked for.

    A power cut may leave an empty record, and another version may write other fields.
    """
    return (run for run_id in list_run_ids(root) if (run := read_run(root, run_id)))


def read_run(root: Path, run_id: str) -> RunRecord | None:
    """The record of the run of this id; None if there is none, or it is not what we write."""
    record = _read_record(root / RUNS_NAME / f"{run_id}.json")
    return record if record and record.run_id == run_id and _is_sound(record) else None


def _is_sound(record: RunRecord) -> bool:
    """Whether every value is of its type. Somebody may have changed the file."""
    has_types = all(_fits(getattr(record, name), hint) for name, hint in _list_types().items())
    return has_types and all(each.keys() >= _OF_FINDING for each in record.first_findings)


@cache
def _list_types() -> dict[str, Any]:
    return get_type_hints(RunRecord)


def _fits(value: Any, hint: Any) -> bool:
    inner = get_args(hint)
    match get_origin(hint) or hint:
        case types.UnionType:
            return any(_fits(value, each) for each in inner)
        case builtins.dict:
            return isinstance(value, dict) and all(_fits(each, inner[1]) for each in value.values())
        case builtins.list:
            return isinstance(value, list) and all(_fits(each, inner[0]) for each in value)
        case builtins.int:
            return isinstance(value, int) and abs(value) < _MOST
        case builtins.float:
            return isinstance(value, int | float)
        case kind:
            return kind is Any or isinstance(value, kind)


def prune_runs(root: Path, now: datetime, retention: Retention, at_most: int | None = None) -> int:
    """Remove the records of old runs, the oldest first, and at most `at_most`. Returns how many.

    Their names say when the runs started, so no record is read for it.
    """
    oldest = f"{now - timedelta(days=retention.run_days):{_STARTED}}"
    old = [
        run_id
        for rank, run_id in enumerate(filter(find_job, list_run_ids(root)))
        if rank >= retention.most_runs or (rank >= retention.runs and run_id < oldest)
    ]
    doomed = old[::-1][:at_most]
    for run_id in doomed:
        # Somebody else may have removed it, too.
        with suppress(FileNotFoundError):
            (root / RUNS_NAME / f"{run_id}.json").unlink()
    return len(doomed)


def _read_record(path: Path) -> RunRecord | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {each.name for each in fields(RunRecord)}
        return RunRecord(**{key: value for key, value in content.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
