"""A batch: raw files become rows of documents, or a finding if that is impossible.

Workers import this, so it does without Polars and pandera, and imports the parsers where needed.
"""

from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.fences import Post, explain_ignored, split_post
from pipelines.documents.fitting import Fitter
from pipelines.documents.parsed import Batch, Parsed, ParsedDocument, Piece
from pipelines.documents.rows import build_documents
from pipelines.errors import FrontMatterError
from pipelines.sources.source import MAX_FILE_BYTES, RawContent, Source
from schemas.language.archive import Archive
from schemas.language.shape import Value

_MONTH_CHARACTERS: Final = 7
"""The length of a month at the start of a date, like 2024-03 in 2024-03-05."""


def parse_batch(batch: Batch, *, use_rapidyaml: bool = True) -> Parsed:
    """Read and parse `batch`. Its documents go to its target.

    Without `use_rapidyaml`, libyaml parses everything, with the same outcome.
    """
    parsed = Parsed([], [], [], [])
    posts: list[tuple[dict[str, Any], Post]] = []
    for source_path, known_sha256 in batch.files:
        try:
            content = batch.source.read(source_path)
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
    documents = _parse_posts(parsed, posts, batch.archive, use_rapidyaml=use_rapidyaml)
    if len(documents):
        date_key = batch.archive.date_key
        parsed.documents.extend(_write_documents(documents, date_key, batch.target))
    return parsed


def reject_deadly(source: Source, source_path: str) -> Parsed:
    """The outcome of a file that kills even libyaml."""
    parsed = Parsed([], [], [], [])
    error = FrontMatterError("is_parsable", "its parser died of it", "a file that can be parsed")
    # Like anywhere else, a file that was removed meanwhile does not count.
    with suppress(FileNotFoundError):
        _reject(parsed, _ledger_row(source_path, source.read(source_path)), error)
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
    parsed: Parsed,
    posts: list[tuple[dict[str, Any], Post]],
    archive: Archive,
    *,
    use_rapidyaml: bool,
) -> pa.Table:
    """The documents of `posts`. Simple ones that fit are parsed in bulk, all others one by one."""
    front_matters = [post.front_matter for _, post in posts]
    fitter = Fitter(archive.shape)
    bulk = _parse_in_bulk(front_matters if use_rapidyaml else [], fitter)
    order = bulk.places
    single = []
    for place in sorted(set(range(len(posts))) - set(order)):
        row, post = posts[place]
        try:
            front_matter = _parse_one(post.front_matter, bulk.json_lines.get(place), archive)
            single.append(fitter.fit_front_matter(front_matter))
        except FrontMatterError as error:
            _reject(parsed, row, error)
        else:
            order.append(place)
    files = [posts[place][0] for place in order]
    parsed.files.extend({**file, "status": "loaded"} for file in files)
    fitted = pa.concat_tables([*bulk.columns, fitter.frame(single)])
    return build_documents(files, fitted, [posts[place][1].body for place in order])


class _Bulk(NamedTuple):
    """What was parsed in bulk: `columns` for the front matters at `places`.

    For every other place `json_lines` has its JSON, or None if its YAML is not simple.
    """

    places: list[int]
    columns: list[pa.Table]
    json_lines: dict[int, bytes | None]


def _parse_in_bulk(front_matters: list[str], fitter: Fitter) -> _Bulk:
    if not front_matters:
        return _Bulk([], [], {})
    from pipelines.documents.repeats import fit_repeats
    from pipelines.documents.simple_yaml import to_json

    repeats = fit_repeats(front_matters, fitter)
    others = sorted(set(range(len(front_matters))) - set(repeats.places))
    lines = to_json([front_matters[place] for place in others])
    bulk = fitter.fit_json(lines)
    return _Bulk(
        repeats.places + [others[at] for at in bulk.places],
        [repeats.columns, bulk.columns],
        dict(zip(others, lines, strict=True)),
    )


def _parse_one(text: str, line: bytes | None, archive: Archive) -> dict[str, Value]:
    if line is not None:
        from pipelines.documents.simple_yaml import read_json

        if (front_matter := read_json(line)) is not None:
            return front_matter
    from pipelines.documents.libyaml import parse_front_matter

    return parse_front_matter(text, archive.secret_keys)


def _write_documents(documents: pa.Table, date_key: str, path: Path) -> list[ParsedDocument]:
    """Write the documents in pieces, each mostly of one month and in order of its paths.

    A month can then be read from a few whole pieces.
    """
    names = ("source_path", "document_id", date_key)
    paths, ids, dates = (documents[name].to_pylist() for name in names)
    months = [(date or "")[:_MONTH_CHARACTERS] for date in dates]
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
    """A row of `files`, still without its status."""
    return {
        "source_path": source_path,
        "size_bytes": content and content.size_bytes,
        "modified_ns": content and content.modified_ns,
        "content_sha256": content and content.sha256,
    }
