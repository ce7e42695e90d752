"""The documents of the YAML test suite as front matter: read like libyaml does, or refused."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from pipelines.documents.fences import split_post
from pipelines.errors import FrontMatterError
from tests.conftest import parse
from tests.fuzz import compare
from tests.independent import load_post

FILE: Final = Path(__file__).parent / "yaml_test_suite" / "documents.json"
DOCUMENTS: Final[dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
STRICTER: Final = ("is_mapping", "is_one_document", "is_untagged", "is_text_key")
"""What YAML allows and front matter must not have."""


def as_post(text: str) -> bytes:
    end = "" if text.endswith("\n") else "\n"
    return f"---\n{text}{end}---\n".encode()


def read(post: bytes) -> dict[str, Any] | str:
    """The front matter, or the rule that it breaks."""
    try:
        return parse(split_post(post).front_matter)
    except FrontMatterError as error:
        return error.rule


def is_right(found: dict[str, Any] | str, post: bytes) -> bool:
    try:
        expected = load_post(post)[0]
    except yaml.YAMLError:
        return isinstance(found, str)
    except TypeError:
        # A mapping or a list as a key.
        return found in STRICTER
    return found == expected or found in STRICTER


def test_every_case_is_read_or_refused_like_libyaml_does() -> None:
    posts = {name: as_post(text) for name, text in DOCUMENTS.items()}
    found = {name: read(post) for name, post in posts.items()}
    assert {name: found[name] for name in posts if not is_right(found[name], posts[name])} == {}
    assert {rule for rule in found.values() if isinstance(rule, str)} == {"is_yaml", *STRICTER}
    assert sum(isinstance(each, dict) for each in found.values()) > 150


def test_the_quick_parser_reads_every_hostile_file_like_libyaml() -> None:
    report = compare([split_post(as_post(text)).front_matter for text in DOCUMENTS.values()])
    assert report.differences == []
    assert report.counts["tried"] == 402
    assert report.counts["agreed"] > 10
