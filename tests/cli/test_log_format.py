"""Lines of JSON on standard error."""

import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.processes.log_format import wants_json
from tests.cli.test_process import PROGRAM
from tests.conftest import MARCH, Archive, Run, post

BUILD = ("build", "--jobs", "1", "--max-reject-share", "1", "--mapping", "everyday")


def read_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_of_a_run_names_the_run(built: Archive, run: Run) -> None:
    built.write("_news/d.md", post(MARCH))
    outcome = run(*BUILD, "--log-format", "json", "--json")
    record = json.loads(outcome.out)
    lines = read_lines(outcome.err)
    assert {line["run_id"] for line in lines} == {record["run_id"]}
    assert {line["job"] for line in lines} == {"build"}
    assert {line["warehouse"] for line in lines} == {str(built.warehouse.root)}
    assert {line["level"] for line in lines} == {"info"}
    assert lines[0]["message"] == "the run began"
    assert lines[-1]["message"].startswith("the run ended: published, ")
    assert lines[-1]["changes"] == record["changes"]
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)


def test_the_option_may_stand_before_the_command_or_in_a_variable(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_lines(run("--log-format=json", *BUILD).err)
    monkeypatch.setenv("MATTERHOUSE_LOG_FORMAT", "json")
    assert read_lines(run("rejects").err)[0]["message"].startswith("and ")
    assert run("rejects", "--log-format", "text").code == 2
    assert run("--log-format", "text", "rejects").err.startswith("matterhouse: and ")
    assert built.warehouse.numbers() == [1]


def test_an_error_is_a_line_with_its_advice(built: Archive, run: Run) -> None:
    outcome = run("--log-format", "json", *BUILD, "--strict")
    assert outcome.code == 1
    *_, line = read_lines(outcome.err)
    assert (line["level"], line["error"], line["status"]) == ("error", "RefusedError", "refused")
    assert line["message"] == "there are errors: 4; --strict accepts none"
    assert line["advice"] == "look with `matterhouse rejects`"
    assert line["run_id"].endswith(str(os.getpid()))
    (line,) = read_lines(run("--log-format", "json", "status", "--warehouse", "gone").err)
    assert line["advice"] == "run `matterhouse build --warehouse gone` first"
    assert built.warehouse.numbers() == [1]


@pytest.mark.parametrize(
    "arguments", [("build", "--nope"), ("nope",), ("build", "--jobs", "x"), ("query",)]
)
def test_wrong_usage_is_a_line(run: Run, arguments: tuple[str, ...]) -> None:
    outcome = run("--log-format", "json", *arguments)
    (line,) = read_lines(outcome.err)
    assert (outcome.code, line["level"], line["error"]) == (2, "error", "UsageError")


def test_an_unknown_format_is_wrong_usage(run: Run) -> None:
    assert run("--log-format", "xml", "status").code == 2


def test_help_stays_what_it_is(run: Run) -> None:
    assert run("--log-format", "json", "build", "--help").out == run("build", "--help").out
    assert run("--log-format", "json").code == run().code == 2


def test_a_bug_is_one_line_with_its_traceback(
    run: Run, built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AttributeError("a bug")

    monkeypatch.setattr("pipelines.reports.status.describe_status", fail)
    outcome = run("--log-format", "json", "status")
    (line,) = read_lines(outcome.err)
    assert (outcome.code, line["level"], line["error"]) == (1, "critical", "AttributeError")
    assert "in fail" in line["traceback"]
    assert built.warehouse.numbers() == [1]


def test_warnings_of_python_and_of_libraries_are_lines(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warn(*_: object) -> dict[str, Any]:
        logging.getLogger("library").warning("odd: %s", "\x1b[31m")
        return {}

    monkeypatch.setattr("pipelines.reports.status.describe_status", warn)
    outcome = run("--log-format", "json", "status", "--json")
    (line,) = read_lines(outcome.err)
    assert (line["logger"], line["message"]) == ("library", "odd: \x1b[31m")
    assert "\x1b" not in outcome.err
    assert built.warehouse.numbers() == [1]


def test_an_interrupt_is_a_line(archive: Archive) -> None:
    archive.write("a.md", post())
    program = (
        "import os, signal; import pipelines.runs.steps as steps\n"
        "steps.ingest = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "from pipelines.cli.main import main; main()"
    )
    process = subprocess.run(
        [PROGRAM[0], "-c", program, "--log-format", "json", "build", "--jobs", "1"],
        cwd=archive.raw.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 143
    *_, line = read_lines(process.stderr)
    assert line["message"] == "interrupted; what is published is whole"


def test_nothing_of_the_format_outlives_the_command(run: Run) -> None:
    before = list(logging.getLogger().handlers)
    run("--log-format", "json", "status")
    assert logging.getLogger().handlers == before
    assert "MATTERHOUSE_LOG_FORMAT" not in os.environ


@pytest.mark.parametrize(
    ("arguments", "variable", "is_wanted"),
    [
        ([], "", False),
        ([], "json", True),
        (["--log-format"], "json", False),
        (["--log-format", "json", "build"], "", True),
        (["build", "--log-format=json"], "text", True),
        (["build", "--log-format", "text"], "json", False),
    ],
)
def test_the_format_is_known_before_the_command_line_is_read(
    arguments: list[str], variable: str, is_wanted: bool
) -> None:
    assert wants_json(arguments, {"MATTERHOUSE_LOG_FORMAT": variable}) is is_wanted
