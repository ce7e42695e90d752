"""The commands and programs of the README are run."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.cli.commands import MODULES
from pipelines.cli.main import main
from pipelines.reports.catalog.traps import TRAPS
from pipelines.settings.checking import check_settings
from schemas.language.registry import load_tables
from schemas.language.views import load_views
from tests.git_repositories import git

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = ("import pandas", "import SparkSession")
"""These run in an environment of their own: tests/readers."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make build`."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "raw", folder / "raw")
    git(folder, "init", "--quiet")
    git(folder, "add", "raw")
    git(folder, "commit", "--quiet", "-m", "the posts")
    matterhouse(folder, "build")
    return folder


def matterhouse(folder: Path, *arguments: str) -> str:
    """What the command prints. It runs in this process, since a new one takes two seconds."""
    printed = StringIO()
    before = sys.argv
    sys.argv = ["matterhouse", *arguments]
    try:
        with chdir(folder), redirect_stdout(printed), pytest.raises(SystemExit) as done:
            main()
    finally:
        sys.argv = before
    assert not done.value.code
    return printed.getvalue()


def test_every_command_of_the_readme_runs_in_order(folder: Path) -> None:
    lines = "".join(blocks("sh")).splitlines()
    printed = [matterhouse(folder, *shlex.split(line)[1:]) for line in lines]
    assert len(printed) > 10
    assert all(printed[:-1])


def test_the_reject_that_the_readme_shows_is_the_one_that_is_printed(folder: Path) -> None:
    shown = next(line for line in README.splitlines() if line.startswith("raw/_news/"))
    assert shown in matterhouse(folder, "rejects").splitlines()


def test_the_sample_shows_five_rejected_files(folder: Path) -> None:
    sql = "SELECT status, count(*) FROM files GROUP BY ALL ORDER BY ALL"
    answer = json.loads(matterhouse(folder, "query", sql, "--json"))
    assert [tuple(row.values()) for row in answer] == [
        ("ignored", 1),
        ("loaded", 122),
        ("rejected", 5),
    ]


def test_the_sql_of_the_readme_runs_in_duckdb(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (sql,) = blocks("sql")
    assert len(duckdb.execute(sql).fetchall()) == 5


@pytest.mark.parametrize(
    "code", [code for code in blocks("python") if not any(name in code for name in ELSEWHERE)]
)
def test_the_python_of_the_readme_runs(folder: Path, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("name", ["env=prod", "archive [old]", "100% *?{a,b}'"])
def test_the_programs_of_the_readme_run_below_a_folder_of_any_name(
    folder: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / name
    shutil.copytree(folder / "warehouse", below / "warehouse", symlinks=True)
    monkeypatch.chdir(below)
    (sql,) = blocks("sql")
    assert len(duckdb.execute(sql).fetchall()) == 5
    (polars,) = [code for code in blocks("python") if "import polars" in code]
    found: dict[str, Any] = {}
    with redirect_stdout(StringIO()) as printed:
        exec(polars, found)
    assert printed.getvalue()
    columns = found["articles"].collect_schema().names()
    assert columns == list(load_tables()["articles"].readable_columns)


def test_the_traps_are_those_of_the_catalog() -> None:
    listed = README.partition("### Before you count\n\n")[2].partition("\n\n|")[0]
    found = re.findall(r"(?m)^(\d)\. \*\*(.+?)\.\*\*", listed)
    assert found == [(str(number), trap.title) for number, trap in enumerate(TRAPS, 1)]


def test_pandas_and_spark_are_shown() -> None:
    assert all(any(name in code for code in blocks("python")) for name in ELSEWHERE)


def test_every_command_is_documented() -> None:
    assert [name for name in MODULES if f"matterhouse {name}" not in README] == []


def test_every_view_is_documented() -> None:
    assert [name for name in load_views() if f"`{name}`" not in README] == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= {*targets}


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_settings_of_the_readme_are_accepted(text: str) -> None:
    assert check_settings(tomllib.loads(text))
