"""Which run saw a finding first."""

import polars as pl
import pytest

from pipelines.errors import RefusedError
from pipelines.runs.sightings import FIRST_SEEN, read_sightings
from tests.conftest import Archive, post

BROKEN = post({"heat": "hot"})


def find_first_runs(archive: Archive) -> dict[str, str]:
    """The run that saw the errors of each file first."""
    errors = read_sightings(archive.snapshot).filter(severity="error")
    return dict(errors.select("source_path", FIRST_SEEN).iter_rows())


def test_a_finding_keeps_the_run_that_saw_it_first(archive: Archive) -> None:
    archive.write("old.md", BROKEN)
    first = archive.run()
    archive.write("new.md", BROKEN)
    second = archive.run()
    assert find_first_runs(archive) == {"old.md": first.run_id, "new.md": second.run_id}
    assert (first.new_findings["error"], second.new_findings["error"]) == (1, 1)
    assert [each["source_path"] for each in second.first_findings] == ["new.md"]


def test_a_finding_that_comes_back_is_new_again(archive: Archive) -> None:
    for text in (BROKEN, post()):
        archive.write("a.md", text)
        archive.run()
    archive.write("a.md", BROKEN)
    third = archive.run()
    assert find_first_runs(archive) == {"a.md": third.run_id}


def test_an_item_that_moves_in_its_list_is_not_new(archive: Archive) -> None:
    archive.write("a.md", post({"related": "[{webUrl: no address}]"}))
    archive.run()
    archive.write("a.md", post({"related": "[{webUrl: /r}, {webUrl: no address}]"}))
    second = archive.run()
    assert (second.findings["error"], second.new_findings["error"]) == (1, 0)


def test_a_full_build_knows_what_was_there_before(archive: Archive) -> None:
    archive.write("a.md", BROKEN)
    first = archive.run()
    assert archive.run(full=True).new_findings == {"error": 0, "warning": 0}
    assert find_first_runs(archive) == {"a.md": first.run_id}


def test_lost_sightings_count_as_seen_by_the_run_that_published(archive: Archive) -> None:
    archive.write("a.md", BROKEN)
    archive.run()
    archive.write("b.md", post())
    second = archive.run()
    (archive.snapshot.folder / "sightings").unlink()
    assert find_first_runs(archive) == {"a.md": second.run_id}
    archive.write("c.md", post())
    assert archive.run().new_findings["error"] == 0


def test_a_refused_run_says_what_is_new(archive: Archive) -> None:
    archive.write("a.md", BROKEN)
    archive.run()
    archive.write("b.md", BROKEN)
    with pytest.raises(RefusedError) as refusal:
        archive.run(strict=True)
    refused = refusal.value.record
    assert [each["source_path"] for each in refused.first_findings] == ["b.md"]
    staged = read_sightings(archive.warehouse.staged())
    assert staged.filter(pl.col(FIRST_SEEN) == refused.run_id)["source_path"].to_list() == ["b.md"]
