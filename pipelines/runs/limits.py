"""Limits: how much a run may lose, reject and find before its publish is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limits:
    """The limits of a run, as its options and the settings say, or else the usual ones.

    `settle` is how many seconds a file has to be left alone before it is read. With `allow_deletes`
    any posts may go. `rules` are the findings that may be there, by rule: a number of them, or a
    share below 1 of the files.
    """

    max_reject_share: float = 0.05
    max_new_reject_share: float = 0.25
    max_delete_share: float = 0.2
    max_deletes: int | None = None
    strict: bool = False
    allow_deletes: bool = False
    settle: float = 0
    rules: Mapping[str, float] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The limits as the record of a run keeps them."""
        return {
            "settle": self.settle,
            "limits": {
                "reject_share": self.max_reject_share,
                "new_reject_share": self.max_new_reject_share,
                "delete_share": self.max_delete_share,
                "deletes": self.max_deletes,
                "is_strict": self.strict,
                "rules": dict(self.rules),
            },
        }
