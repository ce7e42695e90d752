"""Globs mean what they mean to git."""

import pytest

from pipelines.sources.globs import MAX_ALTERNATIVES, Globs, check_glob, match_glob


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("**/*.md", "a.md x/a.md x/y/a.md", "a.txt a.md/x"),
        ("*.md", "a.md x/y/a.md .md", "amd"),
        ("/a.md", "a.md", "x/a.md"),
        ("./x/*.md", "x/a.md", "y/x/a.md"),
        ("_news/*", "_news/a.md", "_news/x/a.md x/_news/a.md"),
        ("_news/**", "_news/a.md _news/x/a.md", "_news x/_news/a.md"),
        ("a/**/b", "a/b a/x/b a/x/y/b a/b/c", "ab xa/b"),
        ("**", "a a/b", ""),
        ("x/**.md", "x/a.md", "x/y/a.md"),
        ("drafts", "drafts drafts/a x/drafts/y/a", "drafts2/a mydrafts"),
        ("drafts/", "drafts/a x/drafts/y/a", "drafts"),
        ("docs/en", "docs/en docs/en/x/a", "x/docs/en"),
        ("draft*", "drafts/x draft.md x/draft", "adraft"),
        ("**/node_modules/**", "node_modules/a x/node_modules/a/b", "node_modules"),
        ("?.md", "a.md é.md x/a.md", "ab.md .md"),
        ("[a-c]?", "ab x/c1", "d1 a a/b"),
        ("[!a]b [^a]b", "bb", "ab /b"),
        ("[]x]", "] x", "y"),
        ("[a\\]b]", "a ] b", "a]b] \\\\"),
        ("a[b", "a[b", "ab"),
        ("x[/]y x[.-0]y", "", "x/y"),
        ("*.{md,markdown}", "a.md x/a.markdown", "a.txt"),
        ("{_posts,docs/{en,de}}/*", "_posts/a docs/en/a docs/de/a", "docs/a docs/fr/a"),
        ("a{,b}c", "ac abc", "abbc"),
        ("{a}.md", "{a}.md", "a.md"),
        ("\\*\\{a,b}", "*{a,b}", "xa x{a,b}"),
        ("A.md", "A.md", "a.md"),
    ],
)
def test_a_glob_matches_as_in_git(glob: str, matching: str, others: str) -> None:
    for each in glob.split():
        assert [path for path in matching.split() if not match_glob(each, path)] == []
        assert [path for path in others.split() if match_glob(each, path)] == []


def test_a_line_end_in_a_name_is_a_character_like_others() -> None:
    assert match_glob("a?b*", "a\nb\n")
    assert not match_glob("a", "a\n")


def test_exclude_wins_over_include() -> None:
    globs = Globs(include=("*.md", "docs/"), exclude=("_*", "/docs/old"))
    assert [
        path
        for path in ("a.md", "x/a.md", "a.txt", "docs/a.txt", "docs/old/a.md", "_x/a.md", "_a.md")
        if globs.match(path)
    ] == ["a.md", "x/a.md", "docs/a.txt"]


@pytest.mark.parametrize(
    ("globs", "words"),
    [
        (Globs(), ""),
        (Globs(("a", "b")), "'a' or 'b'"),
        (Globs((), ("a", "b")), "all but 'a' or 'b'"),
        (Globs(("a",), ("b",)), "'a', but not 'b'"),
    ],
)
def test_globs_are_said_in_words(globs: Globs, words: str) -> None:
    assert str(globs) == words


def test_a_folder_is_not_entered_if_all_that_is_in_it_is_excluded() -> None:
    globs = Globs(include=("a/*",), exclude=("drafts", "docs/*", "old/**", "**/*.md"))
    folders = ("drafts", "x/drafts", "docs", "docs/en", "old", "old/x", "y")
    assert [each for each in folders if globs.may_enter(each)] == ["docs", "docs/en", "y"]


@pytest.mark.parametrize(
    ("glob", "problem"),
    [
        ("", "found nothing, expected a glob"),
        ("/", 'found "/", expected a glob'),
        ("!drafts", 'found "!drafts", expected a glob; --exclude leaves files out'),
        ("[z-a]", 'found "[z-a]", expected a glob: bad character range z-a'),
        ("{a,b}" * 10, f"found more than {MAX_ALTERNATIVES:,} alternatives"),
    ],
)
def test_what_is_no_glob_says_why(glob: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^found") as error:
        check_glob(glob)
    assert str(error.value).startswith(problem)
