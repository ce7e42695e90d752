"""Health: one page of checks of a warehouse and of the machine that it is built on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipelines.errors import MatterhouseError
from pipelines.reports.advice import advise
from pipelines.warehouse.system_errors import explain_system_error
from pipelines.warehouse.warehouse import Warehouse

Status: TypeAlias = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Check:
    """What one check found, and what to do about it."""

    name: str
    status: Status
    message: str
    advice: str | None = None


Checks: TypeAlias = Callable[[], Iterator[Check]]


def ok(name: str, message: str) -> Check:
    return Check(name, "ok", message)


def warn(name: str, message: str, advice: str) -> Check:
    return Check(name, "warning", message, advice)


def fail(name: str, message: str, advice: str) -> Check:
    return Check(name, "problem", message, advice)


def check_all(warehouse: Warehouse, checks: dict[str, Checks]) -> Iterator[Check]:
    """The outcome of all `checks`, by name. One that fails itself is a problem, too."""
    for name, each in checks.items():
        try:
            yield from each()
        except MatterhouseError as error:
            yield Check(name, "problem", str(error), advise(error))
        except OSError as error:
            explained = explain_system_error(error, warehouse.root)
            yield Check(name, "problem", str(explained), advise(explained))
