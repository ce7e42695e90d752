"""Readers during publishes: pinned ones see one whole snapshot. What others see is measured."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import COUNT, Archive, post
from tests.torture import reader
from tests.torture.nursery import ROOT

ENGINES = "duckdb,polars,pyarrow"
PANDAS = Path(os.environ.get("PANDAS", ROOT / ".venv-readers/bin/python"))
"""A Python with pandas, which the environment of the project does not have: `make readers`."""
KEPT = 50
"""The number of snapshots. With fewer, a slow reader might have pinned one that is pruned."""

QUICK = 6
"""The number of publishes if there is little time."""
LOOSE = 50
"""The number of publishes that it takes for an unpinned reader to see a mixture."""

Counts = dict[str, dict[str, int]]


def publish(archive: Archive, generation: int) -> None:
    """Publish one more generation of the archive, and prune its snapshots."""
    for number in range(reader.FEWEST + 1):
        name = f"{number}.md"
        if number < reader.FEWEST + generation % 2:
            change = {
                "publishedDateTime": f"2024-0{1 + number // 2}-05",
                "heat": str(generation),
                "images": f"[{{url: /i, width: {generation}}}]",
                "related": f"[{{webUrl: /r, quality: {generation}}}]",
            }
            archive.write(name, post(change))
        elif (archive.raw / name).exists():
            archive.delete(name)
    assert archive.run().status == "published"
    archive.warehouse.prune(datetime.now(UTC), keep=KEPT, younger_than=timedelta(0))


@contextmanager
def reading(archive: Archive, python: Path, engines: str, mode: str) -> Iterator[Counts]:
    """A reader that works as long as the body runs. Then its counts are there."""
    command = [python, reader.__file__, archive.warehouse.root, engines, mode]
    counts: Counts = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield counts
        finally:
            archive.warehouse.root.with_name("stop").touch()
        counts.update(json.loads(process.stdout.readline()))


def report(title: str, publishes: int, counts: Counts) -> None:
    for engine, seen in counts.items():
        sys.stdout.write(f"{publishes} publishes, {title} {engine}: {seen}\n")


def check_whole(counts: Counts) -> None:
    for engine, seen in counts.items():
        assert set(seen) == {"whole"}, f"{engine}: {seen}"


@pytest.fixture
def published(archive: Archive, folder: Path) -> Archive:
    """The first generation, in memory, where publishes follow each other without a pause."""
    root = folder / "readers" / archive.raw.parent.name
    archive.raw = root / "raw"
    archive.warehouse.root = root / "warehouse"
    publish(archive, 0)
    return archive


def test_pinned_readers_see_one_snapshot_of_three_tables(published: Archive) -> None:
    with reading(published, Path(sys.executable), ENGINES, "pinned") as counts:
        for generation in range(1, (COUNT or QUICK) + 1):
            publish(published, generation)
    report("pinned", COUNT or QUICK, counts)
    check_whole(counts)


@pytest.mark.skipif(not COUNT, reason="is measured by `make torture`")
def test_readers_that_do_not_pin_may_see_mixtures(published: Archive) -> None:
    with reading(published, Path(sys.executable), ENGINES, "loose") as counts:
        for generation in range(1, max(COUNT, LOOSE) + 1):
            publish(published, generation)
    report("unpinned", max(COUNT, LOOSE), counts)
    # This shows that the reader can see what it looks for.
    assert any(len(seen) > 1 for seen in counts.values())


@pytest.mark.skipif(not (COUNT and PANDAS.exists()), reason="needs pandas: `make readers`")
def test_pinned_readers_see_one_snapshot_in_pandas(published: Archive) -> None:
    with reading(published, PANDAS, "pandas", "pinned") as counts:
        for generation in range(1, COUNT + 1):
            publish(published, generation)
    report("pinned", COUNT, counts)
    check_whole(counts)
