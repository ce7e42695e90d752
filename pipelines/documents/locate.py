"""Lines and columns: where findings are in their raw files."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import tee
from typing import Final, NamedTuple

import polars as pl

from pipelines.documents.fences import Post, split_post
from pipelines.documents.field_path import FieldPath, parse_field_path
from pipelines.documents.formats import locate_fields
from pipelines.documents.places import Place
from pipelines.documents.simple_places import find_in_lines
from pipelines.values.groups import split_by_size

GROUP_CHARACTERS: Final = 8 * 1024 * 1024
GROUP_FILES: Final = 1_000
"""The size of a group of files, whose front matter is in memory at once."""
MANY_FILES: Final = 200
"""Files of a group from which on the gate is used. Its start takes as long as composing these."""


def locate_findings(
    findings: pl.DataFrame, read: Callable[[str], bytes], hashes: dict[str, str]
) -> pl.DataFrame:
    """Add line and column to every finding that has a field path.

    Args:
        findings: Those of one or more tables.
        read: The bytes of a file, by its source path; OSError if it cannot be read.
        hashes: The SHA-256 that each of these files had when it was parsed. A file that has
            changed since keeps its findings without a line.
    """
    wanted = findings.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    by_file: dict[str, list[str]] = {}
    for path, field_path in wanted.select("source_path", "field_path").iter_rows():
        by_file.setdefault(path, []).append(field_path)
    places = [
        (post.source_path, post.paths[path], *place)
        for post, found in _locate_posts(_read_posts(by_file, read, hashes))
        for path, place in found.items()
    ]
    located = pl.DataFrame(
        places,
        schema={
            "source_path": pl.String,
            "field_path": pl.String,
            "_line": pl.Int32,
            "_column": pl.Int32,
        },
        orient="row",
    )
    return (
        findings.join(located, on=["source_path", "field_path"], how="left", maintain_order="left")
        .with_columns(
            line=pl.coalesce("line", "_line"), column_number=pl.coalesce("column_number", "_column")
        )
        .drop("_line", "_column")
    )


class _Wanted(NamedTuple):
    """A post without its body, and the paths that are wanted of it, with their texts."""

    source_path: str
    post: Post
    paths: dict[FieldPath, str]


def _read_posts(
    by_file: Mapping[str, list[str]], read: Callable[[str], bytes], hashes: Mapping[str, str]
) -> Iterator[_Wanted]:
    """The files that can be read and have not changed."""
    for source_path, field_paths in by_file.items():
        try:
            data = read(source_path)
        except OSError:
            # What this means for the run, its caller decides. It is no fault of the post.
            continue
        if hashlib.sha256(data).hexdigest() == hashes.get(source_path):
            post = split_post(data)._replace(body=None)
            yield _Wanted(source_path, post, {parse_field_path(text): text for text in field_paths})


def _locate_posts(posts: Iterator[_Wanted]) -> Iterator[tuple[_Wanted, dict[FieldPath, Place]]]:
    """The places that are wanted of each post."""
    posts, measured = tee(posts)
    sizes = (len(wanted.post.front_matter) for wanted in measured)
    for group in split_by_size(posts, sizes, GROUP_CHARACTERS, GROUP_FILES):
        simple = _list_simple([wanted.post for wanted in group])
        for place, wanted in enumerate(group):
            found: dict[FieldPath, Place] = {}
            if place in simple:
                found.update(find_in_lines(wanted.post.front_matter, wanted.paths))
            if others := wanted.paths.keys() - found.keys():
                found.update(locate_fields(wanted.post, others))
            yield wanted, found


def _list_simple(posts: Sequence[Post]) -> set[int]:
    """The places of the posts whose lines tell where their values are."""
    if len(posts) < MANY_FILES:
        return set()
    from pipelines.documents.gate import list_simple, strip_fence

    texts = [strip_fence(post.front_matter) if post.language == "yaml" else "" for post in posts]
    return set(list_simple(texts))
