"""A small archive for the commands."""

import contextlib

import pytest

from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from tests.conftest import Archive, post


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """One good post, and one whose title and image are broken."""
    template = Archive(tmp_path_factory.mktemp("template"))
    template.write("_news/good.md", post({"images": "[{url: /i}]"}))
    template.write("_news/bad.md", post({"title": None, "mood": "x", "images": "[{url: x}]"}))
    # The folder is relative, as people type it. A run records it, and `rejects` shows it.
    with contextlib.chdir(template.raw.parent):
        run_job(Job("build", template.warehouse.root, "raw", jobs=1))
    return template


@pytest.fixture
def build(archive: Archive, template: Archive) -> None:
    """The template, built already."""
    archive.become(template)
