"""The command that reads the history of an archive from git."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    OFFERED,
    JsonOption,
    WaitOption,
    WarehouseOption,
    app,
    make_option,
    read_folder,
)

_LEFT_OUT: Final = {
    "rejected": "rejected as a build would reject the file",
    "ignored": "which were no posts or no articles",
    "in_lfs": "whose content is in Git LFS",
    "too_large": "larger than 32 MiB",
    "lacking": "whose content the repository lacks: fetch it, as with `git fetch --refetch`",
}

if TYPE_CHECKING:
    from pipelines.warehouse.runs import RunRecord


@app.command(short_help="Add the history in a git repository to observations.")
def backfill(
    repository: Annotated[
        Path,
        typer.Option(
            "--from-git",
            parser=read_folder,
            metavar="REPO",
            help="The git repository of the archive, bare or not. It is only read.",
        ),
    ],
    revision: Annotated[
        str, typer.Option("--revision", help="The branch, tag or commit where the history ends.")
    ] = "HEAD",
    folder: Annotated[
        str | None,
        typer.Option(
            "--folder",
            metavar="FOLDER",
            help="The folder in the repository that corresponds to the raw files. By default the "
            "raw folder itself, if it lies in the repository, or else the folder that is named "
            "with --from-git.",
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Leave out what files were like before this day, in UTC. Each file begins with "
            "the version that it had then.",
        ),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(
            "--archive",
            metavar="NAME",
            help="Which archive it is, if the settings name several.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and count everything, but publish nothing.")
    ] = False,
    jobs: Annotated[int | None, make_option(OFFERED["jobs"])] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Read every version of every article from a git repository, and add it to observations.

    The history is that of the first parents: what the branch was like after each commit. Its times
    are those of the committers. Each version is read as a build reads a file, by the mapping and
    the settings of the current snapshot, which must be up to date. All other tables stay as they
    are. What runs have seen themselves stays, and a second backfill adds only what is new.

    Nothing in the repository is run or changed, and nothing is fetched.

    Exit code 0: published, or nothing new; 1: failed, nothing published; 2: wrong usage; 75:
    another run holds the lock, or somebody holds the warehouse.
    """
    from pipelines.cli.console import ignoring_output_errors, print_json, show_progress
    from pipelines.cli.local_run import terminable
    from pipelines.runs.backfill import Backfill, run_backfill

    asked = Backfill(
        warehouse,
        str(repository),
        revision,
        folder,
        since.replace(tzinfo=UTC) if since else None,
        archive,
        dry_run,
        jobs,
        wait,
    )
    with terminable(), show_progress() as on_progress:
        record = run_backfill(asked, on_progress)
    with ignoring_output_errors():
        if json:
            print_json(asdict(record))
        else:
            _print_outcome(record)


def _print_outcome(record: "RunRecord") -> None:
    from pipelines.cli.console import print_line
    from pipelines.reports.text import count_noun

    found = record.backfilled
    print_line(
        f"backfill: {count_noun(found['added'], 'row')} added to observations, from "
        f"{count_noun(found['versions'], 'version')} of {count_noun(found['files'], 'file')} in "
        f"{count_noun(found['commits'], 'commit')}"
    )
    for line in _list_notices(found):
        print_line(f"  {line}")
    if record.status == "dry_run":
        print_line("dry run: nothing was published")
    elif record.status == "unchanged":
        print_line(f"unchanged: snapshot {record.snapshot} has all of it, {record.seconds:.1f} s")
    else:
        print_line(f"snapshot {record.snapshot}, {record.seconds:.1f} s")


def _list_notices(found: dict[str, Any]) -> Iterator[str]:
    """What of the history became no row, and what is odd about it."""
    from pipelines.reports.text import count_noun

    for name, words in _LEFT_OUT.items():
        if count := found.get(name, 0):
            yield f"left out: {count_noun(count, 'version')}, {words}"
    if count := found["replaced"]:
        gone, its = (count_noun(count, "row"), "its" if count == 1 else "their")
        yield f"gone: {gone} of a run, since the history says when {its} state began"
    if count := found["misdated"]:
        yield (
            f"{count_noun(count, 'commit')} with a wrong date: before the date of an earlier "
            "commit, which counts instead, or in the future"
        )
    if found["is_shallow"]:
        yield "the repository is a shallow clone: it lacks what came before its first commit"
