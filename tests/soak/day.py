"""What happens in each minute of a soak, and how the run after it should end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tests.conftest import post
from tests.soak.place import Place

FINE: Final = frozenset({"Published", "Unchanged", "CompletedWithRejects"})
ANY_END: Final = FINE | {"Failed", "Crashed", "Cancelled", "Skipped", "TimedOut"}
"""Where something was killed, when exactly decides how a run ends. But it must end."""
FEED: Final = 12
"""How many posts a broken feed brings: far more than a quarter of what came in."""


class Minute(NamedTuple):
    """What is done in a minute, and the states that the next run may end in.

    `first` is the number of the first post that is touched.
    """

    what: str
    do: Callable[[Place, int], None]
    states: frozenset[str]
    first: int = 0


def name_post(number: int) -> str:
    """A post in one of four months."""
    return f"_news/{number:04}.md"


def write_post(place: Place, number: int, **change: str | None) -> None:
    """Write a post, with some of its values changed."""
    date = f"2024-0{number % 4 + 1}-05T10:00:00Z"
    values: dict[str, str | None] = {"publishedDateTime": date, "title": f"Post {number}"}
    path = place.raw / name_post(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(post(values | change, "text\n" * 20), encoding="utf-8")
    draft.replace(path)


def add(place: Place, first: int) -> None:
    for each in range(first, first + 3):
        write_post(place, each)


def break_one(place: Place, first: int) -> None:
    write_post(place, first, heat="hot")


def mend_one(place: Place, first: int) -> None:
    write_post(place, first)


def break_feed(place: Place, first: int) -> None:
    for each in range(first + 10, first + 10 + FEED):
        write_post(place, each, publishedDateTime="soon")


def mend_feed(place: Place, first: int) -> None:
    for each in range(first + 10, first + 10 + FEED):
        (place.raw / name_post(each)).unlink()


def delete(place: Place, first: int) -> None:
    (place.raw / name_post(first + 1)).unlink()


def empty(place: Place, first: int) -> None:
    (place.raw / name_post(first + 2)).write_bytes(b"")


def refill(place: Place, first: int) -> None:
    write_post(place, first + 2)


def do_nothing(_: Place, __: int) -> None:
    """Nothing happens."""


def restart_serve(place: Place, _: int) -> None:
    """As systemd does it: after a few seconds."""
    place.kill("serve")
    time.sleep(5)
    place.start_serve(*SERVE)


def restart_server(place: Place, _: int) -> None:
    place.kill("server")
    time.sleep(5)
    place.start_server()


def restart_database(place: Place, _: int) -> None:
    place.kill("database")
    time.sleep(10)
    place.restart_database()


def fill_disk(place: Place, _: int) -> None:
    """Write until nothing goes in any more, and change some posts."""
    with suppress(OSError), (place.disk / "ballast").open("wb") as ballast:
        while True:
            ballast.write(bytes(1 << 16))
            ballast.flush()
    for number in range(3):
        write_post(place, number, quality=str(int(time.time())))


def empty_disk(place: Place, _: int) -> None:
    (place.disk / "ballast").unlink()


def kill_run(place: Place, _: int) -> None:
    """Kill the process of the next run as soon as it has begun."""
    write_post(place, 0, quality=str(int(time.time())))
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for process in list_runs(place):
            os.kill(process, signal.SIGKILL)
            return
        time.sleep(0.05)


def list_runs(place: Place) -> Iterator[int]:
    """The processes that run a flow for `serve`, once they have begun to work."""
    lock = place.warehouse / ".lock-holder.json"
    found = subprocess.run(
        ["pgrep", "-f", "prefect.engine|flow-run execute"],
        capture_output=True,
        text=True,
        check=False,
    )
    if lock.exists():
        for each in found.stdout.split():
            with suppress(OSError):
                environment = Path(f"/proc/{each}/environ").read_bytes()
                if str(place.folder).encode() in environment:
                    yield int(each)


SERVE: Final = ("--cron", "* * * * *", "--timeout", "50")
"""How `serve` is started."""
REFUSED: Final = frozenset({"Failed"})
PUBLISHED: Final = frozenset({"Published"})
REJECTS: Final = frozenset({"CompletedWithRejects"})
DISK: Final = "disk"
DATABASE: Final = "database"


class Planned(NamedTuple):
    """A minute, and what it needs that not every machine has."""

    minute: Minute
    needs: str | None = None


DAY: Final = (
    Planned(Minute("3 posts come", add, PUBLISHED)),
    Planned(Minute("a post is broken", break_one, REJECTS)),
    Planned(Minute("nothing", do_nothing, frozenset({"Unchanged"}))),
    Planned(Minute("the post is mended", mend_one, PUBLISHED)),
    Planned(Minute(f"a feed of {FEED} broken posts", break_feed, REFUSED)),
    Planned(Minute("the feed stays broken", do_nothing, REFUSED)),
    Planned(Minute("the feed is taken back", mend_feed, PUBLISHED | {"Unchanged"})),
    Planned(Minute("a post is deleted", delete, PUBLISHED)),
    Planned(Minute("serve is killed, and started again", restart_serve, ANY_END)),
    Planned(Minute("a post is emptied", empty, REJECTS)),
    Planned(Minute("the post is back", refill, PUBLISHED)),
    Planned(Minute("the server is killed, and started again", restart_server, ANY_END)),
    Planned(Minute("nothing", do_nothing, FINE)),
    Planned(Minute("the disk is full, 3 posts change", fill_disk, REFUSED), DISK),
    Planned(Minute("the disk has room again", empty_disk, PUBLISHED), DISK),
    Planned(Minute("the process of the run is killed", kill_run, frozenset({"Crashed"}))),
    Planned(Minute("the database is killed and started", restart_database, ANY_END), DATABASE),
    Planned(Minute("nothing", do_nothing, FINE), DATABASE),
)


def plan_day(*, has_disk: bool, has_database: bool) -> Iterator[Minute]:
    """The minutes of a day, over and over. Each round has posts of its own."""
    missing = {name for name, has in {DISK: has_disk, DATABASE: has_database}.items() if not has}
    for first in count(100, 50):
        for each in DAY:
            if each.needs not in missing:
                yield each.minute._replace(first=first)
