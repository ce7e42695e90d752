"""The history of a repository: what each commit changed."""

from pathlib import Path

import pytest

from pipelines.errors import GitError
from pipelines.sources.git_history import Change, list_changes, list_commits
from pipelines.sources.git_repository import GitRepository, open_git
from tests.git_repositories import START, Files, Step, git, make_repository


def read_changes(repository: GitRepository, folder: str = "") -> list[tuple[int, str, str | None]]:
    """Each change, with the content in place of its blob."""
    commits = list_commits(repository, "HEAD", folder)
    return [
        (commit, path, blob and git(Path(repository.folder), "cat-file", "blob", blob))
        for commit, path, blob in list_changes(repository, commits, folder)
    ]


def test_each_commit_says_what_it_did_to_files(tmp_path: Path) -> None:
    steps: list[Files] = [{"a": "1", "b": "1"}, {"a": "2"}, {}, {"b": None, "c": "1"}]
    repository = make_repository(tmp_path, steps)
    assert read_changes(repository) == [
        (0, "a", "1"),
        (0, "b", "1"),
        (1, "a", "2"),
        (3, "b", None),
        (3, "c", "1"),
    ]
    times = [each.seconds for each in list_commits(repository, "HEAD", "")]
    assert times == [START, START + 3600, START + 2 * 3600, START + 3 * 3600]


def test_only_commits_that_touch_the_folder_count(tmp_path: Path) -> None:
    steps: list[Files] = [{"x/a": "1", "xy": "1"}, {"y/a": "1"}, {"x/b": "2", "y/a": "2"}]
    repository = make_repository(tmp_path, steps)
    assert read_changes(repository, "x") == [(0, "a", "1"), (1, "b", "2")]


def test_a_folder_is_no_pattern(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [{"[x]/a": "1", "x/a": "2"}])
    assert read_changes(repository, "[x]") == [(0, "a", "1")]


def test_links_and_other_repositories_have_no_content(tmp_path: Path) -> None:
    first = Step({"a": "1", "b": "1"})
    modes = {"a": "120000", "b": "160000"}
    other = Step({"a": "elsewhere", "b": "1" * 40}, modes=modes)
    assert read_changes(make_repository(tmp_path, [first, other])) == [
        (0, "a", "1"),
        (0, "b", "1"),
        (1, "a", None),
        (1, "b", None),
    ]


def test_names_of_any_bytes_are_kept(tmp_path: Path) -> None:
    names = ["tab\there", "line\nend", "\udcff", "ü"]
    repository = make_repository(tmp_path, [dict.fromkeys(names, "1")])
    assert {path for _, path, _ in read_changes(repository)} == set(names)


def test_a_merge_is_what_came_into_the_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    for branch, name in (("main", "a"), ("side", "b"), ("main", "c")):
        git(tmp_path, "checkout", "--quiet", *(["-B"] if name != "c" else []), branch)
        (tmp_path / name).write_text("1")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "-m", name)
    git(tmp_path, "merge", "--quiet", "--no-edit", "side")
    changes = read_changes(open_git(str(tmp_path)).repository)
    assert changes == [(0, "a", "1"), (1, "c", "1"), (2, "b", "1")]


def test_a_rename_is_a_file_that_went_and_one_that_came(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [{"a": "1"}, {"a": None, "b": "1"}])
    assert read_changes(repository)[1:] == [(1, "a", None), (1, "b", "1")]


def test_a_history_that_is_damaged_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [{"x/a": "1"}, {"x/a": "2"}])
    commits = list_commits(repository, "HEAD", "")
    lost = [commits[0]._replace(tree="1" * 40), *commits[1:]]
    with pytest.raises(GitError, match="its history is damaged; `git fsck` says where"):
        list(list_changes(repository, lost, ""))


def test_a_change_of_nothing_but_rights_is_a_change(tmp_path: Path) -> None:
    steps = [Step({"a": "1"}), Step({"a": "1"}, modes={"a": "100755"})]
    assert read_changes(make_repository(tmp_path, steps)) == [(0, "a", "1"), (1, "a", "1")]


def test_changes_are_counted_from_the_first_commit(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, [{f"{number}": "1"} for number in range(300)])
    commits = list_commits(repository, "HEAD", "")
    changes = list(list_changes(repository, commits, ""))
    assert [(each.commit, each.path) for each in changes] == [(n, f"{n}") for n in range(300)]
    assert {type(each) for each in changes} == {Change}
