"""Patterns of rules in the words of other tools."""

import re

import polars as pl
import pytest

from pipelines.reports.metadata.patterns import find_portable, match_whole
from schemas.language.registry import load_tables
from schemas.language.rules import Rule

TEXTS = ["", " ", "a", "/a", "HTTPS://a", "x http://a", "2024-05", "unknown", "a" * 32, "0" * 64]
RULES = {
    rule.name: rule
    for table in load_tables().values()
    for column in table.readable_columns.values()
    for rule in column.rules
    if rule.limits.pattern
}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_the_pattern_of_a_rule_says_what_the_rule_says(rule: Rule) -> None:
    pattern = find_portable(rule.limits.pattern)
    assert pattern
    holds = pl.DataFrame({"text": TEXTS}).select(rule.holds(pl.col("text")))["text"].to_list()
    assert [bool(re.search(pattern, text)) for text in TEXTS] == holds
    assert [bool(re.fullmatch(match_whole(pattern), text)) for text in TEXTS] == holds


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("b", "a\nbc"), ("^a|b$", "ax"), ("^a|b$", "xb"), ("^a$|b", "xbx"), ("^(?:a|b)$", "b")],
)
def test_a_pattern_that_is_found_somewhere_matches_the_whole_text(pattern: str, text: str) -> None:
    assert re.fullmatch(match_whole(pattern), text)
    assert not re.fullmatch(match_whole(pattern), "c")


@pytest.mark.parametrize("pattern", [r"\p{L}", "(?i)a", "[[:alpha:]]", "[a&&b]", r"\A", "(?x: a)"])
def test_a_pattern_that_tools_read_differently_is_not_handed_on(pattern: str) -> None:
    assert find_portable(pattern) is None
