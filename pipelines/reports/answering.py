"""The answer of a snapshot to a named question."""

from collections.abc import Mapping

from pipelines.errors import UsageError
from pipelines.reports.query import Answer, query_snapshot
from pipelines.reports.question import Question, Value
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


def fill_snapshots(
    question: Question, values: Mapping[str, Value], warehouse: Warehouse, snapshot: Snapshot
) -> dict[str, Value]:
    """The same values, with the snapshot before `snapshot` where none is chosen.

    Raises:
        UsageError: The chosen one is not there, or none is before.
    """
    filled = dict(values)
    for each in question.parameters:
        if each.kind == "snapshot":
            filled[each.name] = _find_earlier(each.flag, filled[each.name], warehouse, snapshot)
    return filled


def answer_question(
    question: Question, values: Mapping[str, Value], snapshot: Snapshot, at_most: int | None = None
) -> Answer:
    """The first rows of the answer; all if `at_most` is None."""
    sql, bound = prepare_question(question, values)
    return query_snapshot(snapshot, sql, at_most, bound)


def prepare_question(
    question: Question, values: Mapping[str, Value]
) -> tuple[str, dict[str, Value]]:
    """The SQL, and the values to bind.

    The number of a snapshot names tables, so it cannot be bound. It stands in the SQL.
    """
    named = {each.name for each in question.parameters if each.kind == "snapshot"}
    sql = question.render_sql({name: values[name] for name in named})
    return sql, {name: value for name, value in values.items() if name not in named}


def _find_earlier(flag: str, chosen: Value, warehouse: Warehouse, snapshot: Snapshot) -> Value:
    numbers = warehouse.numbers()
    if chosen is not None:
        if chosen in numbers:
            return chosen
        listed = ", ".join(map(str, numbers))
        raise UsageError(f"found {chosen}, expected a snapshot that is there: {listed}", flag)
    present = snapshot.manifest.snapshot
    earlier = [number for number in numbers if number < present]
    if not earlier:
        raise UsageError(f"no snapshot is older than {present}, so nothing can be compared", flag)
    return max(earlier)
