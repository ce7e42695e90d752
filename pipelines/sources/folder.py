"""A folder as a source: raw files on a disk."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.errors import NoFolderError, RawError
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.names import BYTE_ESCAPE, is_backup, render_name
from pipelines.sources.source import MAX_FILE_BYTES, NOT_ENTERED, RawContent, RawFile

TICK_NS: Final = 20_000_000
"""How far the times of a file system may lag behind our clock: more than a tick of any kernel. A
file that changed within this time before it was listed may change again and show the same time. Its
identity is unknown, as in git: https://git-scm.com/docs/racy-git"""
COARSE_TICK_NS: Final = 2_000_000_000
"""The same on a file system that counts whole seconds. FAT counts two."""

_REPLACED: Final = (errno.ELOOP, errno.ENXIO, errno.ENOTDIR)
"""What the system says of a link or socket in place of a file, or of a file in place of a folder.
"""
_MAX_NS: Final = 2**63 - 1


def open_folder(path: str) -> "Folder":
    """The folder at `path`, which need not be there yet.

    Raises:
        RawError: Symbolic links on the way lead in a circle.
    """
    try:
        return Folder(Path(path).resolve())
    except RuntimeError as error:
        # Before Python 3.13, links that lead in a circle.
        raise RawError(f"{error}, expected a folder") from error


@dataclass(frozen=True)
class Folder:
    """The raw files below `root`, an absolute path.

    The identity of a file is its change time and inode, as git's index has them. Nobody can set
    the change time: https://git-scm.com/docs/git-config#git-config-coretrustctime
    """

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    @property
    def address(self) -> str:
        return str(self.root)

    def check_readable(self) -> None:
        try:
            if not stat.S_ISDIR(self.root.stat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        except OSError as error:
            problem = f"{self.root}: {error.strerror}, expected a readable folder"
            raise NoFolderError(problem) from error

    def check_apart(self, warehouse: Path) -> None:
        try:
            other = warehouse.resolve()
        except RuntimeError as error:
            raise RawError(f"{error}, expected a folder") from error
        if other == self.root:
            raise RawError(f"{other}: found the raw files and the warehouse in one folder")
        for outer, inner in ((self.root, other), (other, self.root)):
            if inner.is_relative_to(outer):
                raise RawError(f"{outer}: contains {inner}; raw files and warehouse must lie apart")

    def find_archive(self, source_path: str) -> str | None:  # noqa: ARG002
        return None

    def find_file(self, source_path: str) -> str:
        return f"{self.root}/{source_path}"

    def find_path(self, file: str) -> str | None:
        prefix = f"{self.root}/"
        return file.removeprefix(prefix) if file.startswith(prefix) else None

    def list_files(self, globs: Globs = EVERY_FILE) -> Iterator[RawFile]:
        files = _walk(os.fspath(self.root), globs, time.time_ns() - TICK_NS)
        try:
            # Most builds have no globs, and each call counts with 100,000 files.
            yield from (file for file in files if globs.match(file.source_path)) if globs else files
        except OSError as error:
            place = f"{error.filename}: {error.strerror}"
            raise NoFolderError(f"{place}, expected a readable folder") from error

    def read(self, source_path: str) -> RawContent:
        """Never follows a link, and never waits on a pipe."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(_find_on_disk(self.root, source_path), flags)
        except OSError as error:
            if error.errno in _REPLACED:
                raise _make_gone_error(source_path) from error
            raise
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _make_gone_error(source_path)
            data = os.read(descriptor, min(status.st_size, MAX_FILE_BYTES) + 1)
            if len(data) == status.st_size:
                sha256, size_bytes = hashlib.sha256(data).hexdigest(), len(data)
            else:
                data, sha256, size_bytes = _read_on(descriptor, data)
        finally:
            os.close(descriptor)
        return RawContent(data, sha256, size_bytes, _modified_ns(status))


def _make_gone_error(source_path: str) -> FileNotFoundError:
    """The error for a file that is gone. The next listing finds what has its name now."""
    return FileNotFoundError(errno.ENOENT, "no longer a regular file", source_path)


def _read_on(descriptor: int, data: bytes) -> tuple[bytes, str, int]:
    """All of a file that is too large to hold, or that grows or shrinks while it is read."""
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data += file.read(MAX_FILE_BYTES + 1 - len(data))
        digest, size_bytes = hashlib.sha256(data), len(data)
        while piece := file.read(1 << 20):
            digest.update(piece)
            size_bytes += len(piece)
    return data, digest.hexdigest(), size_bytes


def _find_on_disk(root: Path, source_path: str) -> bytes:
    r"""The path of a file. Restores the bytes that `source_path` shows as `\xNN`."""
    name = b"".join(
        bytes.fromhex(part) if index % 2 else part.encode()
        for index, part in enumerate(BYTE_ESCAPE.split(source_path))
    )
    return os.fsencode(root) + b"/" + name


def _walk(root: str, globs: Globs, settled_ns: int) -> Iterator[RawFile]:
    folders = [(root, "")]
    while folders:
        folder, prefix = folders.pop()
        entries = _list_entries(folder, is_root=folder == root)
        if entries is None:
            yield RawFile(prefix, None, None, None, f"path too long, {NOT_ENTERED}")
            continue
        for entry in entries:
            path = prefix + render_name(entry.name)
            # Files first, since nearly all entries are files: with 100,000 each call counts.
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                if file := _describe_file(entry, path, settled_ns):
                    yield file
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                if globs.may_enter(path):
                    folders.append((entry.path, f"{path}/"))
            else:
                yield _describe_unopened(entry, path)


def _list_entries(folder: str, *, is_root: bool) -> Iterator[os.DirEntry[str]] | None:
    """The entries of `folder`; none if it was removed since its parent was listed.

    None if its path is too long. They come one by one, since each remembers its `stat`.
    """
    try:
        return os.scandir(folder)
    except FileNotFoundError:
        if is_root:
            raise
        return iter(())
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None


def _describe_unopened(entry: os.DirEntry[str], path: str) -> RawFile:
    if entry.name.startswith("."):
        if entry.is_dir(follow_symlinks=False):
            return RawFile(f"{path}/", None, None, None, f"hidden folder, {NOT_ENTERED}")
        return RawFile(path, None, None, None, "hidden file")
    if entry.is_symlink():
        return RawFile(path, None, None, None, "symbolic link, not followed")
    return RawFile(path, None, None, None, "special file, not opened")


def _describe_file(entry: os.DirEntry[str], path: str, settled_ns: int) -> RawFile | None:
    """The file as it is listed; None if it was removed since its folder was listed."""
    if is_backup(entry.name):
        return RawFile(path, None, None, None, "backup of an editor")
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return RawFile(path, None, None, None, "path too long, not opened")
    changed_ns = status.st_ctime_ns
    latest_ns = changed_ns if changed_ns % 1_000_000_000 else changed_ns + COARSE_TICK_NS
    identity = f"{changed_ns}:{status.st_ino}" if latest_ns < settled_ns else None
    return RawFile(path, status.st_size, _modified_ns(status), identity)


def _modified_ns(status: os.stat_result) -> int:
    """The modification time, kept within 64 bits, which end in 2262. Some file systems go on."""
    time = status.st_mtime_ns
    return time if -_MAX_NS <= time <= _MAX_NS else max(-_MAX_NS, min(_MAX_NS, time))
