"""A hold: somebody has told the warehouse that nothing is to be published for now."""

import getpass
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.errors import HeldError, NothingPublishedError, WarehouseError
from pipelines.warehouse.layout import list_numbers
from pipelines.warehouse.system_errors import explain_system_error

HOLD_NAME: Final = ".hold.json"
MOST_CHARACTERS: Final = 500
"""The limit for a reason."""


@dataclass(frozen=True)
class Hold:
    """Why nothing is to be published, who said so, where, and since when."""

    reason: str
    who: str
    host: str
    since: str

    def __str__(self) -> str:
        return f"held since {self.since} by {self.who} on {self.host}: {self.reason}"


def find_hold(root: Path) -> Hold | None:
    """The hold of the warehouse `root`; None if there is none. One that is damaged still holds."""
    path = root / HOLD_NAME
    try:
        return Hold(**{name: str(said) for name, said in json.loads(path.read_bytes()).items()})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, AttributeError):
        return Hold(f"{path} cannot be read", "somebody", "some host", "an unknown time")


def check_not_held(root: Path) -> None:
    """Refuse to go on towards a publish while the warehouse `root` is held.

    Raises:
        HeldError: It is.
    """
    if hold := find_hold(root):
        raise HeldError(f"{root}: {hold}", root)


def hold_warehouse(root: Path, reason: str) -> Hold:
    """Hold the warehouse `root`. A run that is at work will not publish either.

    Raises:
        WarehouseError: It is held already.
        PipelineError: The system refuses to write there.
        NothingPublishedError: There is no warehouse.
    """
    if not list_numbers(root):
        raise NothingPublishedError(f"{root}: nothing is published here", root)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    hold = Hold(reason, _find_user(), socket.gethostname(), now)
    path = root / HOLD_NAME
    try:
        # Fails if somebody else was faster.
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(hold)) + "\n")
    except FileExistsError as error:
        raise WarehouseError(f"{root}: {find_hold(root)}") from error
    except OSError as error:
        raise explain_system_error(error, root) from error
    return hold


def release_warehouse(root: Path) -> Hold | None:
    """End the hold of the warehouse `root`. Returns what it was; None if there was none.

    Raises:
        PipelineError: The system refuses to write there.
        NothingPublishedError: There is no warehouse.
    """
    if not root.is_dir():
        raise NothingPublishedError(f"{root}: nothing is published here", root)
    hold = find_hold(root)
    try:
        (root / HOLD_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise explain_system_error(error, root) from error
    return hold


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without an entry in the system, as in a container.
        return f"user {os.getuid()}"
