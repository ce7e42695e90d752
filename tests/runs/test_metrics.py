"""The figures of a warehouse for Prometheus."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_fd_to_metric_families

from pipelines.errors import LockedError, RawError, RefusedError, UsageError
from pipelines.runs import metrics
from pipelines.runs.metrics import MOST_RULES
from pipelines.warehouse.lock import hold_lock
from tests.conftest import MARCH, Archive, Run, post

Figures = dict[tuple[str, ...], float]
"""Values by the name of a figure and its labels, without that of the warehouse."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each run leaves its figures."""
    path = tmp_path / "matterhouse.prom"
    monkeypatch.setenv("MATTERHOUSE_METRICS", str(path))
    return path


def read_figures(path: Path) -> Figures:
    """All figures of a file, as the parser of Prometheus reads them."""
    return dict(_list_figures(path))


def _list_figures(path: Path) -> Iterator[tuple[tuple[str, ...], float]]:
    with path.open(encoding="utf-8") as lines:
        for family in text_fd_to_metric_families(lines):
            assert family.documentation.endswith(".")
            assert family.type == "gauge"
            for sample in family.samples:
                labels = dict(sample.labels)
                assert labels.pop("warehouse").endswith("/warehouse")
                name = sample.name.removeprefix("matterhouse_")
                yield (name, *(labels[each] for each in sorted(labels))), sample.value


def test_a_run_that_publishes_leaves_its_figures(built: Archive, file: Path) -> None:
    built.write("_news/d.md", post(MARCH | {"title": None}))
    before = datetime.now(UTC).timestamp()
    built.run()
    figures = read_figures(file)
    assert figures["last_success_timestamp_seconds",] >= int(before)
    assert figures["last_run_status", "build", "published"] == 1
    assert figures["last_run_status", "build", "failed"] == 0
    assert figures["last_run_changed_files", "build", "new"] == 1
    assert figures["last_run_new_findings", "build", "error"] == 1
    assert figures["last_run_step_duration_seconds", "build", "ingest"] > 0
    assert figures["snapshot_number",] == 2
    assert figures["table_rows", "articles"] == 3
    assert figures["table_size_bytes", "articles"] > 0
    assert figures["files", "rejected"] == 3
    assert figures["rejects", "is_not_null", "articles"] == 2
    assert figures["disk_free_bytes",] > 0


def test_a_run_that_is_refused_keeps_the_figures_of_the_snapshot(
    built: Archive, file: Path
) -> None:
    built.run()
    success = read_figures(file)["last_success_timestamp_seconds",]
    built.write("_news/d.md", post(MARCH))
    with pytest.raises(RefusedError):
        built.run(strict=True)
    figures = read_figures(file)
    assert figures["last_run_status", "build", "refused"] == 1
    assert figures["last_run_status", "build", "unchanged"] == 0
    assert figures["last_success_timestamp_seconds",] == success
    assert figures["table_rows", "articles"] == 3


def test_a_run_of_another_flow_keeps_the_figures_of_the_last_build(
    built: Archive, file: Path
) -> None:
    built.run()
    built.run("images")
    figures = read_figures(file)
    assert figures["last_run_status", "build", "unchanged"] == 1
    assert figures["last_run_status", "images", "unchanged"] == 1


def test_a_run_that_never_began_is_a_failure(built: Archive, file: Path) -> None:
    for path in sorted(built.raw.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    built.raw.rmdir()
    with pytest.raises(RawError):
        built.run()
    assert read_figures(file)["last_run_status", "build", "failed"] == 1


def test_a_run_that_gives_way_leaves_the_figures_to_the_other_run(
    built: Archive, file: Path
) -> None:
    with hold_lock(built.warehouse.root, "build"), pytest.raises(LockedError):
        built.run()
    assert not file.exists()


def test_a_first_run_that_fails_leaves_what_is_known(archive: Archive, file: Path) -> None:
    archive.write("a.md", post({"title": None}))
    with pytest.raises(RefusedError):
        archive.run(strict=True)
    figures = read_figures(file)
    assert figures["last_run_status", "build", "refused"] == 1
    assert ("snapshot_number",) not in figures
    assert ("last_success_timestamp_seconds",) not in figures


def test_rare_rules_are_counted_together(
    built: Archive, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_RULES == 20
    monkeypatch.setattr(metrics, "MOST_RULES", 1)
    built.run()
    counts = {key[1:]: value for key, value in read_figures(file).items() if key[0] == "rejects"}
    assert len(counts) == 2
    assert sum(counts.values()) == built.rows("findings").filter(severity="error").height
    assert ("other", "other") in counts


def test_figures_that_cannot_be_written_do_not_fail_a_run(
    built: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MATTERHOUSE_METRICS", "/dev/null/w.prom")
    built.write("_news/d.md", post(MARCH))
    assert built.run().status == "published"
    assert "the metrics could not be written to /dev/null/w.prom" in caplog.text


def test_a_damaged_snapshot_hides_only_its_own_figures(built: Archive, file: Path) -> None:
    built.run()
    (built.snapshot.folder / "manifest.json").chmod(0o644)
    (built.snapshot.folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(Exception, match="manifest"):
        built.run()
    figures = read_figures(file)
    assert figures["last_run_status", "build", "failed"] == 1
    assert ("snapshot_number",) not in figures


def test_a_name_that_no_collector_reads_is_refused(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERHOUSE_METRICS", "figures.txt")
    with pytest.raises(UsageError, match=r"ends in \.prom"):
        built.run()


def test_the_file_is_named_by_option_variable_or_settings(built: Archive, run: Run) -> None:
    folder = built.raw.parent
    (folder / "matterhouse.toml").write_text('[metrics]\nfile = "own/a.prom"\n', encoding="utf-8")
    (folder / "own").mkdir()
    options = ("--jobs", "1", "--max-reject-share", "1")
    assert run("build", *options).code == 0
    assert read_figures(folder / "own" / "a.prom")["snapshot_number",] == 1
    assert run("build", *options, "--metrics", "b.prom").code == 0
    assert read_figures(folder / "b.prom")["snapshot_number",] == 1
    assert os.environ["MATTERHOUSE_METRICS"] == str(folder / "b.prom")
    assert run("build", "--metrics", "c.txt").code == 2
    assert not [path for path in folder.iterdir() if path.name.startswith("b.prom.")]


def test_a_file_of_metrics_is_no_part_of_a_snapshot(built: Archive, run: Run) -> None:
    (built.raw.parent / "matterhouse.toml").write_text('[metrics]\nfile = "a.prom"\n')
    outcome = run("build", "--jobs", "1", "--max-reject-share", "1", "--json")
    assert json.loads(outcome.out)["status"] == "unchanged"


def test_the_figures_of_the_readme_are_those_that_are_written(built: Archive, file: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    built.run()
    named = set(re.findall(r"matterhouse_(\w+)", readme))
    assert named == {name for name, *_ in read_figures(file)}


def test_the_alerts_of_the_readme_are_yaml() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"(?ms)^```yaml\n(groups:.*?)^```$", readme)
    (group,) = yaml.safe_load(text)["groups"]
    assert all(set(rule) == {"alert", "expr"} for rule in group["rules"])
