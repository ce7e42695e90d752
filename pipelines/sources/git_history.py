"""The history of a git repository: which files each commit changed, the oldest commit first."""

import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import IO, Final, NamedTuple

from pipelines.errors import GitError
from pipelines.sources.git_blobs import list_sizes
from pipelines.sources.git_repository import GitRepository

_REGULAR: Final = (b"100644", b"100755", b"100664")
"""The modes of files. Links and other repositories have other modes, and are never opened."""
_PIECE_BYTES: Final = 1 << 20


class Commit(NamedTuple):
    """A commit: the id of its tree, and when it was committed, in seconds since 1970."""

    tree: str
    seconds: int


class Change(NamedTuple):
    """What a commit did to a file.

    `commit` is its place in the history. `path` is below the folder that was asked for. `blob` is
    the content that it has now, None if it has none: it is gone, or is no regular file.
    """

    commit: int
    path: str
    blob: str | None


def list_commits(repository: GitRepository, revision: str, folder: str) -> list[Commit]:
    """The commits that changed something in `folder`, from the first to `revision`.

    Of a merge, only what was merged into counts: one line of states, each of which was there.

    Raises:
        GitError: The history cannot be read.
    """
    paths = ("--", folder) if folder else ("--",)
    said = repository.ask(
        *("rev-list", "--first-parent", "--reverse", "--no-commit-header", "--format=%T %ct"),
        *(revision, *paths),
    )
    lines = (line.split() for line in said.splitlines())
    return [Commit(tree, int(seconds)) for tree, seconds in lines]


def list_changes(
    repository: GitRepository, commits: Iterable[Commit], folder: str
) -> Iterator[Change]:
    """Every change of a file in `folder` by one of `commits`, in their order.

    Raises:
        GitError: The history cannot be read.
    """
    nothing = repository.ask("hash-object", "-t", "tree", "--stdin")
    trees = [nothing, *(commit.tree for commit in commits)]
    _check_trees(repository, trees)
    process = repository.feed(
        (" ".join(pair) for pair in pairwise(trees)),
        *("diff-tree", "--stdin", "--raw", "-r", "-z", "--no-renames", "--no-ext-diff"),
        *("--no-textconv", *(("--", folder) if folder else ())),
    )
    prefix = f"{folder}/" if folder else ""
    with process:
        assert process.stdout is not None
        yield from _parse_changes(process.stdout, prefix)
    if process.returncode:
        raise _damaged(repository)


def _check_trees(repository: GitRepository, trees: Iterable[str]) -> None:
    """Look whether all trees are there. `git diff-tree` says nothing of one that is missing."""
    if any(size is None for size in list_sizes(repository, trees, "tree")):
        raise _damaged(repository)


def _damaged(repository: GitRepository) -> GitError:
    return GitError(f"{repository}: its history is damaged; `git fsck` says where")


def _parse_changes(stream: IO[bytes], prefix: str) -> Iterator[Change]:
    """The changes that `git diff-tree --raw -z` writes, of files whose path begins with `prefix`.

    Before the changes of a commit comes a line with its trees, so lines count commits.
    """
    commit = -1
    blob: str | None = None
    is_path = False
    for token in _split(stream):
        if is_path:
            path = os.fsdecode(token)
            if path.startswith(prefix):
                yield Change(commit, path.removeprefix(prefix), blob)
        else:
            commit += token.count(b"\n")
            _, mode, _, found, _ = token.rpartition(b"\n")[2].split()
            blob = found.decode() if mode in _REGULAR else None
        is_path = not is_path


def _split(stream: IO[bytes]) -> Iterator[bytes]:
    """The parts of `stream` that end with a null byte. What comes after the last is left out."""
    rest = b""
    while piece := stream.read(_PIECE_BYTES):
        *parts, rest = (rest + piece).split(b"\0")
        yield from parts
