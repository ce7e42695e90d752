"""The raw files on disk: the only module that lists and reads them."""

import errno
import fnmatch
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.errors import RawError

TICK_NS: Final = 20_000_000
"""The times of a file system may be behind our clock by this, more than a tick of any kernel. A
file that was changed so shortly before it was listed may change again and show the same time, so
its bytes decide, as in git: https://git-scm.com/docs/racy-git"""
COARSE_TICK_NS: Final = 2_000_000_000
"""The same where a file system counts whole seconds; FAT counts two."""
MAX_FILE_BYTES: Final = 32 * 1024 * 1024
"""A larger file is hashed in pieces and never held in memory: a build needs up to 18 times the
size of a file that it loads."""

_MAX_NS: Final = 2**63 - 1
_BYTE_ESCAPE: Final = re.compile(r"\\x([0-9a-f]{2})")


class RawFile(NamedTuple):
    """A file as it was listed.

    `ignored_because` is set for what is never opened: hidden files and folders, symbolic
    links and special files. These have neither size nor time. The time is null, too, where a file
    was changed or replaced since the listing by which it is known: whoever unpacked it may have
    set the time that it shows.
    """

    source_path: str
    size_bytes: int | None
    modified_ns: int | None
    ignored_because: str | None = None


class RawContent(NamedTuple):
    """The bytes of a file, how many they are, and the time it had just before they were read.

    `data` holds the first bytes only if the file is larger than `MAX_FILE_BYTES`.
    """

    data: bytes
    sha256: str
    size_bytes: int
    modified_ns: int


def check_root(root: Path) -> None:
    """Ask of a raw folder only whether it is there.

    Raises:
        RawError: It is not, or is no folder.
    """
    try:
        if not stat.S_ISDIR(root.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise RawError(f"{root}: {error.strerror}, expected a readable folder") from error


def identify_root(root: Path) -> str:
    """Tells the folder `root` from another that takes its name; empty if there is none.

    File systems are told apart by their own id: devices are numbered anew, and a root is always
    the same inode.
    """
    try:
        status, file_system = root.stat(), os.statvfs(root)
    except OSError:
        return ""
    return f"{file_system.f_fsid}:{status.st_dev}:{status.st_ino}"


def list_files(root: Path, include: str | None = None, *, known_ns: int = _MAX_NS) -> list[RawFile]:
    """Every file below `root`, in the order of `source_path`.

    Args:
        root: The raw folder.
        include: A glob over the source path; what does not match is not listed.
        known_ns: When the listing began by which the files are known; what was changed since
            comes without its time.

    Raises:
        RawError: A folder is missing or unreadable. To go on would count its files as deleted.
    """
    try:
        found = _walk(os.fspath(root), known_ns - TICK_NS)
        files = [
            file
            for file in found
            if include is None or fnmatch.fnmatchcase(file.source_path, include)
        ]
    except OSError as error:
        raise RawError(f"{error.filename}: {error.strerror}, expected a readable folder") from error
    return sorted(files, key=itemgetter(0))


def read_content(root: Path, source_path: str) -> RawContent:
    """The bytes of one listed file; never follows a link, never waits on a pipe.

    Raises:
        OSError: The file is gone, unreadable, or no longer a regular file.
    """
    descriptor = os.open(disk_path(root, source_path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "no longer a regular file", source_path)
        data = os.read(descriptor, min(status.st_size, MAX_FILE_BYTES) + 1)
        if len(data) == status.st_size:
            sha256, size_bytes = hashlib.sha256(data).hexdigest(), len(data)
        else:
            data, sha256, size_bytes = _read_on(descriptor, data)
    finally:
        os.close(descriptor)
    return RawContent(data, sha256, size_bytes, _modified_ns(status))


def _read_on(descriptor: int, data: bytes) -> tuple[bytes, str, int]:
    """All of a file that is larger than is held, or grows or shrinks while it is read."""
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data += file.read(MAX_FILE_BYTES + 1 - len(data))
        digest, size_bytes = hashlib.sha256(data), len(data)
        while piece := file.read(1 << 20):
            digest.update(piece)
            size_bytes += len(piece)
    return data, digest.hexdigest(), size_bytes


def disk_path(root: Path, source_path: str) -> bytes:
    r"""Where the file lies; gives back the bytes that `source_path` shows as `\xNN`."""
    name = b"".join(
        bytes.fromhex(part) if index % 2 else part.encode()
        for index, part in enumerate(_BYTE_ESCAPE.split(source_path))
    )
    return os.fsencode(root) + b"/" + name


def _walk(root: str, settled_ns: int) -> Iterator[RawFile]:
    # Whether the root itself is another folder than it was, `identify_root` tells.
    folders = [(root, "", settled_ns, False)]
    while folders:
        folder, prefix, trusted_ns, is_parent_changed = folders.pop()
        is_changed, is_renamed = _look_at(folder, settled_ns)
        # A folder that was moved here brings files with old times. Its own times show the move
        # until an entry comes or goes in it; those of its parent still do after that.
        if is_changed and (is_renamed or is_parent_changed):
            trusted_ns = -_MAX_NS
        entries = _list_entries(folder, is_root=folder == root)
        if entries is None:
            yield RawFile(prefix, None, None, "path too long, not entered")
            continue
        for entry in entries:
            path = prefix + _readable(entry.name)
            # Asked first, since nearly all are files: at 100,000 every question is felt.
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                if file := _describe_file(entry, path, trusted_ns):
                    yield file
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                folders.append((entry.path, f"{path}/", trusted_ns, is_changed))
            else:
                yield _describe_unopened(entry, path)


def _look_at(folder: str, settled_ns: int) -> tuple[bool, bool]:
    """Whether `folder` changed since, and whether it looks as if it was only renamed.

    What comes or goes in a folder changes both of its times, to one and the same. One that was
    moved here may hold other files, which show no change themselves.
    """
    try:
        status = os.stat(folder)  # noqa: PTH116  # Path is slow.
    except OSError:
        return False, False
    return _changed_ns(status) >= settled_ns, status.st_ctime_ns != status.st_mtime_ns


def _changed_ns(status: os.stat_result) -> int:
    """When an inode was changed, at the latest: some file systems count whole seconds."""
    time = status.st_ctime_ns
    return time if time % 1_000_000_000 else time + COARSE_TICK_NS


def _list_entries(folder: str, *, is_root: bool) -> list[os.DirEntry[str]] | None:
    """What is in `folder`, nothing if it was removed since its parent was listed.

    Null if its path is too long.
    """
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        if is_root:
            raise
        return []
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None


def _describe_unopened(entry: os.DirEntry[str], path: str) -> RawFile:
    if entry.name.startswith("."):
        if entry.is_dir(follow_symlinks=False):
            return RawFile(f"{path}/", None, None, "hidden folder, not entered")
        return RawFile(path, None, None, "hidden file")
    if entry.is_symlink():
        return RawFile(path, None, None, "symbolic link, not followed")
    return RawFile(path, None, None, "special file, not opened")


def _describe_file(entry: os.DirEntry[str], path: str, settled_ns: int) -> RawFile | None:
    """The file as it is listed; null if it was removed since its folder was."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return RawFile(path, None, None, "path too long, not opened")
    # Nobody can set this time, as git knows: what it calls core.trustctime.
    if _changed_ns(status) >= settled_ns:
        return RawFile(path, status.st_size, None)
    return RawFile(path, status.st_size, _modified_ns(status))


def _modified_ns(status: os.stat_result) -> int:
    """The time of a file in 64 bits, which end in 2262: file systems know later years."""
    time = status.st_mtime_ns
    return time if -_MAX_NS <= time <= _MAX_NS else max(-_MAX_NS, min(_MAX_NS, time))


def _readable(name: str) -> str:
    r"""`name` as text, its undecodable bytes as `\xNN`.

    Where a name already contains such a sequence, its backslash is escaped in the same way, so
    that no two names become one.
    """
    if name.isascii() and "\\" not in name:
        return name
    text = os.fsencode(name).decode("utf-8", "surrogateescape")
    escaped = _BYTE_ESCAPE.sub(r"\\x5cx\1", text)
    return escaped.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
