"""An untrusted repository: nothing in it is run, and every problem is reported."""

import hashlib
import os
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.errors import GitError, NoGitError, UntrustedGitError
from pipelines.reports.advice import advise
from pipelines.sources.git_blobs import BlobReader, list_sizes
from pipelines.sources.git_history import list_changes, list_commits
from pipelines.sources.git_repository import GitRepository, open_git
from pipelines.sources.source import MAX_FILE_BYTES
from tests.git_repositories import Files, git, make_repository


@pytest.fixture
def worked_in(tmp_path: Path) -> Path:
    """A repository with a working folder: a post in `site/posts`."""
    folder = tmp_path / "repository"
    (folder / "site" / "posts").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "site" / "posts" / "a.md").write_text("1")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_a_repository_is_found_from_any_folder_in_it(worked_in: Path) -> None:
    opened = open_git(str(worked_in / "site" / "posts"))
    assert (opened.root, opened.place) == (worked_in, "site/posts")
    assert open_git(str(worked_in)).place == ""
    assert opened.repository.folder == str(worked_in / ".git")
    assert not opened.is_shallow


def test_a_bare_repository_has_no_working_folder(tmp_path: Path) -> None:
    make_repository(tmp_path / "bare", [{"a": "1"}])
    opened = open_git(str(tmp_path / "bare"))
    assert (opened.root, opened.place) == (None, "")


def test_a_shallow_clone_is_known(tmp_path: Path) -> None:
    make_repository(tmp_path / "whole", [{"a": "1"}, {"a": "2"}])
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tmp_path / 'whole'}", "cut")
    opened = open_git(str(tmp_path / "cut"))
    assert opened.is_shallow
    assert len(list_commits(opened.repository, "HEAD", "")) == 1


def test_no_program_that_a_repository_names_is_run(worked_in: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\ncat\n")
    trap.chmod(0o755)
    named = (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "gpg.program"),
        *("diff.external", "diff.trap.textconv", "diff.trap.command", "filter.trap.clean"),
        *("filter.trap.smudge", "filter.trap.process", "core.alternateRefsCommand"),
        *("pager.rev-list", "pager.diff-tree", "alias.rev-list", "alias.cat-file"),
    )
    for name in named:
        git(worked_in, "config", name, str(trap))
    git(worked_in, "config", "log.showSignature", "true")
    (worked_in / ".git" / "info" / "attributes").write_text("* diff=trap filter=trap\n")
    for hook in ("post-checkout", "reference-transaction", "fsmonitor-watchman"):
        (worked_in / ".git" / "hooks" / hook).write_text(trap.read_text())
        (worked_in / ".git" / "hooks" / hook).chmod(0o755)
    repository = open_git(str(worked_in)).repository
    commits = list_commits(repository, repository.resolve("HEAD"), "")
    (change,) = list_changes(repository, commits, "")
    with closing(BlobReader(repository)) as reader:
        assert reader.read(str(change.blob)).data == b"1"
    assert not (tmp_path / "sprung").exists()


def test_a_partial_clone_is_refused_and_fetches_nothing(tmp_path: Path) -> None:
    make_repository(tmp_path / "whole", [{"a": "1"}])
    git(tmp_path / "whole", "config", "uploadpack.allowFilter", "true")
    source = f"file://{tmp_path / 'whole'}"
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", source, "cut")
    with pytest.raises(GitError, match="is a partial clone, which lacks contents"):
        open_git(str(tmp_path / "cut"))
    # Even if nobody looked, git would fetch nothing.
    cut = GitRepository(str(tmp_path / "cut"))
    (change,) = list_changes(cut, list_commits(cut, "HEAD", ""), "")
    assert list(list_sizes(cut, [str(change.blob)])) in ([], [None])


def test_variables_of_git_lead_nowhere_else(
    worked_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "other", [{"other": "1"}])
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "other" / "objects"))
    assert open_git(str(worked_in)).repository.folder == str(worked_in / ".git")


def test_what_replaces_a_commit_is_not_looked_at(tmp_path: Path) -> None:
    steps: list[Files] = [{"a": "1"}, {"a": "2"}]
    repository = make_repository(tmp_path, steps)
    git(tmp_path, "replace", "HEAD", "HEAD~1")
    assert len(list_commits(repository, "HEAD", "")) == 2


@pytest.mark.parametrize("revision", ["nowhere", "--all", "-n1", "", "HEAD..main", "HEAD:a"])
def test_a_revision_that_is_no_commit_is_refused(tmp_path: Path, revision: str) -> None:
    repository = make_repository(tmp_path, [{"a": "1"}])
    with pytest.raises(GitError, match="found no commit"):
        repository.resolve(revision)


def test_a_repository_without_commits_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [])
    with pytest.raises(GitError, match="found no commit 'HEAD'"):
        repository.resolve("HEAD")


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="found no git repository"):
        open_git(str(tmp_path))
    with pytest.raises(GitError, match="found no folder, expected a clone of a git repository"):
        open_git(str(tmp_path / "nowhere"))


def test_without_git_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoGitError, match="git is not installed, or not in PATH"):
        open_git(str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_the_repository_of_another_user_is_read_only_if_git_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    folder = tmp_path / "it's of another"
    make_repository(folder, [{"a": "1"}])
    os.chown(folder, 65534, 65534)
    with pytest.raises(UntrustedGitError, match="the repository is of another user") as caught:
        open_git(str(folder))
    advice = str(advise(caught.value))
    command = advice.partition("`")[2].rstrip("`")
    assert os.system(command) == 0
    assert open_git(str(folder)).repository.folder == str(folder)


def test_blobs_are_read_whole_up_to_the_limit_and_hashed_beyond_it(tmp_path: Path) -> None:
    large = b"x" * (MAX_FILE_BYTES + 10)
    repository = make_repository(tmp_path, [{"a": "small", "b": large, "c": ""}])
    blobs = git(tmp_path, "ls-tree", "--format=%(objectname)", "HEAD").split()
    assert list(list_sizes(repository, [*blobs, "1" * 40])) == [5, len(large), 0, None]
    with closing(BlobReader(repository)) as reader:
        small, big, empty = (reader.read(blob) for blob in blobs)
        assert (small.data, empty.data) == (b"small", b"")
        assert (len(big.data), big.size_bytes) == (MAX_FILE_BYTES + 1, len(large))
        assert big.sha256 == hashlib.sha256(large).hexdigest()
        with pytest.raises(FileNotFoundError):
            reader.read("1" * 40)
        assert reader.read(blobs[0]) == small


def test_what_is_damaged_does_not_keep_others_from_being_read(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [{"a": "1"}])
    damaged, whole = (
        git(tmp_path, "hash-object", "-w", "--stdin", content=content).strip()
        for content in (b"damaged" * 9, b"whole")
    )
    path = tmp_path / "objects" / damaged[:2] / damaged[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9])
    with closing(BlobReader(repository)) as reader:
        for _ in range(2):
            with pytest.raises(OSError, match="git cannot read it"):
                reader.read(damaged)
            assert reader.read(whole).data == b"whole"
