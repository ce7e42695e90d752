"""Git repositories for tests, made without the settings of the user."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from pipelines.sources.git_repository import GitRepository, open_git

Files: TypeAlias = Mapping[str, str | bytes | None]
"""What a commit does to files, by path: their new content, or None if it deletes them."""

START: Final = 1_700_000_000
"""When the first commit happens, if nothing else is said. The others follow by the hour."""
_SIGNATURE: Final = "A <a@example.org>"


class Step(NamedTuple):
    """A commit. `seconds` is when it happened. `modes` are those of files that are not regular."""

    files: Files
    seconds: int | None = None
    modes: Mapping[str, str] = {}


def git(folder: Path, *arguments: str, content: bytes = b"") -> str:
    """What git answers in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    process = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env={
            **kept,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.org"),
        },
        input=content,
        capture_output=True,
        check=True,
    )
    return os.fsdecode(process.stdout)


def make_repository(folder: Path, steps: Iterable[Step | Files]) -> GitRepository:
    """A bare repository with a commit for each of `steps`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--bare")
    return add_commits(folder, steps)


def add_commits(folder: Path, steps: Iterable[Step | Files]) -> GitRepository:
    """The repository with more commits."""
    known = int(git(folder, "rev-list", "--count", "--all"))
    # Git goes on with a branch by itself, but not with one of an earlier import.
    begin = b"reset refs/heads/main\nfrom refs/heads/main^0\n" if known else b""
    stream = begin + b"".join(
        _render_commit(number, step if isinstance(step, Step) else Step(step))
        for number, step in enumerate(steps, start=known)
    )
    git(folder, "fast-import", "--quiet", content=stream)
    return open_git(str(folder)).repository


def _render_commit(number: int, step: Step) -> bytes:
    seconds = START + 3600 * number if step.seconds is None else step.seconds
    lines = [b"commit refs/heads/main"]
    lines.append(f"committer {_SIGNATURE} {seconds} +0100".encode())
    lines.append(b"data 0")
    for path, content in step.files.items():
        quoted = b'"' + os.fsencode(path).replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b'"'
        if content is None:
            lines.append(b"D " + quoted)
            continue
        data = content.encode() if isinstance(content, str) else content
        mode = step.modes.get(path, "100644").encode()
        if mode == b"160000":
            lines.append(b"M 160000 " + data + b" " + quoted)
        else:
            lines += [b"M " + mode + b" inline " + quoted, b"data %d" % len(data), data]
    return b"\n".join(lines) + b"\n"
