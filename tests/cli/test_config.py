"""What `matterhouse config` prints."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings.checking import check_settings
from tests.conftest import Archive, Run, post

SETTINGS = """base = "web"
include = ["_news/"]

[articles]
title = ["headline", "..."]

[articles.columns.rating]
key = "rate"

[[folders]]
path = "x/"
skip = true

[retention]
days = 30.0
"""


@pytest.fixture
def file(archive: Archive) -> Path:
    """The settings of an archive."""
    path = archive.raw.parent / "matterhouse.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def say(text: str) -> dict[str, Any]:
    """What a file of settings says, without tables that say nothing."""
    settings = check_settings(tomllib.loads(text)).model_dump(exclude_unset=True)
    return {name: value for name, value in settings.items() if value}


def list_settings(run: Run, *arguments: str) -> dict[str, tuple[Any, str | None]]:
    """The value and the origin of every setting."""
    listed = json.loads(run("config", "--json", *arguments).out)["settings"]
    return {each["setting"]: (each["value"], each["origin"]) for each in listed}


def test_every_setting_says_where_it_comes_from(
    file: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERHOUSE_INCLUDE", "a\nb")
    monkeypatch.setenv("MATTERHOUSE_METRICS", "w.prom")
    found = list_settings(run, "--exclude", "drafts")
    assert found["base"] == ("web", f"{file}:1")
    assert found["articles.title"] == (["headline", "..."], f"{file}:5")
    assert found["retention.days"] == (30, f"{file}:15")
    assert found["retention.keep"] == (20, None)
    assert list_settings(run, "--keep", "5")["retention.keep"] == (5, "--keep")
    assert found["include"] == (["a", "b"], "MATTERHOUSE_INCLUDE")
    assert found["exclude"] == (["drafts"], "--exclude")
    assert found["metrics.file"] == ("w.prom", "MATTERHOUSE_METRICS")
    assert found["time_zone"] == (None, None)


@pytest.mark.usefixtures("file")
def test_what_is_printed_is_a_file_that_says_the_same(run: Run) -> None:
    printed = run("config").out
    assert say(printed) == say(SETTINGS)
    assert 'base = "web"  # matterhouse.toml:1\n' in printed
    assert "# keep = 20  # default\n" in printed
    assert '# raw = "raw"  # default\n' in printed


def test_without_a_file_all_is_default(run: Run) -> None:
    outcome = run("config")
    assert tomllib.loads(outcome.out) == {
        "guards": {},
        "retention": {},
        "metrics": {},
        "profile": {},
        "catalog": {},
    }
    assert "# settle = 0  # default\n" in outcome.out
    assert "# max_reject_share = 0.05  # default\n" in outcome.out
    assert "# max_deletes  # not set\n" in outcome.out
    assert "No matterhouse.toml was found" in outcome.out
    assert {origin for _, origin in list_settings(run).values()} == {None}


@pytest.mark.usefixtures("file")
def test_a_mapping_that_is_asked_for_comes_before_the_file(run: Run) -> None:
    found = list_settings(run, "--mapping", "everyday")
    assert found["base"] == ("everyday", "--mapping")
    assert found["include"] == ([], None)
    assert found["retention.days"][0] == 30


def test_globs_that_the_last_build_remembers_are_in_effect(built: Archive, run: Run) -> None:
    built.run(include=("_news/a.md", "_news/b.md"), allow_deletes=True)
    found = list_settings(run)
    remembered = "the last build, snapshot 2"
    assert found["include"] == (["_news/a.md", "_news/b.md"], remembered)
    assert found["exclude"] == ([], None)
    assert list_settings(run, "--include", "x")["include"] == (["x"], "--include")


def test_a_file_that_makes_no_sense_ends_with_1(file: Path, run: Run) -> None:
    file.write_text('bsae = "web"\nsite = 1\n', encoding="utf-8")
    outcome = run("config")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines() == [
        f"matterhouse: {file}:1: bsae: found a key that is not known; is base meant?",
        f"matterhouse: {file}:2: site: expected a text in quotes",
    ]
    assert run("config", "--config", "gone.toml").code == 1


@pytest.mark.usefixtures("file")
def test_settings_that_do_nothing_are_named_if_asked(archive: Archive, run: Run) -> None:
    archive.write("_news/a.md", post({"headlin": "x"}))
    outcome = run("config", "--idle")
    assert "articles.title does nothing: no post has the key headline; is headlin meant?" in (
        outcome.err
    )
    assert "folders x/ does nothing: no post matches" in outcome.err
    assert run("config").err == ""


def test_odd_keys_and_values_are_written_so_that_they_can_be_read(file: Path, run: Run) -> None:
    text = '[severities]\n"web_url.is_url" = "warning"\n[articles]\ntitle = "a \\"b\\" \\\\ ü"\n'
    file.write_text(text, encoding="utf-8")
    assert say(run("config").out) == say(text)


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", re.findall(r"(?ms)^```toml\n(.*?)^```$", README))
def test_the_settings_of_the_readme_make_sense(text: str) -> None:
    assert check_settings(tomllib.loads(text))
