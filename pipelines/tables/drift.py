"""Drift: keys of the front matter that have no column."""

import re
from functools import lru_cache
from typing import Final

import polars as pl

from pipelines.documents.field_path import FieldPath, render_field_path
from pipelines.documents.leftovers import find_shape, list_leftovers
from pipelines.tables.findings import complete_findings, cut_text

DRIFT_RULE: Final = "is_known_key"

_SIGNS = re.compile(r"[\W_]+")
_OTHER_NAMES: Final = {"date": "publishedDateTime"}
"""What Jekyll calls a root key of ours, as in https://jekyllrb.com/docs/front-matter/."""


def find_drift(documents: pl.DataFrame) -> pl.DataFrame:
    """One warning for every unknown key, at the first file that has it.

    `documents` are `source_path` and `extra` of all that have an `extra`. Places in a list make
    no other key: `related[0].mood` and `related[7].mood` are one.
    """
    ordered = documents.sort("source_path")
    unknown = [leftover for leftover in list_leftovers(ordered) if leftover.shape is None]
    uses = pl.DataFrame(
        {
            "document": [leftover.document for leftover in unknown],
            "field_path": [render_field_path(leftover.path) for leftover in unknown],
            "key": [_render_key(leftover.path) for leftover in unknown],
            "meant": [_ask_for_meant(leftover.path) for leftover in unknown],
        },
        schema={
            "document": pl.UInt32,
            "field_path": pl.String,
            "key": pl.String,
            "meant": pl.String,
        },
    )
    keys = uses.group_by("key").agg(
        pl.col("document").first(),
        pl.col("field_path", "meant").first(),
        files=pl.col("document").n_unique(),
    )
    return complete_findings(
        keys.select(
            severity=pl.lit("warning"),
            table_name=pl.lit("documents"),
            source_path=ordered["source_path"].gather(keys["document"]),
            field_path="field_path",
            rule=pl.lit(DRIFT_RULE),
            expected=pl.lit("a key that has a column"),
            message=pl.format(
                "the key {} has no column, so it is kept in extra; files that have it: {}{}",
                cut_text(pl.col("key")),
                "files",
                "meant",
            ),
        )
    )


@lru_cache(maxsize=10_000)
def _render_key(path: FieldPath) -> str:
    return render_field_path(tuple(step for step in path if isinstance(step, str)))


@lru_cache(maxsize=10_000)
def _ask_for_meant(path: FieldPath) -> str:
    """A question for the key with a column that `path` differs from in capitals or signs alone.

    Or for the one that Jekyll calls so.
    """
    if len(path) == 1 and (name := _OTHER_NAMES.get(str(path[0]))):
        return f"; is {name} meant?"
    siblings = find_shape(path[:-1])
    known = siblings if isinstance(siblings, dict) else {}
    meant = (key for key in known if _simplify(key) == _simplify(str(path[-1])))
    return next((f"; is {key} meant?" for key in meant), "")


@lru_cache(maxsize=10_000)
def _simplify(key: str) -> str:
    return _SIGNS.sub("", key).casefold()
