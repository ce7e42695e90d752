"""A git repository. It may be hostile: git reads it, and runs nothing that it names."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, NamedTuple

from pipelines.errors import GitError, NoGitError, UntrustedGitError

_OPTIONS: Final = (
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
)
_ENVIRONMENT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    # Whatever its settings say, git fetches nothing by any program.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    # The text of errors is looked at.
    "LC_ALL": "C",
}
_PARTIAL: Final = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
"""The settings of a partial clone. Whenever git misses something, it would ask its origin."""
_KEPT: Final = ("GIT_CONFIG_GLOBAL", "GIT_CEILING_DIRECTORIES", "GIT_EXEC_PATH")
"""Variables of the user that stay. Others, like GIT_DIR in a hook, would name another repository.
"""


@dataclass(frozen=True)
class GitRepository:
    """A repository by its git directory, an absolute path. It crosses to worker processes.

    Only plumbing is called: `git log` obeys settings of the repository, and may run a program to
    check signatures.
    """

    folder: str

    def __str__(self) -> str:
        return self.folder

    def start(self, *arguments: str, stdin: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """A git process, whose output is read while it works.

        What it says of errors goes nowhere: a repository could make it say so much that it waits.

        Raises:
            NoGitError: git is not installed.
        """
        return _start(
            *("--git-dir", self.folder, *arguments),
            folder=self.folder,
            stdin=stdin,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, *arguments: str) -> str:
        """What git answers.

        Raises:
            GitError: It answers with an error.
        """
        return _ask(self.folder, self.folder, "--git-dir", self.folder, *arguments)

    def feed(self, lines: Iterable[str], *arguments: str) -> subprocess.Popen[bytes]:
        """A git process that reads `lines`, which wait for it in a file."""
        with TemporaryFile() as file:
            file.writelines(f"{line}\n".encode() for line in lines)
            file.seek(0)
            return self.start(*arguments, stdin=file)

    def resolve(self, revision: str) -> str:
        """The id of the commit that `revision` means.

        Raises:
            GitError: There is none.
        """
        commit = f"{revision}^{{commit}}"
        try:
            return self.ask("rev-parse", "--quiet", "--verify", "--end-of-options", commit)
        except GitError as error:
            raise GitError(f"{self}: found no commit {revision!r}") from error


class OpenedGit(NamedTuple):
    """A repository, and how it was found.

    `root` is its working folder, None if it has none. `place` is the folder in the repository at
    which it was opened, without slashes around it; empty at the root. `is_shallow` if it lacks
    the beginning of its history.
    """

    repository: GitRepository
    root: Path | None
    place: str
    is_shallow: bool


def open_git(path: str) -> OpenedGit:
    """The repository in which the folder `path` lies.

    Raises:
        NoGitError: git is not installed.
        UntrustedGitError: It belongs to another user, and git refuses to read it.
        GitError: There is none, or it is a partial clone.
    """
    if not Path(path).is_dir():
        raise GitError(f"{path}: found no folder, expected a clone of a git repository")
    repository = GitRepository(_ask_at(path, "--absolute-git-dir"))
    if _is_partial(repository):
        raise GitError(
            f"{path}: is a partial clone, which lacks contents; clone it without --filter"
        )
    is_worked_in = _ask_at(path, "--is-inside-work-tree") == "true"
    return OpenedGit(
        repository,
        Path(_ask_at(path, "--show-toplevel")) if is_worked_in else None,
        _ask_at(path, "--show-prefix").strip("/") if is_worked_in else "",
        is_shallow=_ask_at(path, "--is-shallow-repository") == "true",
    )


def _ask_at(path: str, question: str) -> str:
    return _ask(path, path, "rev-parse", question)


def _is_partial(repository: GitRepository) -> bool:
    try:
        return bool(repository.ask("config", "--get-regexp", _PARTIAL))
    except GitError:
        return False


def _ask(place: str, folder: str, *arguments: str) -> str:
    """What git answers in `folder`. An error names the `place`."""
    process = _start(*arguments, folder=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    if process.returncode:
        raise _explain(errors, place)
    # A name of a folder may end with blanks.
    return os.fsdecode(output).removesuffix("\n")


def _start(
    *arguments: str, folder: str, stdin: IO[bytes] | int, stderr: int
) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept |= {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        return subprocess.Popen(
            ["git", *_OPTIONS, *arguments],
            cwd=folder,
            env={**kept, **_ENVIRONMENT},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    except FileNotFoundError as error:
        raise NoGitError("git is not installed, or not in PATH") from error


def _explain(errors: bytes, place: str) -> GitError:
    """The error for what git wrote to its standard error."""
    lines = os.fsdecode(errors).strip().splitlines() or ["git failed without a word"]
    if any("dubious ownership" in line for line in lines):
        return UntrustedGitError(f"{place}: the repository is of another user", place)
    if any("not a git repository" in line for line in lines):
        return GitError(f"{place}: found no git repository")
    return GitError(f"{place}: git says: {lines[-1].removeprefix('fatal: ')}")
