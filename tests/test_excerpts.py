"""Excerpts as plain text."""

import polars as pl
import pytest

from pipelines.excerpts import strip_markup, strip_markups


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("<p>Two <b>words</b></p>", "Two words"),
        ("a&nbsp;b \u00a0\n c", "a b c"),
        ("Q&amp;A &#233; &lt;b&gt;", "Q&A é <b>"),
        ("&amp;lt;", "&lt;"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        (" <br/> ", ""),
        ("<p>One</p><P class='x'>Two</P>Three<br>Four<b>teen</b>", "One Two Three Fourteen"),
        ("x<div and a<p", "x<div and a<p"),
        ("a<p-x>b<p.>c", "abc"),
        ("<ul><li>a<li>b</ul><strong>c</strong>d<title>e", "a b cde"),
    ],
)
def test_markup_is_removed_and_entities_are_decoded_once(text: str, plain: str) -> None:
    assert strip_markup(text) == plain


def test_blank_text_is_null() -> None:
    assert strip_markups(pl.Series(["a", "<p></p>", None, "a"])).to_list() == ["a", None, None, "a"]


def test_unclosed_tags_take_linear_time() -> None:
    # A quadratic reading of this megabyte would take hours.
    assert len(strip_markup("<a " * 350_000)) > 0
