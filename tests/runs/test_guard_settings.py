"""[guards] of matterhouse.toml: the limits of an archive."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import RefusedError
from pipelines.reports.advice import explain
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_limits
from tests.conftest import USUAL_LIMITS, Archive, Run, post


def say(archive: Archive, settings: str) -> None:
    path = archive.raw.parent / "matterhouse.toml"
    path.write_text(f'base = "everyday"\n{settings}\n', encoding="utf-8")


def build(archive: Archive, settings: str, **options: Any) -> Any:
    say(archive, settings)
    return archive.run(**{"mapping": "auto", **USUAL_LIMITS, **options})


def test_an_option_comes_before_the_file_and_the_file_before_the_usual_limit(
    archive: Archive,
) -> None:
    say(archive, "settle = 30\n[guards]\nmax_reject_share = 0.5\nmax_deletes = 7\nstrict = true")
    limits = find_limits(Job("ingest", raw=str(archive.raw), max_deletes=9), None)
    assert (limits.max_reject_share, limits.max_deletes, limits.strict) == (0.5, 9, True)
    assert (limits.max_delete_share, limits.settle) == (0.2, 30)
    record = build(archive, "settle = 30\n[guards]\nmax_reject_share = 0.5", settle=0.0)
    assert record.options["settle"] == 0
    assert record.options["limits"]["reject_share"] == 0.5
    assert record.options["limits"]["delete_share"] == 0.2


def test_strict_can_be_said_by_the_file_and_taken_back_by_an_option(archive: Archive) -> None:
    archive.write("a.md", post({"title": None}))
    with pytest.raises(RefusedError, match="--strict accepts none"):
        build(archive, "[guards]\nstrict = true")
    assert build(archive, "[guards]\nstrict = true", strict=False).status == "published"


@pytest.mark.parametrize("name", ["ingest", "replay", "articles"])
def test_every_flow_by_hand_can_take_strict_back(archive: Archive, run: Run, name: str) -> None:
    archive.write("a.md", post({"heat": "hot"}))
    archive.write("b.md", post())
    build(archive, "[guards]\nstrict = true", strict=False)
    archive.write("a.md", post({"heat": "cold"}))
    archive.make_stale("articles", "2024-03")
    command = ["replay"] if name == "replay" else ["run", name]
    assert "--strict accepts none" in run(*command).err
    assert run(*command, "--no-strict").code == 0


def test_another_guard_publishes_no_snapshot(archive: Archive) -> None:
    archive.write("a.md", post())
    build(archive, "")
    assert build(archive, "[guards]\nmax_reject_share = 0.5").status == "unchanged"
    assert build(archive, "settle = 1").status == "unchanged"
    assert build(archive, 'time_zone = "Europe/Oslo"').status == "published"


def test_other_flows_keep_the_limits_of_the_file_and_of_the_last_build(archive: Archive) -> None:
    archive.write("a.md", post({"title": None}))
    build(archive, "[guards]\nmax_deletes = 5")
    assert archive.run("articles").options["limits"]["deletes"] == 5
    Path(archive.raw.parent / "matterhouse.toml").unlink()
    assert archive.run("articles").options["limits"]["deletes"] == 5


@pytest.mark.parametrize(
    ("rule", "allowed", "is_refused"),
    [
        ("is_timestamp", "1", True),
        ("is_timestamp", "2", False),
        ("published_at.is_timestamp", "0", True),
        ("articles.published_at.is_timestamp", "0", True),
        ("articles.published_at.is_timestamp", "0.5", False),
        ("articles.published_at.is_timestamp", "0.4", True),
        ("title.is_timestamp", "0", False),
        ("images.url.is_url", "1", True),
        ("articles.web_url.is_url", "0", False),
        ("is_still_post", "0", False),
    ],
)
def test_findings_of_a_rule_can_be_limited(
    archive: Archive, rule: str, allowed: str, is_refused: bool
) -> None:
    for number in range(2):
        archive.write(f"bad{number}.md", post({"publishedDateTime": "soon"}))
        archive.write(f"good{number}.md", post({"images": "[{url: x}]"}))
    settings = f'[guards.rules]\n"{rule}" = {allowed}'
    if not is_refused:
        assert build(archive, settings).status == "published"
        return
    with pytest.raises(RefusedError) as refusal:
        build(archive, settings)
    advice = explain(refusal.value)
    assert f" {rule}" in advice
    assert "or allow more in [guards.rules] of matterhouse.toml" in advice
    assert "publish anyway" not in advice


def test_a_rule_is_found_by_the_key_that_the_settings_name(archive: Archive) -> None:
    archive.write("a.md", "---\ntype: x\nheadline: [1]\n---\n")
    settings = '[articles]\ntitle = "headline"\n[guards.rules]\n"articles.title.is_text" = 0'
    with pytest.raises(
        RefusedError, match=r"1 finding of articles\.title\.is_text; .* it is a\.md"
    ):
        build(archive, settings)


def test_a_post_that_is_lost_can_be_refused_by_its_rule(archive: Archive) -> None:
    settings = '[guards.rules]\n"is_still_post" = 0'
    archive.write("a.md", post())
    build(archive, settings)
    archive.write("a.md", "")
    with pytest.raises(RefusedError, match="1 finding of is_still_post"):
        build(archive, settings)


@pytest.mark.parametrize("mapping", ["everyday", "web"])
def test_a_first_file_of_guards_alone_publishes_no_snapshot(archive: Archive, mapping: str) -> None:
    archive.write("a.md", post() if mapping == "everyday" else "---\ntitle: A\n---\n")
    archive.run(mapping="auto")
    assert archive.snapshot.manifest.mapping == mapping
    path = archive.raw.parent / "matterhouse.toml"
    path.write_text("settle = 1\n[guards]\nmax_deletes = 5\n", encoding="utf-8")
    record = archive.run(mapping="auto")
    assert (record.status, record.options["limits"]["deletes"]) == ("unchanged", 5)
