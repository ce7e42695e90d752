"""What a post without a title is called."""

import pytest

from pipelines.mapping.titles import find_heading, render_title, split_name


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        ("# One\n\ntext", "One"),
        ("\ntext\n\n # Two ##\n", "Two"),
        ("Three\n=====\n", "Three"),
        ("## second level\n", None),
        ("#no space\n", None),
        ("```\n# a comment\n```\n# Four\n", "Four"),
        ("<h1 class='x'>Five <em>six</em></h1>", "Five six"),
        ("text", None),
        ("\n" * 300 + "# too far down", None),
    ],
)
def test_a_heading_of_the_first_level_is_a_title(body: str, heading: str | None) -> None:
    assert find_heading(body) == heading


@pytest.mark.parametrize(
    ("path", "name", "language"),
    [
        ("_posts/2020-01-02-hello-world.md", "hello-world", None),
        ("a/hello.fr.md", "hello", "fr"),
        ("a/hello.pt-BR.mdx", "hello", "pt-BR"),
        ("a/hello.html.md.erb", "hello", None),
        ("a/2020-01-02-hello/index.md", "hello", None),
        ("a/_index.en.md", "a", "en"),
        ("index.md", "index", None),
        ("Version 1.2 of it.md", "Version 1.2 of it", None),
        ("2020-01-02.md", "2020-01-02", None),
    ],
)
def test_a_name_loses_date_language_and_extensions(
    path: str, name: str, language: str | None
) -> None:
    assert split_name(path) == (name, language)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("hello-world", "Hello world"),
        ("snake_case", "Snake case"),
        ("My note", "My note"),
        ("-", "-"),
    ],
)
def test_a_name_becomes_words(name: str, title: str) -> None:
    assert render_title(name) == title
