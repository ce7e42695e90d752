"""Names of rules in matterhouse.toml: RULE, COLUMN.RULE or TABLE.COLUMN.RULE."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from schemas.language.registry import list_derived, load_tables
from schemas.language.table import Table

_OWN_RULES: Final = {"is_not_empty", "is_at_least", "is_at_most", "matches_pattern", "is_one_of"}
_SHAPE_RULES: Final = {"has_time_zone", "is_list", "is_text", "is_mapping", "is_known_key"}
_FILE_RULES: Final = {
    *("begins_with_fence", "is_closed", "is_json", "is_no_merge_key", "is_one_document"),
    *("is_parsable", "is_still_post", "is_text_key", "is_toml", "is_unique_key", "is_untagged"),
    *("is_utf8", "is_visible", "is_within_levels", "is_within_nodes", "is_within_size", "is_yaml"),
    "keeps_all_text",
}
"""The rules of whole files and of their front matter. No mapping weakens them."""


def list_judged() -> dict[str, Table]:
    """The tables whose rules a mapping may weaken."""
    tables = load_tables()
    return {name: tables[name] for name in list_derived()}


def check_rule(name: str) -> str:
    """Check the name of a rule of a table.

    Raises:
        ValueError: There is none of this name.
    """
    return _check(name, _list_table_rules())


def check_any_rule(name: str) -> str:
    """Check the name of a rule of a table, or of a file.

    Raises:
        ValueError: There is none of this name.
    """
    return name if name in _FILE_RULES else _check(name, _list_table_rules() | _FILE_RULES)


def _list_table_rules() -> set[str]:
    tables = list_judged().values()
    rules = {rule for table in tables for each in table.columns for rule in table.list_rules(each)}
    return rules | _SHAPE_RULES | _OWN_RULES


def _check(name: str, rules: Iterable[str]) -> str:
    *place, rule = name.split(".")
    if rule not in rules:
        near = get_close_matches(rule, rules, 1)
        expected = f"is {near[0]} meant?" if near else "see `matterhouse schema`"
        raise ValueError(f"found {rule}, which is no rule; {expected}")
    if len(place) > 2 or (len(place) == 2 and place[0] not in list_judged()):
        expected = ", ".join(list_judged())
        raise ValueError(f"found {name}, expected TABLE.COLUMN.RULE with one of {expected}")
    return name
