"""Listing and reading raw files, whatever their names and kinds."""

import os
import socket
from pathlib import Path

import pytest

from pipelines.errors import RawError
from pipelines.sources.folder import TICK_NS, RawFile, list_files, read_content


def test_every_file_is_listed_in_order_and_what_is_never_opened_says_why(tmp_path: Path) -> None:
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
    assert list_files(tmp_path) == [
        RawFile(".git/", None, None, "hidden folder, not entered"),
        RawFile(".hidden", None, None, "hidden file"),
        RawFile("a/c.txt", 0, 8),
        RawFile("b.md", 5, 7),
        RawFile("link.md", None, None, "symbolic link, not followed"),
        RawFile("loop", None, None, "symbolic link, not followed"),
        RawFile("pipe", None, None, "special file, not opened"),
        RawFile("socket", None, None, "special file, not opened"),
    ]


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
    assert [file.source_path for file in list_files(tmp_path)] == [source_path]
    assert read_content(tmp_path, source_path).data == b"content"


def test_include_narrows_the_listing(tmp_path: Path) -> None:
    for name in ("_news/a.md", "_news/b.txt", "c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [file.source_path for file in list_files(tmp_path, "_news/*.md")] == ["_news/a.md"]


def test_a_missing_folder_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(RawError, match="nowhere: No such file or directory, expected"):
        list_files(tmp_path / "nowhere")


def test_a_link_or_pipe_that_took_the_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=name):
            read_content(tmp_path, name)


def test_a_file_that_was_replaced_since_it_was_known_shows_no_time(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.touch()
    os.utime(path, ns=(0, 7))
    replaced_ns = path.stat().st_ctime_ns
    assert list_files(tmp_path, known_ns=replaced_ns) == [RawFile("a.md", 0, None)]
    assert list_files(tmp_path, known_ns=replaced_ns + TICK_NS + 1) == [RawFile("a.md", 0, 7)]
