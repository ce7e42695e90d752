"""A day in fast motion on a real Prefect server: a build each minute, while things go wrong.

Usage: python -m tests.soak [--minutes N] [--keep FOLDER]

It prints what was done in each minute, how the run of that minute ended, and whether somebody was
called. At the end it compares runs expected with runs seen, alarms expected with alarms received,
and the tables with a build from nothing. Exit code 1 if one of them differs.
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.warehouse import Warehouse
from tests.conftest import DERIVED_FROM_RAW
from tests.soak.day import SERVE, Minute, plan_day, write_post
from tests.soak.place import Place, small_disk

POSTS: Final = 60
ALARMING: Final = ("FAILED", "CRASHED")
MINUTE: Final = timedelta(minutes=1)
ACT_SECOND: Final = 25
"""In each minute, the second at which something happens: the run before has ended by then."""
SETTLE_SECONDS: Final = 90
"""How long the last runs, and the alarms about them, are waited for."""


class Seen(NamedTuple):
    """What was done in the minute before `due`, and the run of then; None if there is none."""

    due: datetime
    minute: Minute
    run: dict[str, Any] | None
    calls: int

    @property
    def problem(self) -> str:
        """What is not as it should be; empty if all is."""
        if self.run is None:
            return "no run"
        state = self.run["state_name"]
        if state not in self.minute.states:
            return f"expected {' or '.join(sorted(self.minute.states))}"
        is_alarming = self.run["state_type"] in ALARMING
        if is_alarming != bool(self.calls):
            return "nobody was called" if is_alarming else "somebody was called"
        return ""


def main() -> int:
    """Run a soak. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="Leave logs and warehouse in this folder.")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="matterhouse-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder)
    with small_disk(place.disk) as has_disk:
        try:
            return soak(place, options.minutes, has_disk=has_disk)
        finally:
            place.stop()
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)


def soak(place: Place, minutes: int, *, has_disk: bool) -> int:
    """Let the minutes go by, then compare. Returns the exit code."""
    has_database = place.start_database()
    say(f"database: {'PostgreSQL' if has_database else 'SQLite; PostgreSQL is not installed'}")
    if not has_disk:
        say("the disk is never full: nothing can be mounted here")
    place.start_server()
    for number in range(POSTS):
        write_post(place, number)
    alarms = place.run("alarm", place.webhook.url)
    say(f"alarms: {alarms.stdout.strip() or alarms.stderr.strip()}")
    place.start_serve(*SERVE)
    wait_until(next_minute() + timedelta(seconds=ACT_SECOND))
    done = []
    for minute in islice(plan_day(has_disk=has_disk, has_database=has_database), minutes):
        due = next_minute()
        say(f"{due:%H:%M} {minute.what}")
        minute.do(place, minute.first)
        done.append((due, minute))
        wait_until(due + timedelta(seconds=ACT_SECOND))
    time.sleep(SETTLE_SECONDS)
    return conclude(place, done)


def conclude(place: Place, done: list[tuple[datetime, Minute]]) -> int:
    """Print what was expected and what came. Returns the exit code."""
    runs = {find_minute(each): each for each in read_runs(place)}
    seen = [
        Seen(due, minute, run := runs.get(due), place.webhook.count(run["id"]) if run else 0)
        for due, minute in done
    ]
    for each in seen:
        name = each.run["name"] if each.run else "-"
        called = "called" if each.calls else ""
        problem = f"  <-- {each.problem}" if each.problem else ""
        say(f"{each.due:%H:%M}  {each.minute.what:<42} {name:<55} {called}{problem}")
    problems = [each for each in seen if each.problem]
    open_runs = [run["name"] for run in runs.values() if run["state_type"] not in ENDED]
    is_same = compare_tables(place)
    verify = place.run("verify", "--all", "--warehouse", place.warehouse)
    say(f"runs expected {len(done)}, seen {sum(each.run is not None for each in seen)}")
    alarming = sum(bool(each.run and each.run["state_type"] in ALARMING) for each in seen)
    say(f"alarms expected {alarming}, received {sum(bool(each.calls) for each in seen)}")
    say(f"runs that never ended: {open_runs or 'none'}")
    say(f"tables equal a build from nothing: {is_same}")
    say(f"verify --all: exit {verify.returncode}")
    say(f"serve is alive: {place.is_running('serve')}")
    is_fine = not (problems or open_runs or verify.returncode) and is_same
    return 0 if is_fine and place.is_running("serve") else 1


ENDED: Final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def read_runs(place: Place) -> list[dict[str, Any]]:
    """The scheduled builds whose time has come."""
    body = {
        "flow_runs": {"expected_start_time": {"before_": datetime.now(UTC).isoformat()}},
        "deployments": {"name": {"any_": ["scheduled"]}},
        "sort": "EXPECTED_START_TIME_DESC",
        "limit": 200,
    }
    return list(place.ask("flow_runs/filter", body))


def find_minute(run: dict[str, Any]) -> datetime:
    """The minute that a run was due at."""
    due = datetime.fromisoformat(run["expected_start_time"].replace("Z", "+00:00"))
    return due.replace(second=0, microsecond=0)


def compare_tables(place: Place) -> bool:
    """Whether a last build, and one from nothing, give the same bytes of every table but files."""
    fresh = place.folder / "from-nothing"
    # It may end while a feed is broken.
    limits = ["--max-reject-share", "1", "--max-new-reject-share", "1"]
    folders = ["--raw", place.raw, "--engine", "local", *limits]
    for warehouse in (place.warehouse, fresh):
        build = place.run("build", *folders, "--warehouse", warehouse, "--wait", "60")
        if build.returncode:
            say(build.stderr)
            return False
    one, other = (list_hashes(Warehouse(each)) for each in (place.warehouse, fresh))
    return one == other


def list_hashes(warehouse: Warehouse) -> dict[str, dict[str, str | None]]:
    """The hash of every partition with rows, by table."""
    tables = warehouse.pin().manifest.tables
    return {
        table: {key: each.sha256 for key, each in tables[table].items() if each.rows}
        for table in DERIVED_FROM_RAW
    }


def next_minute() -> datetime:
    """The next full minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE


def wait_until(moment: datetime) -> None:
    """Sleep until `moment`."""
    time.sleep(max(0, (moment - datetime.now(UTC)).total_seconds()))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
