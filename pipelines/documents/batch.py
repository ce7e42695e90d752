"""Parsing: a batch of raw files becomes rows of documents, and a finding for each that cannot.

Workers import this, so it knows neither Polars nor pandera, and YAML's parsers only where needed.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.fences import Post, explain_ignored, split_post
from pipelines.documents.fitting import fit_front_matter, fit_json, frame_fitted
from pipelines.documents.parsed import Parsed, ParsedDocument, Piece, ToParse
from pipelines.documents.rows import build_documents
from pipelines.errors import FrontMatterError
from pipelines.sources.folder import MAX_FILE_BYTES, RawContent, read_content
from schemas.front_matter import Value
from schemas.language.months import UNKNOWN_MONTH

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


def parse_batch(
    root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool = True
) -> Parsed:
    """Read and parse `batch`; the documents go to `folder`/`name`.arrow.

    Nothing heavy is returned, since it may have to cross to another process. Not `is_quick`
    leaves all to libyaml, with the same outcome.
    """
    parsed = Parsed([], [], [], [])
    posts: list[tuple[dict[str, Any], Post]] = []
    for source_path, known_sha256 in batch:
        try:
            content = read_content(root, source_path)
        except FileNotFoundError:
            continue
        except OSError as error:
            problem = error.strerror or "unreadable"
            unreadable = FrontMatterError("is_readable", problem, "a readable file")
            _reject(parsed, _ledger_row(source_path, None), unreadable)
            continue
        row = _ledger_row(source_path, content)
        if content.sha256 == known_sha256:
            parsed.touched.append(row)
        elif reason := explain_ignored(content.data):
            parsed.files.append({**row, "status": "ignored", "reason": reason})
        else:
            try:
                posts.append((row, _split(content)))
            except FrontMatterError as error:
                _reject(parsed, row, error)
    documents = _parse_posts(parsed, posts, is_quick=is_quick)
    if len(documents):
        parsed.documents.extend(_write_documents(documents, folder / f"{name}.arrow"))
    return parsed


def reject_deadly(root: Path, source_path: str) -> Parsed:
    """What became of a file of which even libyaml dies."""
    parsed = Parsed([], [], [], [])
    error = FrontMatterError("is_parsable", "its parser died of it", "a file that can be parsed")
    # As elsewhere, one that was removed meanwhile is not there.
    with suppress(FileNotFoundError):
        _reject(parsed, _ledger_row(source_path, read_content(root, source_path)), error)
    return parsed


def _split(content: RawContent) -> Post:
    if len(content.data) > MAX_FILE_BYTES:
        raise FrontMatterError(
            "is_within_size",
            f"found a file of {content.size_bytes:,} bytes",
            f"at most {MAX_FILE_BYTES:,}",
        )
    return split_post(content.data)


def _parse_posts(
    parsed: Parsed, posts: list[tuple[dict[str, Any], Post]], *, is_quick: bool
) -> pa.Table:
    """The documents of `posts`: in bulk what is simple and fits, all others one by one."""
    front_matters = [post.front_matter for _, post in posts]
    bulk = _parse_in_bulk(front_matters if is_quick else [])
    order = bulk.places
    single = []
    for place in sorted(set(range(len(posts))) - set(order)):
        row, post = posts[place]
        try:
            single.append(fit_front_matter(_parse_one(post.front_matter, bulk.lines.get(place))))
        except FrontMatterError as error:
            _reject(parsed, row, error)
        else:
            order.append(place)
    files = [posts[place][0] for place in order]
    parsed.files.extend({**file, "status": "loaded"} for file in files)
    fitted = pa.concat_tables([*bulk.columns, frame_fitted(single)])
    return build_documents(files, fitted, [posts[place][1].body for place in order])


class _Bulk(NamedTuple):
    """What was parsed in bulk: `columns` for the front matters at `places`.

    For every other place `lines` has its JSON, null if it is not simple.
    """

    places: list[int]
    columns: list[pa.Table]
    lines: dict[int, bytes | None]


def _parse_in_bulk(front_matters: list[str]) -> _Bulk:
    if not front_matters:
        return _Bulk([], [], {})
    from pipelines.documents.repeats import fit_repeats
    from pipelines.documents.simple_yaml import to_json

    repeats = fit_repeats(front_matters)
    others = sorted(set(range(len(front_matters))) - set(repeats.places))
    lines = to_json([front_matters[place] for place in others])
    bulk = fit_json(lines)
    return _Bulk(
        repeats.places + [others[at] for at in bulk.places],
        [repeats.columns, bulk.columns],
        dict(zip(others, lines, strict=True)),
    )


def _parse_one(text: str, line: bytes | None) -> dict[str, Value]:
    if line is not None:
        from pipelines.documents.simple_yaml import read_json

        if (front_matter := read_json(line)) is not None:
            return front_matter
    from pipelines.documents.libyaml import parse_front_matter

    return parse_front_matter(text)


def _write_documents(documents: pa.Table, path: Path) -> list[ParsedDocument]:
    """Write the documents, in order, a piece for each month, as it stands in their text."""
    names = ("source_path", "document_id", "publishedDateTime")
    paths, ids, dates = (documents[name].to_pylist() for name in names)
    months = list(map(_find_month, dates))
    order = sorted(range(len(paths)), key=lambda row: (months[row], paths[row]))
    if order != list(range(len(paths))):
        documents = documents.take(order)
    path.parent.mkdir(parents=True, exist_ok=True)
    written: list[ParsedDocument] = []
    end = 0
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, documents.schema) as writer:
        for _, rows in groupby(order, key=months.__getitem__):
            places = list(rows)
            batches = documents.slice(len(written), len(places)).to_batches()
            for batch in batches:
                writer.write_batch(batch)
            start, end = end, end + len(batches)
            piece = Piece(path, start, end)
            written += [ParsedDocument(paths[at], ids[at], dates[at], piece) for at in places]
    return written


def _find_month(published: str | None) -> str:
    month = _MONTH.match(published or "")
    return month[0] if month else UNKNOWN_MONTH


def _reject(parsed: Parsed, row: dict[str, Any], error: FrontMatterError) -> None:
    parsed.files.append({**row, "status": "rejected"})
    parsed.findings.append(
        {
            "severity": "error",
            "table_name": "documents",
            "source_path": row["source_path"],
            "line": error.line,
            "column_number": error.column,
            "rule": error.rule,
            "value": error.value,
            "expected": error.expected,
            "message": f"{error.problem}, expected {error.expected}",
        }
    )


def _ledger_row(source_path: str, content: RawContent | None) -> dict[str, Any]:
    """A row of `files` that is not judged yet."""
    return {
        "source_path": source_path,
        "size_bytes": content and content.size_bytes,
        "modified_ns": content and content.modified_ns,
        "content_sha256": content and content.sha256,
    }
