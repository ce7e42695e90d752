"""Which mapping fits an archive."""

import pytest

from pipelines.mapping.choice import choose_mapping


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ([b"---\ntitle: a\n---\n", b"---\npublishedDateTime: 2024-03-05\n---\n"], "everyday"),
        ([b'+++\n"publishedDateTime" = 2024-03-05\n+++\n'], "everyday"),
        ([b"---\ndate: 2024-03-05\n---\n"], "web"),
        ([b"---\ntitle: about publishedDateTime: what it is\n---\n"], "web"),
        ([], "web"),
    ],
)
def test_an_archive_with_the_key_of_everyday_is_read_by_it(files: list[bytes], name: str) -> None:
    assert choose_mapping(files, "publishedDateTime").name == name
