"""Trouble with the server of Prefect: which errors pass if one waits, and what is said of them."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
import time
from collections.abc import Iterator
from typing import Final

import httpx
from prefect.exceptions import PrefectException

logger = logging.getLogger(__name__)

TROUBLE: Final = (httpx.HTTPError, PrefectException, OSError, ValueError, RuntimeError)
"""What calls of the server may raise. Prefect wraps some errors in a RuntimeError, and an answer
that is no JSON, as of a proxy, is a ValueError."""
SAID_EVERY_SECONDS: Final = 60.0
_REFUSALS: Final = range(400, 500)
_PASSING: Final = frozenset({408, 429})


def find_cause(error: BaseException) -> BaseException:
    """What went wrong with the request that `error` comes from; `error` itself if there is none."""
    for each in _list_causes(error):
        if isinstance(each, (httpx.HTTPError, OSError)):
            return each
    return error


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def may_pass(error: BaseException) -> bool:
    """Whether the server may answer later: it cannot be reached, or fails by itself."""
    cause = find_cause(error)
    if isinstance(cause, httpx.HTTPStatusError):
        status = cause.response.status_code
        return status in _PASSING or status not in _REFUSALS
    return isinstance(cause, (httpx.HTTPError, OSError))


def describe_trouble(error: BaseException) -> str:
    """What went wrong, in one line."""
    cause = find_cause(error)
    if isinstance(cause, httpx.HTTPStatusError):
        return f"it answers {cause.response.status_code}"
    if isinstance(cause, (httpx.TimeoutException, TimeoutError)):
        return "it does not answer in time"
    return str(cause).partition("\n")[0] or type(cause).__name__


class Trouble:
    """Trouble that lasts. It is logged once, then every minute, and when it is over."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._said = 0.0

    def note(self, error: BaseException, asked: float | None = None) -> None:
        """One more call failed. `asked` is when it began: a silent server may take a minute."""
        now = time.monotonic()
        if self._began is None:
            self._began = now if asked is None else asked
        elif now - self._said < SAID_EVERY_SECONDS:
            return
        self._said = now
        logger.warning(
            "the Prefect server is in trouble since %.0f s: %s; waiting for it",
            now - self._began,
            describe_trouble(error),
        )

    def end(self) -> bool:
        """A call succeeded. Returns whether there was trouble."""
        if self._began is None:
            return False
        logger.info("the Prefect server works again, after %.0f s", time.monotonic() - self._began)
        self._began = None
        return True
