"""What is recommended for each error: commands that fit the warehouse and lead back."""

from pathlib import Path

import pytest

from pipelines.errors import (
    DamagedError,
    EngineError,
    ForeignDeploymentsError,
    HeldError,
    LockedError,
    NoFolderError,
    NothingPublishedError,
    OutdatedError,
    OutdatedPlanError,
    OutOfMemoryError,
    PlanError,
    ServedError,
    UnacceptedPlanError,
    WarehouseError,
)
from pipelines.reports.advice import advise, explain
from pipelines.runs.job import Job
from pipelines.runs.maintenance import roll_back
from pipelines.warehouse.layout import CURRENT_NAME
from tests.conftest import Archive, post


@pytest.fixture
def published(archive: Archive) -> Archive:
    """Two snapshots."""
    for heat in range(2):
        archive.write("a.md", post({"heat": str(heat)}))
        archive.run()
    return archive


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (LockedError("held"), "wait for it with --wait SECONDS"),
        (
            NoFolderError("missing"),
            "check that its disk is mounted, and that this user may read it",
        ),
        (
            HeldError("held", Path("w")),
            "when that is over, let runs publish again with `matterhouse release --warehouse w`",
        ),
        (
            PlanError("nothing is planned", Path("w")),
            "see what would change with `matterhouse plan --warehouse w`",
        ),
        (
            OutdatedPlanError(
                ["the settings changed"], Path("w"), Job("images", Path("w"), months=("2024-03",))
            ),
            "plan again with `matterhouse plan images --month 2024-03 --warehouse w`",
        ),
        (
            UnacceptedPlanError({"too-many-rejects": "too many"}, Path("w"), Job("build")),
            "look with `matterhouse rejects --staged`, or publish it all the same with "
            "`matterhouse apply --accept too-many-rejects --warehouse w`",
        ),
        (OutOfMemoryError("out of memory"), "try --jobs 1"),
        (
            OutdatedError("other columns", Path("w"), "r"),
            "run `matterhouse build --raw r --warehouse w` first, which reads the raw files again",
        ),
        (NothingPublishedError("nothing", Path("warehouse")), "run `matterhouse build` first"),
        (
            NothingPublishedError("nothing", Path("w"), raw="r r"),
            "run `matterhouse build --raw 'r r' --warehouse w` first",
        ),
        (
            NothingPublishedError("nothing", Path("w"), is_staged=True),
            "look at what was not published with `matterhouse rejects --staged --warehouse w`",
        ),
        (
            EngineError("no answer"),
            "start a server with `prefect server start` and set PREFECT_API_URL, or use "
            "`--engine local`",
        ),
        (
            EngineError("no answer", is_optional=False),
            "start a server with `prefect server start` and set PREFECT_API_URL",
        ),
        (ForeignDeploymentsError("of another"), "give yours a name of their own with --name"),
        (
            ServedError("served by process 7"),
            "stop that one first, or give this one a name of its own with --name",
        ),
        (WarehouseError("no snapshot 7"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_what_to_do_after_what_is_wrong(
    error: WarehouseError, advice: str | None
) -> None:
    assert advise(error) == advice
    assert explain(error) == (f"{error}: {advice}" if advice else str(error))


def test_a_whole_current_snapshot_is_recommended_before_all_others(published: Archive) -> None:
    (path,) = published.warehouse.snapshot(1).list_files("articles").values()
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    with pytest.raises(DamagedError) as error:
        roll_back(published.warehouse.root, 1, 0)
    assert advise(error.value) == (
        "the current snapshot, 2, is whole: stay with it, or choose another"
    )
    assert published.warehouse.pin().number == 2


@pytest.mark.parametrize("target", [None, "snapshots/000099"])
def test_the_way_back_names_the_folders_of_this_warehouse(
    published: Archive, target: str | None
) -> None:
    link = published.warehouse.root / CURRENT_NAME
    link.unlink()
    if target:
        link.symlink_to(target)
    with pytest.raises(DamagedError) as error:
        published.run()
    at = f"--warehouse {published.warehouse.root}"
    assert advise(error.value) == (
        f"go back with `matterhouse rollback 2 {at}`, or rebuild everything with "
        f"`matterhouse build --full --raw {published.raw} {at}`"
    )


def test_the_way_back_keeps_the_glob_if_no_snapshot_is_whole(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.run(include=("a*", "b*"), exclude=("c",))
    for part in archive.snapshot.folder.glob("documents/*/*.parquet"):
        part.chmod(0o600)
        part.write_bytes(b"")
    with pytest.raises(DamagedError) as error:
        archive.run()
    at = f"--warehouse {archive.warehouse.root}"
    assert advise(error.value) == (
        f"put the damaged files back with `matterhouse verify --repair {at}`, or rebuild "
        "everything with `matterhouse build --full --include 'a*' --include 'b*' --exclude c "
        f"--raw {archive.raw} {at}`"
    )


def test_files_that_this_user_may_not_read_are_not_to_be_rebuilt(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = "Permission denied, expected a file of 1 bytes"
    monkeypatch.setattr("pipelines.warehouse.damage.find_damage", lambda *_: denied)
    error = DamagedError(denied, published.warehouse.root)
    assert advise(error) == "let this user read all files of the warehouse, or run it as the owner"


def test_an_error_reads_no_file_until_somebody_asks_for_advice(
    published: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a file was read")

    (published.snapshot.folder / "manifest.json").write_text("{")
    monkeypatch.setattr("hashlib.file_digest", refuse)
    with pytest.raises(DamagedError) as error:
        published.warehouse.pin().read("articles")
    assert "matterhouse" not in str(error.value)
    with pytest.raises(AssertionError, match="a file was read"):
        advise(error.value)
