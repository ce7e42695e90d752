"""What the tortures share."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.torture.nursery import Nursery
from tests.torture.stage import Stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tortures are slow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The process that children are forked from."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder in memory if there is one, since a thousand publishes wait for a thousand syncs."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def stage(nursery: Nursery, folder: Path) -> Stage:
    """A small archive in two states."""
    return Stage(folder / "small", nursery)


@pytest.fixture(scope="session")
def large(nursery: Nursery, folder: Path) -> Stage:
    """The same with bodies so long that workers parse it."""
    return Stage(folder / "large", nursery, "x" * 100_000)
