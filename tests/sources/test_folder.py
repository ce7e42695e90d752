"""A folder lists and reads raw files of any name and kind, and tells their versions apart."""

import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.errors import RawError
from pipelines.sources.addresses import open_source
from pipelines.sources.folder import COARSE_TICK_NS, TICK_NS, Folder, open_folder
from pipelines.sources.globs import Globs
from pipelines.sources.source import RawFile

NS_PER_SECOND = 10**9
LATER_NS = 60 * NS_PER_SECOND


def identify(folder: Path, source_path: str = "a.md") -> str | None:
    """The identity that a file of `folder` is listed with."""
    files = {file.source_path: file for file in Folder(folder).list_files()}
    return files[source_path].identity


def make_clock_differ(monkeypatch: pytest.MonkeyPatch, difference_ns: int) -> None:
    """Let this process read a clock that differs from that of the file system."""
    read_clock = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: read_clock() + difference_ns)


def check_known_after(
    delay_ns: int, changed_ns: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that the identity of a file that changed at `changed_ns` is known after `delay_ns`."""
    now_ns = 0
    monkeypatch.setattr(time, "time_ns", lambda: now_ns)
    for passed_ns, is_known in ((0, False), (delay_ns, False), (delay_ns + 1, True)):
        now_ns = changed_ns + passed_ns
        assert (identify(folder) is not None) == is_known, passed_ns


class CoarseEntry:
    """An entry of a folder on a file system that counts whole seconds."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self.name, self.path = entry.name, entry.path
        self.is_file, self.is_dir = entry.is_file, entry.is_dir
        self._status = entry.stat(follow_symlinks=False)

    def stat(self, *, follow_symlinks: bool) -> SimpleNamespace:
        assert not follow_symlinks
        status = self._status
        return SimpleNamespace(
            st_size=status.st_size,
            st_ino=status.st_ino,
            st_mtime_ns=status.st_mtime_ns // NS_PER_SECOND * NS_PER_SECOND,
            st_ctime_ns=status.st_ctime_ns // NS_PER_SECOND * NS_PER_SECOND,
        )


@pytest.fixture
def rested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a file of five bytes that has not changed for a minute, as its listing finds."""
    path = tmp_path / "raw" / "a.md"
    path.parent.mkdir()
    path.write_text("12345")
    make_clock_differ(monkeypatch, LATER_NS)
    return path


def test_every_file_is_listed_in_order_and_what_is_never_opened_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.md").write_text("12345")
    os.utime(tmp_path / "b.md", ns=(0, 7))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c.txt").write_text("")
    os.utime(tmp_path / "a" / "c.txt", ns=(0, 8))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "link.md").symlink_to("b.md")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    b, c = ((tmp_path / name).stat() for name in ("b.md", "a/c.txt"))
    make_clock_differ(monkeypatch, LATER_NS)
    assert sorted(Folder(tmp_path).list_files()) == [
        RawFile(".git/", None, None, None, "hidden folder, not entered"),
        RawFile(".hidden", None, None, None, "hidden file"),
        RawFile("a/c.txt", 0, 8, f"{c.st_ctime_ns}:{c.st_ino}"),
        RawFile("b.md", 5, 7, f"{b.st_ctime_ns}:{b.st_ino}"),
        RawFile("link.md", None, None, None, "symbolic link, not followed"),
        RawFile("loop", None, None, None, "symbolic link, not followed"),
        RawFile("pipe", None, None, None, "special file, not opened"),
        RawFile("socket", None, None, None, "special file, not opened"),
    ]


@pytest.mark.parametrize(
    "name", ["story.md~", "story.md.bak", "story.md.orig", "story.md.swp", "#story.md#"]
)
def test_a_backup_is_never_opened_even_if_its_post_is_gone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    for other in ("#1.md", "#", "~"):
        (tmp_path / other).touch()
    (tmp_path / f"{name}.md").touch()
    found = {file.source_path: file.ignored_because for file in Folder(tmp_path).list_files()}
    posts = dict.fromkeys(("#1.md", "#", "~", f"{name}.md"))
    assert found == {name: "backup of an editor", **posts}


@pytest.mark.parametrize(
    ("name", "source_path"),
    [
        (b"plain.md", "plain.md"),
        ("é😀.md".encode(), "é😀.md"),
        (b"\xff.md", "\\xff.md"),
        (b"\\xff.md", "\\x5cxff.md"),
        (b"\\xff\xff.md", "\\x5cxff\\xff.md"),
        (b"back\\slash", "back\\slash"),
        (b"new\nline", "new\nline"),
        (b"100%'\"..", "100%'\".."),
        (b"x" * 255, "x" * 255),
    ],
)
def test_any_name_is_shown_as_text_and_found_again(
    tmp_path: Path, name: bytes, source_path: str
) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"content")
    folder = Folder(tmp_path)
    assert [file.source_path for file in folder.list_files()] == [source_path]
    assert folder.read(source_path).data == b"content"


def test_globs_narrow_the_listing(tmp_path: Path) -> None:
    for name in ("_news/a.md", "_news/b.txt", "_news/old/d.md", "c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    files = Folder(tmp_path).list_files(Globs(("**/*.md",), ("old",)))
    assert sorted(file.source_path for file in files) == ["_news/a.md", "c.md"]


def test_a_folder_that_is_excluded_is_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kept", "left"):
        (tmp_path / name).mkdir()
    entered = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: entered.append(folder) or scan(folder))
    assert list(Folder(tmp_path).list_files(Globs(exclude=("left",)))) == []
    assert entered == [str(tmp_path), str(tmp_path / "kept")]


def test_a_missing_folder_stops_the_run(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "nowhere")
    for look in (lambda: list(folder.list_files()), folder.check_readable):
        with pytest.raises(RawError, match="nowhere: No such file or directory, expected"):
            look()


def test_a_link_or_pipe_that_took_the_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=name):
            Folder(tmp_path).read(name)


def test_an_address_is_a_path_that_is_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "link").symlink_to("raw")
    monkeypatch.chdir(tmp_path)
    assert open_source("link") == open_folder("raw/../raw") == Folder(tmp_path.resolve() / "raw")
    assert open_source("link").address == str(tmp_path.resolve() / "raw")


def test_an_address_with_a_scheme_is_refused_by_name() -> None:
    with pytest.raises(
        RawError, match=r"^s3://bucket/x: addresses with a scheme are not supported"
    ):
        open_source("s3://bucket/x")


def test_a_file_that_changed_just_now_has_no_identity(rested: Path) -> None:
    # The clock of this process is right again.
    with pytest.MonkeyPatch.context() as patch:
        make_clock_differ(patch, -LATER_NS)
        rested.write_text("54321")
        assert identify(rested.parent) is None


def test_an_identity_is_unknown_until_a_tick_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.touch()
    changed_ns = path.stat().st_ctime_ns
    assert changed_ns % NS_PER_SECOND
    check_known_after(TICK_NS, changed_ns, tmp_path, monkeypatch)


def test_an_identity_is_unknown_for_longer_if_times_are_whole_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.touch()
    changed_ns = path.stat().st_ctime_ns // NS_PER_SECOND * NS_PER_SECOND
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: map(CoarseEntry, scan(folder)))
    check_known_after(COARSE_TICK_NS + TICK_NS, changed_ns, tmp_path, monkeypatch)


def test_an_identity_has_the_change_time_and_the_inode_of_a_file_that_rests(rested: Path) -> None:
    status = rested.stat()
    assert identify(rested.parent) == f"{status.st_ctime_ns}:{status.st_ino}"
    assert identify(rested.parent) == identify(rested.parent)


@pytest.mark.parametrize("kind", ["edit", "replacement", "chmod"])
def test_a_changed_file_has_another_identity(rested: Path, kind: str) -> None:
    before, known = rested.stat(), identify(rested.parent)
    # A change time that is later by more than a tick.
    time.sleep(2 * TICK_NS / NS_PER_SECOND)
    times = (before.st_atime_ns, before.st_mtime_ns)
    if kind == "edit":
        rested.write_text("54321")
        os.utime(rested, ns=times)
    elif kind == "replacement":
        other = rested.with_name("b.md")
        other.write_text("54321")
        os.utime(other, ns=times)
        other.rename(rested)
    else:
        rested.chmod(0o600)
    after = rested.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert identify(rested.parent) not in (known, None)


def test_a_file_keeps_its_identity_if_a_folder_above_is_renamed(rested: Path) -> None:
    known = identify(rested.parent)
    moved = rested.parent.rename(rested.parent.with_name("moved"))
    assert known is not None
    assert identify(moved) == known
