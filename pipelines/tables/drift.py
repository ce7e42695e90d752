"""Drift: keys of the front matter that have no column."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import polars as pl

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.documents.invisible import escape_invisible
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import UNUSED_KEY
from pipelines.tables.casting import is_boolean
from pipelines.tables.findings import complete_findings, cut_text
from pipelines.tables.leftovers import Leftover, find_shape
from pipelines.values.distinct import map_distinct
from schemas.articles import DRAFT_KEY
from schemas.documents import ARCHIVE
from schemas.language.shape import Value

DRIFT_RULE: Final = "is_known_key"
UNKNOWN_KEYS: Final = {"source_path": pl.String, "field_path": pl.String}
"""The columns of unknown keys: one row per place of a file where one stands, in order."""

_SIGNS = re.compile(r"[\W_]+")


def is_drift_reported(mapping: PostMapping) -> bool:
    """Whether an unknown key is worth a warning. Where everybody has keys of his own, it is not."""
    mappings = (mapping, *(folder.mapping for folder in mapping.folders))
    return any(each is not None and _reports_drift(each) for each in mappings)


def _reports_drift(mapping: PostMapping) -> bool:
    return mapping.find_effect("documents", "", DRIFT_RULE) != "nothing"


def list_unknown_keys(
    source_paths: pl.Series, leftovers: Iterable[Leftover], mapping: PostMapping
) -> pl.DataFrame:
    """The unknown keys among `leftovers`, whose documents are those of `source_paths`.

    There are none if `mapping` does not report drift.
    """
    if not is_drift_reported(mapping):
        return pl.DataFrame(schema=UNKNOWN_KEYS)
    unknown = [
        each
        for each in leftovers
        if each.shape is None
        and not each.is_secret
        and not _says_draft(render_field_path(each.path), each.value)
    ]
    found = pl.DataFrame(
        {
            "source_path": source_paths.gather([each.row for each in unknown]),
            "field_path": [render_field_path(each.path) for each in unknown],
        },
        schema=UNKNOWN_KEYS,
    )
    return _select_reported(found, mapping)


def read_unknown_keys(articles: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """The unknown keys of valid articles, of which `source_path` and `extra` are read."""
    found = articles.drop_nulls("extra")
    keys = [
        (path, key)
        for path, extra in found.iter_rows()
        for key, value in json.loads(extra).items()
        if not _says_draft(key, value)
    ]
    return _select_reported(pl.DataFrame(keys, schema=UNKNOWN_KEYS, orient="row"), mapping)


def _says_draft(key: str, value: Value) -> bool:
    """Whether it says that a post is a draft or not: no column of its own, but `is_published`."""
    return key == DRAFT_KEY and (value is None or is_boolean(value))


def _select_reported(unknown_keys: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """The keys that are worth a warning. A known one may be unused, since another was taken."""
    unknown_keys = unknown_keys.filter(pl.col("field_path") != UNUSED_KEY)
    if not mapping.folders:
        return unknown_keys
    mappings = map(mapping.at, unknown_keys["source_path"])
    is_reported = [each is not None and _reports_drift(each) for each in mappings]
    return unknown_keys.filter(pl.Series(is_reported, dtype=pl.Boolean))


def find_drift(unknown_keys: pl.DataFrame) -> pl.DataFrame:
    """One warning for every unknown key, at the first file that has it.

    A place in a list makes no other key: `related[0].mood` and `related[7].mood` are one.
    """
    described = unknown_keys.hstack(map_distinct(unknown_keys["field_path"], _describe_paths))
    keys = (
        described.sort("source_path", maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("source_path", "field_path", "meant").first(),
            files=pl.col("source_path").n_unique(),
        )
    )
    return complete_findings(
        keys.select(
            "source_path",
            "field_path",
            severity=pl.lit("warning"),
            table_name=pl.lit("documents"),
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


def _describe_paths(field_paths: pl.Series) -> pl.DataFrame:
    """The key at each field path, and the question which key is meant."""
    paths = [parse_field_path(text) for text in field_paths]
    return pl.DataFrame(
        {
            "key": [escape_invisible(_render_key(path)) for path in paths],
            "meant": [_ask_for_meant(path) for path in paths],
        },
        schema={"key": pl.String, "meant": pl.String},
    )


def _render_key(path: FieldPath) -> str:
    return render_field_path(tuple(step for step in path if isinstance(step, str)))


def _ask_for_meant(path: FieldPath) -> str:
    """Ask for the known key that is meant: only capitals or signs differ, or others say so."""
    if len(path) == 1 and (name := ARCHIVE.other_names.get(str(path[0]))):
        return f"; is {name} meant?"
    siblings = find_shape(path[:-1])
    known = siblings if isinstance(siblings, dict) else {}
    meant = (key for key in known if _simplify(key) == _simplify(str(path[-1])))
    return next((f"; is {key} meant?" for key in meant), "")


@lru_cache(maxsize=10_000)
def _simplify(key: str) -> str:
    return _SIGNS.sub("", key).casefold()
