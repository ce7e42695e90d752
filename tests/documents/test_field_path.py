"""Field paths as text, and back."""

import pytest

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("title",), "title"),
        (("related", 3, "provider", "domain"), "related[3].provider.domain"),
        (("a b", "c"), '["a b"].c'),
        (("a.b", 0), '["a.b"][0]'),
        (("",), '[""]'),
        (('"\\]\n',), '["\\"\\\\]\\n"]'),
        (("0",), '["0"]'),
        (("é",), '["é"]'),
        (("related", "[0]"), 'related["[0]"]'),
    ],
)
def test_a_path_survives_its_text(path: FieldPath, text: str) -> None:
    assert render_field_path(path) == text
    assert parse_field_path(text) == path
