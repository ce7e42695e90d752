"""Everything that can go wrong, by its consequence.

MatterhouseError
├── FrontMatterError       rejects one file: it becomes a finding
└── PipelineError          stops the run: one line on the terminal, exit code 1
    ├── RawError           raw/ cannot be listed
    ├── LockedError        another run holds the warehouse, exit code 75
    ├── RefusedError       the guard rails refuse the state to be published
    ├── WarehouseError     the warehouse is missing or damaged
    │   └── NewerFormatError   it was written by a newer version: nobody here may write it
    ├── QueryError         DuckDB or the lock-down refuses the SQL
    ├── EngineError        Prefect was asked for and does not answer
    └── SchemaMismatchError  a frame of ours has the wrong columns: our bug, not bad data
"""

from typing import Any


class MatterhouseError(Exception):
    """The base of all errors of this project."""


class FrontMatterError(MatterhouseError):
    """A file whose front matter cannot be read.

    `line` and `column` count from 1 and are null where no single place is to blame.
    """

    def __init__(
        self,
        rule: str,
        problem: str,
        expected: str,
        *,
        line: int | None = None,
        column: int | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.rule = rule
        self.problem = problem
        self.expected = expected
        self.line = line
        self.column = column
        self.value = value


class PipelineError(MatterhouseError):
    """A run that cannot go on.

    `record` is what is recorded of that run, a `RunRecord`; null if none began.
    """

    record: Any = None


class RawError(PipelineError):
    """The raw folder is missing or cannot be listed."""


class LockedError(PipelineError):
    """Another run holds the lock of the warehouse."""


class RefusedError(PipelineError):
    """A guard rail refuses the state that was to be published."""


class WarehouseError(PipelineError):
    """The warehouse is missing or damaged."""


class NewerFormatError(WarehouseError):
    """The warehouse was written by a newer version, so that not even a full build may touch it."""


class QueryError(PipelineError):
    """A query that DuckDB, or the lock-down around it, refuses."""


class EngineError(PipelineError):
    """The Prefect engine was asked for and is not to be had."""


class SchemaMismatchError(PipelineError):
    """A frame whose columns, types or keys are not those of its table: our bug."""
