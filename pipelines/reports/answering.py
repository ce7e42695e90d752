"""A named question, made ready to be asked of a snapshot."""

from collections.abc import Mapping
from typing import NamedTuple

from pipelines.errors import UsageError
from pipelines.reports.question import Question, Value
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


class Asked(NamedTuple):
    """One SELECT, and what to bind to its parameters."""

    sql: str
    values: Mapping[str, Value]


def prepare(question: Question, values: Mapping[str, Value]) -> Asked:
    """The question with these values.

    The number of a snapshot names tables, so it cannot be bound. It stands in the SQL.
    """
    named = {each.name for each in question.parameters if each.kind == "snapshot"}
    sql = question.render_sql({name: values[name] for name in named})
    return Asked(sql, {name: value for name, value in values.items() if name not in named})


def find_earlier(
    question: Question, values: Mapping[str, Value], warehouse: Warehouse, snapshot: Snapshot
) -> dict[str, Value]:
    """The same values, with the snapshot before `snapshot` where none is chosen.

    Raises:
        UsageError: The chosen one is not there, or none is before.
    """
    found = dict(values)
    for each in question.parameters:
        if each.kind == "snapshot":
            found[each.name] = _choose_earlier(each.flag, found[each.name], warehouse, snapshot)
    return found


def _choose_earlier(flag: str, chosen: Value, warehouse: Warehouse, snapshot: Snapshot) -> Value:
    numbers = warehouse.numbers()
    if chosen is not None:
        if chosen in numbers:
            return chosen
        listed = ", ".join(map(str, numbers[-10:]))
        raise UsageError(f"found {chosen}, expected a snapshot that is there: {listed}", flag)
    present = snapshot.manifest.snapshot
    earlier = [number for number in numbers if number < present]
    if not earlier:
        raise UsageError(f"no snapshot is older than {present}, so nothing can be compared", flag)
    return max(earlier)
