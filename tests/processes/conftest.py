"""Tests of processes may hang, so each has a time limit."""

import signal
from collections.abc import Iterator

import pytest

SECONDS = 60
SECONDS_TO_LEAVE = 5


@pytest.fixture(autouse=True)
def _time_limit() -> Iterator[None]:
    """Fail a test that hangs."""

    def fail(*_: object) -> None:
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, fail)
    # The alarm rings again, since leaving a `with` may hang, too.
    signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS_TO_LEAVE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
