"""Points: every call of a run that changes the warehouse, and what happens to the run there."""

import io
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import pipelines.warehouse.warehouse

PATH_ARGUMENT = {
    "chmod": 0,
    "link": 1,
    "mkdir": 0,
    "rename": 1,
    "replace": 1,
    "rmdir": 0,
    "symlink": 1,
    "unlink": 0,
}
"""The calls of `os` that change a folder, with the argument that is the changed entry."""

_CHANCE = re.compile(r"[0-9a-f]{32}|(?<=work-)[0-9a-f]{16}|\d{8}T\w+Z-\w+-\d+")
"""What differs from run to run: the hash of a file, the id of a run."""


class Plan(NamedTuple):
    """What happens to a run, `when` it comes to `point`. No run comes to an empty `point`.

    `held` are two named pipes. One reports that the point is reached, the other lets the run go on.
    """

    point: str = ""
    when: Literal["before", "after"] = "before"
    act: Literal["kill", "raise", "hold"] = "kill"
    errno: int = 0
    held: tuple[str, str] = ("", "")


class Points:
    """The points that a run has passed, in order. The plan is carried out at one of them."""

    def __init__(self, root: str, plan: Plan) -> None:
        self.root = root
        self.plan = plan
        self.passed: list[str] = []
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Stand between the product and what it calls. A process can do this for one run."""
        for name, place in PATH_ARGUMENT.items():
            setattr(os, name, self._wrap(name, getattr(os, name), place))
        io.open = self._wrap("write", io.open, 0, is_due=_writes)
        module: Any = pipelines.warehouse.warehouse
        module.sync_file_system = self._wrap("sync all of", module.sync_file_system, 0)
        module.sync_folder = self._wrap("sync", module.sync_folder, 0)

    def _wrap(
        self,
        name: str,
        call: Callable[..., Any],
        place: int,
        is_due: Callable[..., bool] = lambda *_, **__: True,
    ) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            path = arguments[place]
            is_inside = options.get("dir_fd") is not None or str(path).startswith(self.root)
            if not (is_inside and is_due(*arguments, **options)):
                return call(*arguments, **options)
            point = self._pass(f"{name} {self._describe(path)}")
            self._befall(point, "before")
            try:
                return call(*arguments, **options)
            finally:
                self._befall(point, "after")

        return wrapper

    def _describe(self, path: object) -> str:
        return _CHANCE.sub("*", str(path).removeprefix(self.root).lstrip("/") or "root")

    def _pass(self, point: str) -> str:
        with self._lock:
            self._counts[point] += 1
            if self._counts[point] > 1:
                point += f" #{self._counts[point]}"
            self.passed.append(point)
        return point

    def _befall(self, point: str, when: str) -> None:
        if (point, when) != (self.plan.point, self.plan.when):
            return
        if self.plan.act == "raise":
            raise OSError(self.plan.errno, os.strerror(self.plan.errno), point)
        if self.plan.act == "kill":
            os.killpg(0, signal.SIGKILL)
        for path, flags in zip(self.plan.held, (os.O_WRONLY, os.O_RDONLY), strict=True):
            # Opening a pipe waits for the other side.
            os.close(os.open(path, flags))


def _writes(_path: object, mode: str = "r", *_: object, **__: object) -> bool:
    return mode[0] in "wax"
