"""Log lines for programs: a JSON object on each, on standard error."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.processes.log_format import FORMAT_VARIABLE, JSON

FACTS: Final = "facts"
"""What is logged with `extra={FACTS: ...}` goes into the line as it is."""
_LOGGER: Final = "pipelines"

_run: ContextVar[Mapping[str, str] | None] = ContextVar("run", default=None)


@contextmanager
def naming_run(**facts: str) -> Iterator[None]:
    """Put `facts` of the run at work into each line."""
    token = _run.set(facts)
    try:
        yield
    finally:
        _run.reset(token)


class JsonHandler(logging.Handler):
    """Writes what is logged as lines of JSON.

    Prefect hands over arguments of its own handler, which mean nothing here.
    """

    def __init__(self, **_: Any) -> None:
        super().__init__()

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802
        """Keep to JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        failure = record.exc_info[1] if record.exc_info else None
        facts = getattr(record, FACTS, {}) if failure is None else describe_failure(failure)
        write_line(record.getMessage(), record.levelname.lower(), record.name, **facts)


def write_line(message: str, level: str, logger: str = "pipelines.cli", **facts: Any) -> None:
    """One line on standard error. `facts` that are None are left out."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "logger": logger,
        "message": message,
        **(_run.get() or {}),
        **{name: value for name, value in facts.items() if value is not None},
    }
    # A closed terminal must not fail the run. ASCII alone cannot control a terminal.
    with suppress(OSError):
        sys.stderr.write(f"{json.dumps(line, default=str)}\n")


def describe_failure(error: BaseException) -> dict[str, str]:
    """What a line says of an error that is a bug."""
    text = "".join(traceback.format_exception(error))
    return {"error": type(error).__name__, "traceback": text}


@contextmanager
def json_lines() -> Iterator[None]:
    """Write everything that is logged meanwhile, here and in processes below, as lines of JSON."""
    handler = JsonHandler()
    root, ours = logging.getLogger(), logging.getLogger(_LOGGER)
    level, before = ours.level, os.environ.get(FORMAT_VARIABLE)
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    os.environ[FORMAT_VARIABLE] = JSON
    try:
        yield
    finally:
        root.removeHandler(handler)
        ours.setLevel(level)
        logging.captureWarnings(capture=False)
        if before is None:
            del os.environ[FORMAT_VARIABLE]
        else:
            os.environ[FORMAT_VARIABLE] = before
