"""Entities are decoded as browsers do, even those with very long numbers."""

import pytest

from pipelines.values.entities import decode_entities

NINES = "9" * 5_000
ZEROS = "0" * 5_000


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("&#38; &#038; &amp; &#x26;", "& & & &"),
        ("&#65 &#065x", "A Ax"),
        ("&#0; &#55296; &#x110000;", "\ufffd \ufffd \ufffd"),
        ("&#1114109; &#1114112; &#11141110;", "\U0010fffd \ufffd \ufffd"),
        (f"&#{NINES};", "\ufffd"),
        (f"&#{NINES}x", "\ufffdx"),
        (f"&#{ZEROS}65; &#{ZEROS}; &#x{ZEROS}41;", "A \ufffd A"),
        (f"&#x{NINES};", "\ufffd"),
        ("&amp;#65; &# &#; #65;", "&#65; &# &#; #65;"),
    ],
)
def test_entities_are_decoded_once(text: str, decoded: str) -> None:
    assert decode_entities(text) == decoded
