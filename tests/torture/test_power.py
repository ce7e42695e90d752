"""Power cuts: the disk then holds the old or the new state, whole, for every snapshot.

The disk is a file on a file system that can copy a file as it is at one instant. The copy has what
had reached the disk by then, and nothing of what the kernel still held in memory.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import COUNT
from tests.torture.nursery import Nursery
from tests.torture.stage import Stage
from tests.torture.test_kills import start_build

IS_POSSIBLE = COUNT and os.geteuid() == 0 and shutil.which("mkfs.xfs")


class Disk:
    """A disk with ext4 at `folder`. Its power can fail."""

    def __init__(self, host: Path, folder: Path) -> None:
        self.folder = folder
        self._image, self._saved, self._cut = (host / f"{n}.img" for n in ("disk", "saved", "cut"))
        folder.mkdir()
        _make_file_system("ext4", self._image, "512M")
        _mount(self._image, folder)

    def save(self) -> None:
        """Save the content of the disk."""
        _unmount(self.folder)
        _copy(self._image, self._saved)
        _mount(self._image, self.folder)

    def restore(self) -> None:
        """Restore what was saved."""
        self._replace(self._saved)

    def cut_power(self) -> None:
        """Save what has reached the disk by now."""
        _copy(self._image, self._cut)

    def restart(self) -> None:
        """Restore what had reached the disk when the power was cut."""
        self._replace(self._cut)

    def _replace(self, image: Path) -> None:
        _unmount(self.folder)
        _copy(image, self._image)
        _mount(self._image, self.folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    host = tmp_path / "host"
    host.mkdir()
    _make_file_system("xfs", tmp_path / "host.img", "4G")
    _mount(tmp_path / "host.img", host)
    try:
        disk = Disk(host, tmp_path / "disk")
        try:
            yield disk
        finally:
            _unmount(disk.folder)
    finally:
        _unmount(host)


@pytest.mark.skipif(not IS_POSSIBLE, reason="needs root and xfsprogs, and is for `make torture`")
def test_a_power_cut_at_any_moment_leaves_a_whole_warehouse(disk: Disk, nursery: Nursery) -> None:
    stage = Stage(disk.folder / "stage", nursery, "x" * 100_000)
    stage.set("old")
    disk.save()
    seen = []
    for number in range(COUNT):
        disk.restore()
        build = start_build(stage, ["--full"] if number % 2 else [])
        wait_for_anything(stage, build, is_published_soon=number % 4 > 1)
        is_published = build.poll() == 0
        disk.cut_power()
        if not is_published:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()
        disk.restart()
        seen.append(stage.see())
        assert seen[-1] == "new" or (seen[-1] == "old" and not is_published)
        stage.repair()
    sys.stdout.write(f"{len(seen)} power cuts, {seen.count('new')} of them late\n")


def wait_for_anything(
    stage: Stage, build: "subprocess.Popen[bytes]", *, is_published_soon: bool
) -> None:
    """Wait some time; if `is_published_soon`, until just about the moment of the publish."""
    if not is_published_soon:
        time.sleep(random.uniform(0, 2))
        return
    while build.poll() is None and not list(stage.root.glob("staging/*/manifest.json")):
        time.sleep(0.001)
    time.sleep(random.choice((0, 0.01, 0.1, 1)) * random.random())


def _make_file_system(kind: str, image: Path, size: str) -> None:
    subprocess.run(["truncate", "-s", size, image], check=True)
    subprocess.run([f"mkfs.{kind}", "-q", image], check=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--reflink=always", source, target], check=True)


def _mount(image: Path, folder: Path) -> None:
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)


def _unmount(folder: Path) -> None:
    """Killed workers may hold the disk for a moment."""
    deadline = time.monotonic() + 20
    while subprocess.run(["umount", folder], capture_output=True).returncode:
        assert time.monotonic() < deadline, f"{folder} is held by somebody"
        time.sleep(0.05)
