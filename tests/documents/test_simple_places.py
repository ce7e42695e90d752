"""The lines of simple YAML tell the places that libyaml finds."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given

from pipelines.documents.field_path import FieldPath
from pipelines.documents.gate import list_simple, strip_fence
from pipelines.documents.libyaml import locate_in_yaml, read_yaml
from pipelines.documents.simple_places import find_in_lines
from pipelines.errors import FrontMatterError
from tests.yaml_documents import documents, list_small_documents, write_simple_document

TEXT = """\
---
# date: 0
title: "date: 1"
date:   2024
note: date
  - 'a'
tags:
- date: 2
  url: 3
twice: 1
twice:
empty:
blank:   \n\
last: [x]
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("title",), (3, 8)),
        (("date",), (4, 9)),
        (("last",), (14, 7)),
        (("twice",), None),
        (("url",), None),
        (("empty",), None),
        (("blank",), None),
        (("tags",), None),
        (("absent",), None),
        (("date", 0), None),
        ((), None),
    ],
)
def test_a_value_on_the_line_of_its_root_key_is_found(
    path: FieldPath, place: tuple[int, int] | None
) -> None:
    assert list(list_simple([strip_fence(TEXT)])) == [0]
    assert dict(find_in_lines(TEXT, [path])).get(path) == place


@given(documents(write_simple_document))
def test_nothing_differs_from_libyaml(text: str) -> None:
    assert list(list_differences([text])) == []


def test_no_small_document_differs() -> None:
    texts = [f"---\n{text}" for text in list_small_documents(3)]
    assert list(list_differences(texts)) == []


def list_differences(texts: Sequence[str]) -> Iterator[str]:
    """The texts in which a value is elsewhere than libyaml says."""
    for place in list_simple([strip_fence(text) for text in texts]):
        text = texts[place]
        try:
            keys = read_yaml(text, ()).values
        except FrontMatterError:
            continue
        found = dict(find_in_lines(text, [(key,) for key in (*keys, "a", "b", "c")]))
        if found != locate_in_yaml(text, found):
            yield text
