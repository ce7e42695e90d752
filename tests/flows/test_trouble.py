"""Which errors of a server pass, and what is said of them."""

import json
import logging

import pytest

REQUEST = "http://127.0.0.1:1/api/"


def fail(status: int) -> Exception:
    """The error of an answer, as Prefect wraps it."""
    import httpx

    request = httpx.Request("GET", REQUEST)
    try:
        httpx.Response(status, request=request).raise_for_status()
    except httpx.HTTPStatusError as error:
        wrapped = RuntimeError("Error while applying deployment")
        wrapped.__cause__ = error
        return wrapped
    raise AssertionError


@pytest.mark.parametrize(
    ("status", "passes"), [(500, True), (503, True), (429, True), (401, False), (404, False)]
)
def test_a_server_that_fails_may_recover_and_one_that_refuses_does_not(
    status: int, passes: bool
) -> None:
    from pipelines.flows.trouble import describe_trouble, may_pass

    assert may_pass(fail(status)) is passes
    assert describe_trouble(fail(status)) == f"it answers {status}"


def test_a_server_that_cannot_be_reached_may_come_back() -> None:
    import httpx

    from pipelines.flows.trouble import describe_trouble, may_pass

    assert may_pass(httpx.ConnectError("refused"))
    assert may_pass(TimeoutError())
    assert describe_trouble(httpx.ConnectError("refused")) == "refused"
    assert describe_trouble(TimeoutError()) == "it does not answer in time"


def test_an_answer_that_is_no_json_is_no_passing_trouble() -> None:
    from pipelines.flows.trouble import may_pass

    with pytest.raises(ValueError, match="Expecting value") as error:
        json.loads("<html>")
    assert not may_pass(error.value)


def test_trouble_is_said_once_a_minute_and_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from pipelines.flows import trouble

    caplog.set_level(logging.INFO)
    now = [1000.0]
    monkeypatch.setattr(trouble.time, "monotonic", lambda: now[0])
    noted = trouble.Trouble()
    assert not noted.end()
    for seconds in (0, 10, 59, 60, 61):
        now[0] = 1000.0 + seconds
        noted.note(fail(500))
    assert noted.end()
    assert not noted.end()
    assert [each.getMessage() for each in caplog.records] == [
        "the Prefect server is in trouble since 0 s: it answers 500; waiting for it",
        "the Prefect server is in trouble since 60 s: it answers 500; waiting for it",
        "the Prefect server works again, after 61 s",
    ]


def test_trouble_began_when_a_call_that_was_not_answered_began(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from pipelines.flows import trouble

    trouble.Trouble().note(TimeoutError(), trouble.time.monotonic() - 60)
    (said,) = caplog.records
    assert "is in trouble since 60 s: it does not answer in time" in said.getMessage()
