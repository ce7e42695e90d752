"""Sources: what becomes of a text before it goes into a column."""

from typing import Any

import pytest

from pipelines.mapping.source import Source, add_prefix, check_slots, name_sources

DATE = r"(\d{4})/(?P<month>\d\d)"


@pytest.mark.parametrize(
    ("source", "value", "reshaped"),
    [
        (Source("k"), "a", "a"),
        (Source("k", pattern=r"\d+"), "a 17 b", "17"),
        (Source("k", pattern=r"(\d+) b"), "a 17 b", "17"),
        (Source("k", pattern=r"\d+"), "none", None),
        (Source("k", pattern=r"x(\d)?"), "x", ""),
        (Source("k", pattern=DATE, template="{1}-{month}-01"), "2024/03", "2024-03-01"),
        (Source("k", pattern=DATE, template="{0}|{}|{{}}"), "2024/03", "2024/03|2024|{2024}"),
        (Source("k", template="/x/{}/"), " a ", "/x/a/"),
        (Source("k", template="{}{}{a b}"), r"\1", r"\1\1{a b}"),
        (Source("k", template="/x/{}/"), " ", " "),
        (Source("k", prefix="/i"), "a", "/i/a"),
        (Source("k", pattern="b.*", template="{}.png", prefix="/i/"), "abc", "/i/bc.png"),
        (Source("k", pattern=r"^a"), ["ab", "b", "ac"], ["a", "a"]),
        (Source("k", prefix="/i"), ["a", {"url": "b"}], ["/i/a", {"url": "b"}]),
        (Source("k", pattern="a"), {"a": "a"}, {"a": "a"}),
    ],
)
def test_a_value_is_reshaped(source: Source, value: Any, reshaped: Any) -> None:
    assert source.reshape(value) == reshaped


@pytest.mark.parametrize(
    ("prefix", "address", "whole"),
    [
        ("https://e.org/i/", "a/b.png", "https://e.org/i/a/b.png"),
        ("https://e.org/i", "/a.png", "https://e.org/i/a.png"),
        ("i", "./a.png", "i/a.png"),
        ("/", " a.png ", "/a.png"),
        ("i", "https://o.org/a.png", "https://o.org/a.png"),
        ("i", "//o.org/a.png", "//o.org/a.png"),
        ("i", "data:x", "data:x"),
        ("i", " ", " "),
    ],
)
def test_a_prefix_comes_before_what_is_no_whole_address(
    prefix: str, address: str, whole: str
) -> None:
    assert add_prefix(prefix, address) == whole


@pytest.mark.parametrize(
    ("pattern", "template"), [(None, "x"), (None, "{1}"), ("(a)", "{2}"), ("a", "{name}{}")]
)
def test_a_slot_needs_a_group(pattern: str | None, template: str) -> None:
    with pytest.raises(ValueError, match="found"):
        check_slots(pattern, template)


def test_an_exclamation_mark_is_for_the_opposite() -> None:
    assert name_sources("a", "!b") == (Source("a"), Source("b", is_inverse=True))
