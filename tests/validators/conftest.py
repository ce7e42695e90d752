"""Two archives to describe, and the programs that judge what is said of them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.reports.metadata.formats import render_standard
from pipelines.reports.view_dictionary import describe
from tests.conftest import Archive, post

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv-validators" / "bin"
PROGRAMS = Path(__file__).parent / "programs"
SETTINGS = r"""
base = "web"
[articles.columns.rating]
key = "rating"
type = "integer"
min = 1
max = 5
[articles.columns.mood]
key = "mood"
type = "text"
one_of = ["it's fine", "{{ nothing }} and {% more %}", "naïve"]
description = "How it reads: {{ env_var('HOME') }}, \"quoted\", | and <b>."
[articles.columns.code]
key = "code"
type = "text"
pattern = '^[A-Z]{2}-\d+|none$'
[articles.columns.letters]
key = "letters"
type = "text"
pattern = '^\p{L}+$'
[articles.columns.places]
key = "places"
type = "list"
pattern = "^[a-z]+$"
"""
"""Columns of an archive, with what the formats must not take for their own syntax."""
POSTS = {
    "one.md": {"rating": "5", "mood": "it's fine", "code": "AB-1", "places": "[here, there]"},
    "two.md": {"rating": "1", "mood": "naïve", "code": "or none", "letters": "ñandú"},
    "three.md": {"mood": '"{{ nothing }} and {% more %}"'},
    "undated.md": {"publishedDateTime": None},
    "rejected.md": {"rating": "6"},
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The sample of the repository."""
    archive = Archive(tmp_path_factory.mktemp("sample"), ROOT / "raw")
    archive.run()
    return archive


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with columns of its own, and a table of several files without months."""
    archive = Archive(tmp_path_factory.mktemp("own"))
    (archive.raw.parent / "matterhouse.toml").write_text(SETTINGS, encoding="utf-8")
    for name, change in POSTS.items():
        archive.write(name, post(change))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.changes.buckets.BUCKET_FILES", 2)
        archive.run(mapping="auto")
    return archive


@pytest.fixture(scope="session", params=["sample", "own"])
def described(request: pytest.FixtureRequest) -> Archive:
    """Each of the two."""
    archive: Archive = request.getfixturevalue(request.param)
    return archive


def write_description(archive: Archive, form: str, path: Path) -> Path:
    """What `schema --format` writes into the file `path`."""
    tables = describe(None, archive.snapshot)
    path.write_text(render_standard(form, tables, archive.snapshot, path), encoding="utf-8")
    return path


def run_validator(name: str, *arguments: str | Path, folder: Path | None = None) -> str:
    """What a program of the environment of the validators prints."""
    if not BIN.exists():
        pytest.skip("the validators have an environment of their own: `make validators`")
    ours = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [BIN / name, *arguments],
        cwd=folder,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_program(name: str, *arguments: str | Path) -> Any:
    """What a program of ours that uses a validator prints, as JSON."""
    return json.loads(run_validator("python", PROGRAMS / f"{name}.py", *arguments))
