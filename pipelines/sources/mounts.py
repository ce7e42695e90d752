"""Mounts: several sources in one, each below its own name."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import NoFolderError, RawError
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.source import RawContent, RawFile, Source


@dataclass(frozen=True)
class Mount:
    """An archive, and which of its files count. Its name is the first folder of their paths."""

    name: str
    source: Source
    globs: Globs = EVERY_FILE

    @property
    def prefix(self) -> str:
        return f"{self.name}/"


@dataclass(frozen=True)
class Mounts:
    """The raw files of several archives."""

    mounts: tuple[Mount, ...]

    def __str__(self) -> str:
        return f"archives {', '.join(mount.name for mount in self.mounts)}"

    @property
    def address(self) -> str:
        """JSON, which `restore_mounts` reads."""
        return json.dumps({mount.name: _describe(mount) for mount in self.mounts}, sort_keys=True)

    def check_readable(self) -> None:
        for mount in self.mounts:
            try:
                mount.source.check_readable()
            except NoFolderError as error:
                raise NoFolderError(f"archive {mount.name}: {error}") from error

    def check_apart(self, warehouse: Path) -> None:
        for mount in self.mounts:
            mount.source.check_apart(warehouse)

    def list_files(self, globs: Globs = EVERY_FILE) -> Iterator[RawFile]:
        for mount in self.mounts:
            for file in mount.source.list_files(mount.globs):
                path = mount.prefix + file.source_path
                if globs.match(path):
                    yield file._replace(source_path=path)

    def read(self, source_path: str) -> RawContent:
        mount, path = self._split(source_path)
        return mount.source.read(path)

    def find_archive(self, source_path: str) -> str | None:
        return source_path.partition("/")[0]

    def find_file(self, source_path: str) -> str:
        mount, path = self._split(source_path)
        return mount.source.find_file(path)

    def find_path(self, file: str) -> str | None:
        for mount in self.mounts:
            if path := mount.source.find_path(file):
                return mount.prefix + path
        return None

    def select(self, names: tuple[str, ...]) -> "Mounts":
        """Some of the archives; all if `names` is empty.

        Raises:
            RawError: There is no such archive.
        """
        known = {mount.name for mount in self.mounts}
        if unknown := sorted(set(names) - known):
            raise RawError(f"{unknown[0]}: no archive has this name; there are: {_join(known)}")
        return Mounts(tuple(each for each in self.mounts if not names or each.name in names))

    def _split(self, source_path: str) -> tuple[Mount, str]:
        name, _, path = source_path.partition("/")
        for mount in self.mounts:
            if mount.name == name:
                return mount, path
        raise FileNotFoundError(f"{source_path}: no archive has the name {name}")


def restore_mounts(address: str, open_source: Any) -> Mounts:
    """The mounts of which `address` is the address.

    Raises:
        RawError: It is not.
    """
    try:
        described = json.loads(address)
        return Mounts(
            tuple(
                Mount(
                    name,
                    open_source(each["raw"]),
                    Globs(tuple(each.get("include", ())), tuple(each.get("exclude", ()))),
                )
                for name, each in described.items()
            )
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RawError(f"{address}: found no archives: {error}") from error


def _describe(mount: Mount) -> Mapping[str, Any]:
    globs = {"include": list(mount.globs.include), "exclude": list(mount.globs.exclude)}
    return {"raw": mount.source.address, **{key: each for key, each in globs.items() if each}}


def _join(names: set[str]) -> str:
    return ", ".join(sorted(names))
