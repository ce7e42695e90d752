"""Take each rule out of its schema, and check that a test of the rules fails.

Usage: python -m tests.mutants [TABLE ...]      all tables by default

It prints a line for each rule, with the test that noticed. The exit code is 1 if no test noticed.
Each mutant is a process of its own, which changes the schema before it loads the tests.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, NamedTuple

import polars as pl
import pytest

from pipelines.tables.validation import render_schema
from schemas.language.registry import load_tables
from schemas.language.table import Table
from tests.tables.cases import KIND_RULES, list_rules

SUITE: Final = "tests/tables/test_rules.py"
LIST: Final = "test_every_rule_of_a_schema_has_a_case"
"""Left out, since it compares two lists. The question is whether a row would show the difference.
"""

Change = Callable[[Table], None]


class Outcome(NamedTuple):
    """What became of a mutant: the exit code of pytest, and the first test that failed."""

    code: int
    test: str


def list_mutants(name: str) -> dict[str, Change]:
    """Every rule of a table, with the change that takes it out."""
    table = load_tables()[name]
    mutants: dict[str, Change] = {
        f"{column} {rule}": _without_rule(column, rule)
        for column, rules in list_rules(table).items()
        for rule in sorted(rules)
    }
    for column in table.key if len(table.key) > 1 else ():
        rest = [each for each in table.key if each != column]
        mutants[f"key without {column}"] = _with_schema(unique=rest)
    mutants["key"] = _with_schema(unique=[])
    mutants["no column but these"] = _with_schema(strict=False)
    mutants["columns in order"] = _with_schema(ordered=False)
    return mutants


def _without_rule(column: str, rule: str) -> Change:
    def change(table: Table) -> None:
        old = table.columns[column]
        new = replace(
            old,
            rules=tuple(each for each in old.rules if each.name != rule),
            is_required=old.is_required and rule != "is_not_null",
        )
        if rule in set().union(*KIND_RULES.values()):
            new = replace(new, kind="text", dtype=pl.String())
        kept = tuple(each for each in table.row_rules if (each.column, each.name) != (column, rule))
        object.__setattr__(table, "columns", {**table.columns, column: new})
        object.__setattr__(table, "row_rules", kept)

    return change


def _with_schema(**settings: Any) -> Change:
    def change(table: Table) -> None:
        for name, value in settings.items():
            setattr(render_schema(table), name, value)

    return change


def judge(table: str, mutant: str | None) -> Outcome:
    """Run the tests of the rules against a mutant, or against the schema as it is."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--one", table, mutant or ""],
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.search(rf"^FAILED {SUITE}::(\S+)", process.stdout, re.M)
    return Outcome(process.returncode, failed[1] if failed else process.stdout[-200:])


def run_one(table: str, mutant: str) -> int:
    """Change the schema in this process, then run the tests that name the table."""
    if mutant:
        list_mutants(table)[mutant](load_tables()[table])
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return int(pytest.main([SUITE, *options, "-k", f"[{table} and not {LIST}"]))


def judge_all(tables: list[str]) -> Iterator[tuple[str, Outcome, bool]]:
    """Every mutant, what became of it, and whether that is as it should be."""
    names = [(table, mutant) for table in tables for mutant in (None, *list_mutants(table))]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as lanes:
        for (table, mutant), outcome in zip(
            names, lanes.map(lambda name: judge(*name), names), strict=True
        ):
            expected = pytest.ExitCode.TESTS_FAILED if mutant else pytest.ExitCode.OK
            yield f"{table}: {mutant or 'as it is'}", outcome, outcome.code == expected


def main(tables: list[str]) -> int:
    count = survivors = 0
    for name, outcome, is_right in judge_all(tables or list(load_tables())):
        is_mutant = not name.endswith("as it is")
        count += is_mutant
        survivors += not is_right
        end = outcome.test if is_right and is_mutant else "passes" if is_right else ""
        wrong = f"WRONG (exit code {outcome.code}) {outcome.test}"
        sys.stdout.write(f"{name:55} {end or wrong}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{count} rules taken out, {survivors} not as expected\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.exit(run_one(*sys.argv[2:4]))
    sys.exit(main(sys.argv[1:]))
