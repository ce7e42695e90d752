"""The page of a snapshot on disk: made when somebody asks, and again once it is out of date."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

from pipelines.errors import UnwritablePageError
from pipelines.reports.catalog.history import SHOWN_RUNS
from pipelines.reports.line_files import replace_file
from pipelines.reports.profile.adapted import find_checks
from pipelines.runs.operating import recall_job
from pipelines.warehouse.layout import CATALOG_NAME, CURRENT_NAME, RUNS_NAME
from pipelines.warehouse.runs import list_run_ids
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

_ROOT: Final = Path(__file__).parents[3]
_CODE: Final = ("pipelines/reports", "pipelines/database", "schemas")
_KEY: Final = re.compile(rb'<meta name="matterhouse-catalog" content="([0-9a-f]{64})">')
_HEAD_BYTES: Final = 4_096
"""Where in a page its key stands."""


def keep_page(warehouse: Warehouse, snapshot: Snapshot) -> Path:
    """The page of `snapshot` in its folder. It is made unless it is there and still right.

    Raises:
        DamagedError: A file of the snapshot is damaged.
        UnwritablePageError: The folder cannot be written to.
    """
    path = snapshot.folder / CATALOG_NAME
    key = _find_key(warehouse, snapshot)
    if _read_key(path) != key:
        page = _render(warehouse, snapshot, key)
        try:
            # A draft that a killed process leaves must not lie in the snapshot.
            _write(path, page, warehouse.root)
        except OSError as error:
            raise UnwritablePageError(f"{path}: {error.strerror}") from error
    return path


def write_page(warehouse: Warehouse, snapshot: Snapshot, path: Path) -> None:
    """Write the page of `snapshot` into the file `path`, in place of what is there.

    Raises:
        DamagedError: A file of the snapshot is damaged.
        OSError: The file cannot be written.
    """
    _write(path, _render(warehouse, snapshot, _find_key(warehouse, snapshot)))


def describe_snapshot(warehouse: Warehouse, snapshot: Snapshot) -> dict[str, Any]:
    """What the page says, as JSON types.

    Raises:
        DamagedError: A file of the snapshot is damaged.
    """
    # Loaded here: a page that is still right needs none of it.
    from pipelines.reports.catalog.facts import gather_facts

    return gather_facts(warehouse, snapshot)


def _render(warehouse: Warehouse, snapshot: Snapshot, key: str) -> str:
    facts = describe_snapshot(warehouse, snapshot)
    from pipelines.reports.catalog.page import render_catalog

    return render_catalog(facts, key)


def _write(path: Path, page: str, draft_folder: Path | None = None) -> None:
    with replace_file(path, draft_folder) as file:
        file.write(page.encode())


def _find_key(warehouse: Warehouse, snapshot: Snapshot) -> str:
    """A hash of everything that may change what the page says.

    The tables of a snapshot never change. What was published and run since does, and so may the
    place of the folder, the settings of the checks, and our code.

    Raises:
        SettingsError: The settings beside the raw folder make no sense.
    """
    checks = find_checks(recall_job(snapshot, warehouse.root, None))
    runs = warehouse.root / RUNS_NAME
    newest = list_run_ids(warehouse.root)[-SHOWN_RUNS:]
    parts = {
        "code": _hash_code(),
        "manifest": hashlib.sha256(
            json.dumps(vars(snapshot.manifest), default=vars).encode()
        ).hexdigest(),
        "folder": str(snapshot.folder.resolve()),
        "current": str((warehouse.root / CURRENT_NAME).resolve()),
        "snapshots": warehouse.numbers(),
        "checks": {check.name: check.parameters for check in checks},
        # A run that works changes its record.
        "runs": [(run, _find_time(runs / f"{run}.json")) for run in newest],
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _find_time(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _hash_code() -> str:
    """A hash of the files that decide what a page says: reports, views, and what tables are."""
    hashed = hashlib.sha256()
    for path in sorted(path for folder in _CODE for path in (_ROOT / folder).rglob("*")):
        if path.suffix in (".py", ".html", ".css", ".js", ".sql"):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _read_key(path: Path) -> str | None:
    """The key of the page in `path`; None if there is none, or one without a key."""
    try:
        with path.open("rb") as file:
            found = _KEY.search(file.read(_HEAD_BYTES))
    except OSError:
        return None
    return found[1].decode() if found else None
