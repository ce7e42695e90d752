"""The notebook of the questions runs without matterhouse, and answers what `ask` answers."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REASON = "the readers have an environment of their own: `make readers`"
marimo = pytest.importorskip("marimo", reason=REASON)
polars = pytest.importorskip("polars", reason=REASON)

Matterhouse = Callable[..., str]


@pytest.fixture(scope="module")
def notebook(
    matterhouse: Matterhouse, warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("notebook") / "questions.py"
    matterhouse("ask", "--notebook", str(file), "--warehouse", str(warehouse))
    return file


def test_every_cell_runs_and_answers_as_ask_does(
    matterhouse: Matterhouse, warehouse: Path, notebook: Path
) -> None:
    answers = run_notebook(notebook)
    questions = json.loads(matterhouse("ask", "--json"))
    assert len(questions) > 14
    for question in questions:
        name = question["name"]
        answer = answers[name.replace("-", "_")]
        assert answer.columns == [*question["columns"]]
        if name != "changed-since":  # A first snapshot can be compared with itself alone.
            told = matterhouse("ask", name, "--json", "--warehouse", str(warehouse))
            assert describe(answer) == json.loads(told), name
    assert answers["changed_since"].is_empty()


def run_notebook(file: Path) -> dict[str, Any]:
    """What the cells define."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _, defined = module.app.run()
    return dict(defined)


def describe(answer: Any) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    moments = answer.with_columns(polars.col(polars.Datetime).cast(polars.String))
    rows: list[dict[str, Any]] = moments.to_dicts()
    return rows


def test_the_notebook_is_a_program_and_marimo_finds_nothing_to_mend(notebook: Path) -> None:
    for command in ([str(notebook)], ["-m", "marimo", "check", "--strict", str(notebook)]):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
