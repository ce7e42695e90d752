"""Files that are plainly no posts, told by their paths."""

import pytest

from pipelines.documents.fences import explain_ignored
from tests.conftest import Archive, post

POST = b"---\ntitle: A\n---\n"
TEMPLATE = "template of a site generator, not a post"


@pytest.mark.parametrize(
    "path",
    [
        *("a.md", "a.markdown", "a.mdx", "a.Rmd", "a.html", "a.html.md.erb", "a.txt", "a.njk"),
        *("a.liquid", "a.webc", "a.adoc", "a.org", "a.rst", "a.unheard-of", "a", "json", ".md"),
        *("a.yml/b.md", "content/layouts/a.md", "docs/archetypes/a.md", "my_layouts/a.md"),
        *("source/_posts/scaffolds/a.md", "layouts.md", "a.json.md"),
    ],
)
def test_a_file_of_this_path_may_be_a_post(path: str) -> None:
    assert explain_ignored(POST, path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("_config.yml", "data file (.yml), not a post"),
        ("_data/a.b.YAML", "data file (.yaml), not a post"),
        ("a.canvas", "data file (.canvas), not a post"),
        ("yarn.lock", "data file (.lock), not a post"),
        ("src/pages/index.astro", "component or style (.astro), not a post"),
        ("css/main.scss", "component or style (.scss), not a post"),
        ("feed.xml", "component or style (.xml), not a post"),
        ("_layouts/a.html", TEMPLATE),
        ("site/_includes/deep/a.md", TEMPLATE),
        ("content/_layouts/a.md", TEMPLATE),
        ("layouts/_default/a.html", TEMPLATE),
        ("themes/x/archetypes/default.md", TEMPLATE),
        ("scaffolds/post.md", TEMPLATE),
        ("source/layouts/a.html.erb", TEMPLATE),
        ("node_modules/a/README.md", TEMPLATE),
    ],
)
@pytest.mark.parametrize("data", [POST, b'{"a": 1}', b"+++\n", b"---yaml\na: 1\n", b"---"])
def test_a_file_of_this_path_is_no_post(path: str, reason: str, data: bytes) -> None:
    assert explain_ignored(data, path) == reason


@pytest.mark.parametrize("data", [b"", b"# no fence\n", b"[1]\n"])
def test_a_file_that_does_not_begin_like_a_post_has_the_reason_of_its_bytes(data: bytes) -> None:
    assert "not a post" not in str(explain_ignored(data, "_layouts/a.json"))


def test_files_that_are_no_posts_count_in_no_share(archive: Archive) -> None:
    archive.write("a.md", post())
    for number in range(20):
        archive.write(f"_data/{number}.yml", "---\nnever: closed\n")
        archive.write(f"{number}.webmanifest", '{"a": 1,}')
    run = archive.run(max_reject_share=0)
    assert run.files == {"loaded": 1, "rejected": 0, "ignored": 40}
    assert archive.findings("rule") == []
