"""Which mapping fits an archive."""

import pytest

from pipelines.mapping.choice import choose_mapping

EVERYDAY = b"---\npublishedDateTime: 2024-03-05\n---\n"
OTHER = b"---\ntitle: a\n---\n"


@pytest.mark.parametrize(
    ("posts", "name"),
    [
        ([EVERYDAY, OTHER], "everyday"),
        ([EVERYDAY, OTHER, OTHER], "web"),
        ([b'+++\n"publishedDateTime" = 2024-03-05\n+++\n'], "everyday"),
        ([b"---\ndate: 2024-03-05\n---\n"], "web"),
        ([b"---\ntitle: about publishedDateTime: what it is\n---\n"], "web"),
        ([], "web"),
    ],
)
def test_everyday_reads_an_archive_if_half_of_the_posts_have_its_key(
    posts: list[bytes], name: str
) -> None:
    assert choose_mapping(posts, "publishedDateTime").name == name
