"""The documents of the YAML test suite as front matter: what libyaml reads, less what we refuse."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from pipelines.errors import FrontMatterError
from pipelines.fences import split_post
from pipelines.front_matter import parse_front_matter
from tests.fuzz import compare
from tests.independent import load_post

FILE: Final = Path(__file__).parent / "yaml_test_suite" / "documents.json"
DOCUMENTS: Final[dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
STRICTER: Final = {"is_mapping", "is_one_document", "is_untagged", "is_text_key"}
"""What YAML has and front matter must not have."""


def as_post(text: str) -> bytes:
    end = "" if text.endswith("\n") else "\n"
    return f"---\n{text}{end}---\n".encode()


def read(post: bytes) -> dict[str, Any] | str:
    """The front matter, or the rule that it breaks."""
    try:
        return parse_front_matter(split_post(post).front_matter)
    except FrontMatterError as error:
        return error.rule


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_read_or_refused_as_by_libyaml(name: str) -> None:
    post = as_post(DOCUMENTS[name])
    found = read(post)
    if found == "is_yaml":
        with pytest.raises(yaml.YAMLError):
            load_post(post)
    elif isinstance(found, str):
        assert found in STRICTER
    else:
        assert load_post(post)[0] == found


def test_the_quick_parser_reads_none_otherwise() -> None:
    report = compare([split_post(as_post(text)).front_matter for text in DOCUMENTS.values()])
    assert report.differences == []
    assert report.counts["tried"] == 402
    assert report.counts["agreed"] > 10
