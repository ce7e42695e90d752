"""The place where all is measured: its archives, its warehouses, and the commands to time."""

import itertools
import json
import os
import shutil
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.copies import copy_archive, fill_month, write_small_posts
from tests.benchmarks.foreign_posts import write_foreign_posts
from tests.benchmarks.long_posts import write_long_posts
from tests.benchmarks.measure import Timing, find_peak_pss, time_command

HERE = Path(__file__).parent
TABLES = ("articles", "images", "related_links")
UNPARSED_SHARE = 0.01
"""What the floor may leave to a slower parser and still be called the floor."""


class UnfairError(Exception):
    """What was compared did not do the same work."""


class Build(NamedTuple):
    """A run of the product: its cost, and its own record of what it did."""

    timing: Timing
    record: dict[str, Any]

    @property
    def rows(self) -> dict[str, int]:
        return {table: self.record["rows"][table] for table in TABLES}


class Workbench:
    """Everything lies in `folder`; archives are made when they are first asked for."""

    def __init__(
        self,
        folder: Path,
        raw: Path,
        *,
        product: Path,
        yardsticks: Path,
        before: Path | None,
        step: int,
    ) -> None:
        """Measure on every `step`-th file of `raw`, which is only read.

        `product`, `yardsticks` and `before` are the Pythons of their environments. `before` has
        another version of the product, if there is one to compare with.
        """
        self.step = step
        self.before = before
        self._folder = folder
        self._raw = raw
        self._product = product
        self._yardsticks = yardsticks
        self._numbers = itertools.count(1)
        self._finished: dict[Path, tuple[Path, Build]] = {}

    @cached_property
    def archive(self) -> Path:
        """The real archive."""
        return self.copy(times=1)

    @cached_property
    def tenfold(self) -> Path:
        """The real archive and nine copies of it."""
        return self.copy(times=10)

    @cached_property
    def long_posts(self) -> Path:
        """Posts of little front matter and much body."""
        return self._write(partial(write_long_posts, count=5_000 // self.step))

    @cached_property
    def foreign_posts(self) -> Path:
        """Small posts as other generators write them."""
        return self._write(partial(write_foreign_posts, count=50_000 // self.step))

    @cached_property
    def full_month(self) -> Path:
        """Posts of the real archive, so many times that one month has 1.4 GB."""
        return self._write(
            partial(fill_month, self._raw, size_bytes=self.month_bytes, step=self.step)
        )

    @property
    def ledger_files(self) -> int:
        """How many files the synthetic ledger knows."""
        return 10_000_000 // self.step

    @cached_property
    def _ledger(self) -> Path:
        folder = self.new_path("ledger")
        folder.mkdir()
        time_command([*self._ledger_command, "make", str(self.ledger_files), str(folder)])
        return folder

    @property
    def _ledger_command(self) -> list[str]:
        # It calls the product from within, so it runs where the product is.
        return [str(self._product), str(HERE / "synthetic_ledger.py")]

    @property
    def month_bytes(self) -> int:
        """What the month has that is to be filled."""
        return 1_400_000_000 // self.step

    def find_lack(self, needed_bytes: int) -> str | None:
        """What the disk lacks, in words; None if it has as much as is needed."""
        free = shutil.disk_usage(self._folder).free
        if free >= needed_bytes:
            return None
        return f"{needed_bytes / 1e9:.1f} GB of disk are needed, and {free / 1e9:.1f} are free"

    def copy(self, *, times: int) -> Path:
        """The real archive so many times over, in a folder of its own."""
        return self._write(partial(copy_archive, self._raw, times=times, step=self.step))

    def write_small(self, count: int) -> Path:
        """So many small posts, in a folder of their own."""
        return self._write(partial(write_small_posts, count=count))

    def finish(self, raw: Path) -> Path:
        """A finished warehouse of `raw`, always the same."""
        if raw not in self._finished:
            warehouse = self.new_path("finished")
            self._finished[raw] = warehouse, self.build(raw, warehouse)
        return self._finished[raw][0]

    def build(self, raw: Path, warehouse: Path, python: Path | None = None) -> Build:
        """Build with the product, or with that of `python`.

        Raises:
            UnfairError: A post was not loaded, or a server took part.
        """
        command = self._build_command(raw, warehouse, python or self._product)
        timing = time_command([*command, "--json"])
        record = json.loads(timing.output)
        if record["engine"] != "local" or record["files"]["rejected"]:
            raise UnfairError(f"engine {record['engine']}, files {record['files']}")
        return Build(timing, record)

    def build_anew(self, raw: Path) -> Timing:
        """The cost of a build from nothing."""
        warehouse = self.new_path("warehouse")
        try:
            return self.build(raw, warehouse).timing
        finally:
            shutil.rmtree(warehouse, ignore_errors=True)

    def build_before(self, raw: Path) -> Timing:
        """The cost of a build from nothing with the version before.

        Raises:
            UnfairError: There is none, or it does not find the rows that the product finds.
        """
        if self.before is None:
            raise UnfairError("there is no version before")
        warehouse = self.new_path("before")
        try:
            build = self.build(raw, warehouse, self.before)
        finally:
            shutil.rmtree(warehouse, ignore_errors=True)
        self.finish(raw)
        rows = self._finished[raw][1].rows
        if build.rows != rows:
            raise UnfairError(f"before: {build.rows} rows, expected {rows}")
        return build.timing

    def build_unchanged(self, raw: Path, warehouse: Path) -> Timing:
        """The cost of a build in which nothing changed.

        Raises:
            UnfairError: Something did.
        """
        build = self.build(raw, warehouse)
        if build.record["status"] != "unchanged":
            raise UnfairError(f"status {build.record['status']}, expected unchanged")
        return build.timing

    def find_peak(self, raw: Path) -> float:
        """The peak memory in MB of a build from nothing."""
        warehouse = self.new_path("warehouse")
        try:
            return find_peak_pss(self._build_command(raw, warehouse, self._product))
        finally:
            shutil.rmtree(warehouse, ignore_errors=True)

    def find_driver_peak(self) -> float:
        """The peak memory in MB of a run in which one file of the synthetic ledger changed."""
        return find_peak_pss([*self._ledger_command, "run", str(self._ledger)])

    def run_flow(self, name: str, raw: Path) -> Timing:
        """The cost of one flow by hand, in the finished warehouse of `raw`."""
        places = ["--raw", str(raw), "--warehouse", str(self.finish(raw))]
        return time_command([_find_command(self._product), "run", name, *places])

    def run_python(self, code: str) -> Timing:
        """The cost of some code in a new interpreter of the product's environment."""
        return time_command([str(self._product), "-c", code])

    def run_yardstick(self, name: str, raw: Path) -> Timing:
        """The cost of a yardstick.

        Raises:
            UnfairError: It does not find the rows that the product finds.
        """
        self.finish(raw)
        timing = self._run_script(name, raw)
        rows = self._finished[raw][1].rows
        if json.loads(timing.output) != rows:
            raise UnfairError(f"{name}: {timing.output} rows, expected {rows}")
        return timing

    def run_floor(self, raw: Path) -> Timing:
        """The cost of the floor, by its own clocks.

        Raises:
            UnfairError: It could not parse a good part of the files.
        """
        output = self._run_script("floor", raw, self.finish(raw)).output
        report = json.loads(output)
        if report["unparsed"] > UNPARSED_SHARE * report["files"]:
            raise UnfairError(f"floor: {output}")
        return Timing(report["seconds"], report["cpu_seconds"])

    def measure_snappy(self, raw: Path) -> dict[str, dict[str, int]]:
        """The bytes of every finished table in snappy, whole and by month."""
        sizes: dict[str, dict[str, int]] = json.loads(
            self._run_script("snappy_tables", self.finish(raw)).output
        )
        return sizes

    def new_path(self, kind: str) -> Path:
        """A path that was not given before."""
        return self._folder / f"{kind}-{next(self._numbers)}"

    def _write(self, write: Callable[[Path], None]) -> Path:
        """An archive that `write` writes, in a folder of its own."""
        out = self.new_path("raw")
        write(out)
        # What the disk has yet to write would disturb the first rounds.
        os.sync()
        return out

    def _build_command(self, raw: Path, warehouse: Path, python: Path) -> list[str]:
        command = _find_command(python)
        return [command, "build", "--raw", str(raw), "--warehouse", str(warehouse)]

    def _run_script(self, name: str, *arguments: Path) -> Timing:
        """Run one of the scripts beside this file, in its environment; its tables are dropped."""
        out = self.new_path(name)
        script = str(HERE / f"{name}.py")
        try:
            return time_command([str(self._yardsticks), script, *map(str, arguments), str(out)])
        finally:
            shutil.rmtree(out, ignore_errors=True)


def count_files(raw: Path) -> int:
    return sum(1 for _ in raw.rglob("*.md"))


def describe_archive(raw: Path) -> str:
    """Its files and their bytes."""
    sizes = [path.stat().st_size for path in raw.rglob("*.md")]
    return f"{len(sizes):,} files, {sum(sizes) / 1e6:,.0f} MB"


def _find_command(python: Path) -> str:
    """The command line of the product in the environment of `python`."""
    return str(python.with_name("matterhouse"))
