"""A warehouse for the readers. The product builds it, in an environment of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = os.environ.get("MATTERHOUSE_COMMAND", str(ROOT / ".venv/bin/matterhouse"))

Matterhouse = Callable[..., str]


@pytest.fixture(scope="session")
def matterhouse() -> Matterhouse:
    """Runs the command line of the product, and gives what it prints."""
    if not Path(COMMAND).exists():
        pytest.skip(f"{COMMAND} is missing: `make setup`")

    def run(*arguments: str) -> str:
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def build_sample(
    matterhouse: Matterhouse, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Builds the sample below a folder of some name, once for each name."""

    @cache
    def build(name: str) -> Path:
        folder = tmp_path_factory.mktemp("sample") / name
        folder.mkdir()
        shutil.copytree(ROOT / "raw", folder / "raw")
        matterhouse("build", "--raw", str(folder / "raw"), "--warehouse", str(folder / "warehouse"))
        return folder

    return build


@pytest.fixture(scope="session")
def warehouse(build_sample: Callable[[str], Path]) -> Path:
    """The sample as a warehouse."""
    return build_sample("plain") / "warehouse"


@pytest.fixture(scope="session")
def pin(warehouse: Path) -> str:
    """One snapshot, as every job should choose it: once."""
    return os.path.realpath(warehouse / "current")


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session like that of the README, kept to this machine."""
    sql = pytest.importorskip("pyspark.sql", reason="the readers have their own environment")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Spark needs Java 17 or newer, and there is no java here")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    yield session
    session.stop()
