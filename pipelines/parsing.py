"""Parsing: a batch of raw files becomes rows of documents, and a finding for each that cannot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.documents import add_month, build_document, frame_documents
from pipelines.errors import FrontMatterError
from pipelines.fences import explain_ignored, split_post
from pipelines.findings import describe_unreadable
from pipelines.front_matter import parse_front_matter
from pipelines.raw import MAX_FILE_BYTES, RawContent, read_content
from schemas.files import FILES


class ToParse(NamedTuple):
    """A file to be read, with the hash it is known to have had (null for a new one)."""

    source_path: str
    known_sha256: str | None


class Parsed(NamedTuple):
    """What became of a batch.

    `files` are rows of the table `files`, `findings` of the table `findings`; a file whose
    bytes are those it was known by has only its size and time in `touched`, one that is gone by
    now is nowhere. The documents lie in `folder`, a Parquet file for each month.
    """

    files: list[dict[str, Any]]
    touched: list[dict[str, Any]]
    findings: list[dict[str, Any]]


def parse_batch(root: Path, batch: Sequence[ToParse], folder: Path, name: str) -> Parsed:
    """Read and parse `batch`; the documents go to `folder`/<month>/<name>.parquet.

    Nothing heavy is returned, since it may have to cross to another process.
    """
    parsed = Parsed([], [], [])
    documents = []
    for source_path, known_sha256 in batch:
        try:
            content = read_content(root, source_path)
        except FileNotFoundError:
            continue
        except OSError as error:
            _reject(parsed, _ledger_row(source_path, None), _unreadable(error))
            continue
        row = _ledger_row(source_path, content)
        if content.sha256 == known_sha256:
            parsed.touched.append(row)
        elif reason := explain_ignored(content.data):
            parsed.files.append({**row, "status": "ignored", "reason": reason})
        else:
            try:
                documents.append(_parse_document(source_path, content))
            except FrontMatterError as error:
                _reject(parsed, row, error)
            else:
                parsed.files.append({**row, "status": "loaded"})
    return parsed._replace(files=_write_documents(documents, parsed.files, folder, name))


def _parse_document(source_path: str, content: RawContent) -> dict[str, Any]:
    if len(content.data) > MAX_FILE_BYTES:
        raise FrontMatterError(
            "is_within_size",
            f"found a file of {content.size_bytes:,} bytes",
            f"at most {MAX_FILE_BYTES:,}",
        )
    post = split_post(content.data)
    front_matter = parse_front_matter(post.front_matter)
    return build_document(source_path, content.sha256, content.size_bytes, front_matter, post.body)


def _write_documents(
    documents: list[dict[str, Any]], files: list[dict[str, Any]], folder: Path, name: str
) -> list[dict[str, Any]]:
    """Write the documents by month; gives back `files`, those of documents with id and month."""
    if not documents:
        return files
    frame = add_month(frame_documents(documents))
    for (month,), rows in frame.group_by("published_month"):
        path = folder / str(month) / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.drop("published_month").write_parquet(path, compression="uncompressed")
    known = {
        row["source_path"]: row
        for row in frame.select("source_path", "document_id", "published_month").to_dicts()
    }
    return [file | known.get(file["source_path"], {}) for file in files]


def _reject(parsed: Parsed, row: dict[str, Any], error: FrontMatterError) -> None:
    parsed.findings.append(describe_unreadable(row["source_path"], error))
    parsed.files.append({**row, "status": "rejected"})


def _unreadable(error: OSError) -> FrontMatterError:
    return FrontMatterError("is_readable", error.strerror or "unreadable", "a readable file")


def _ledger_row(source_path: str, content: RawContent | None) -> dict[str, Any]:
    """A row of `files` that is not judged yet."""
    row: dict[str, Any] = dict.fromkeys(FILES.columns)
    row["source_path"] = source_path
    if content:
        row["size_bytes"] = content.size_bytes
        row["modified_ns"] = content.modified_ns
        row["content_sha256"] = content.sha256
    return row
