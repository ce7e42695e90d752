"""Which folders the run of a deployment may use."""

import os
from pathlib import Path

import pytest

from pipelines.errors import NotAllowedError
from pipelines.flows.allowed import ALLOWED_VARIABLE, allow_folders, check_allowed
from pipelines.runs.job import Job


def is_allowed(job: Job, *folders: Path) -> bool:
    try:
        check_allowed(job, {ALLOWED_VARIABLE: os.pathsep.join(map(str, folders))})
    except NotAllowedError:
        return False
    return True


def test_both_folders_must_lie_in_what_is_allowed(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    job = Job("build", warehouse, str(raw))
    assert is_allowed(job, tmp_path)
    assert is_allowed(job, raw, warehouse)
    assert not is_allowed(job, raw)
    assert not is_allowed(job, warehouse)
    assert not is_allowed(job)


def test_nobody_leaves_a_folder_by_dots_links_or_a_name_that_begins_alike(tmp_path: Path) -> None:
    allowed = tmp_path / "news"
    allowed.mkdir()
    (allowed / "out").symlink_to(tmp_path)
    for path in ("../other", "out/other", "../newspaper"):
        assert not is_allowed(Job("build", allowed / "w", str(allowed / path)), allowed)


def test_a_file_of_settings_must_lie_there_too(tmp_path: Path) -> None:
    allowed, config = tmp_path / "news", tmp_path / "matterhouse.toml"
    job = Job("build", allowed / "w", str(allowed / "raw"), config=str(config))
    assert not is_allowed(job, allowed)
    assert is_allowed(job, allowed, config)


def test_archives_lie_where_an_allowed_file_of_settings_says(tmp_path: Path) -> None:
    config = tmp_path / "matterhouse.toml"
    config.write_text('[archives.one]\nraw = "elsewhere"\n', encoding="utf-8")
    job = Job("build", tmp_path / "w", config=str(config))
    assert is_allowed(job, tmp_path / "w", config)


def test_serve_allows_its_own_folders_unless_somebody_said_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job("build", tmp_path / "w", str(tmp_path / "r"))
    monkeypatch.setenv(ALLOWED_VARIABLE, "/srv")
    allow_folders(job)
    assert os.environ[ALLOWED_VARIABLE] == "/srv"
    monkeypatch.delenv(ALLOWED_VARIABLE)
    allow_folders(job)
    check_allowed(job)
