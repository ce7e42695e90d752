"""A batch: raw files become rows of documents, or a finding if that is impossible.

Workers import this, so it does without Polars and pandera, and imports rapidyaml where needed.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pipelines.documents.doubts import Doubt, locate_doubts
from pipelines.documents.fences import Post, explain_ignored, split_post
from pipelines.documents.formats import parse_front_matter
from pipelines.documents.json_text import render_json
from pipelines.documents.parsed import NAMED_FILES, Batch, Parsed, ToParse, Unreadable
from pipelines.documents.places import Place
from pipelines.documents.rows import (
    FINDINGS_SCHEMA,
    LEDGER_SCHEMA,
    Document,
    FindingRow,
    LedgerRow,
    describe_document,
    describe_doubt,
    describe_error,
    describe_file,
    describe_late_opening,
    write_documents,
    write_rows,
)
from pipelines.errors import FrontMatterError
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, RepeatedKeys
from pipelines.mapping.translate import find_published
from pipelines.sources.source import MAX_FILE_BYTES, RawContent
from schemas.language.archive import Archive
from schemas.language.shape import Value

if TYPE_CHECKING:
    from pipelines.documents.items import Items

READ_PAUSES: Final = (0.1, 0.3, 0.6)
"""Seconds to wait before each further try at the files that could not be read."""
_MONTH_CHARACTERS: Final = 7
"""The length of a month at the start of a date, like 2024-03 in 2024-03-05."""


def parse_batch(batch: Batch, *, use_rapidyaml: bool = True) -> Parsed:
    """Read and parse `batch`.

    Without `use_rapidyaml`, libyaml parses everything, with the same outcome.
    """
    outcome, documents = read_batch(batch, use_rapidyaml=use_rapidyaml)
    # In order of months and ids: a part of a month can then be read from one stretch of the file.
    documents.sort(key=lambda each: ((each.published or "")[:_MONTH_CHARACTERS], each.document_id))
    return outcome.write(documents, batch.folder)


def read_batch(batch: Batch, *, use_rapidyaml: bool) -> tuple["Outcome", list[Document]]:
    """The same, in memory: what became of the files that are no documents, and the documents."""
    outcome = Outcome()
    posts = list(_sort_out(batch, outcome))
    return outcome, list(_parse_posts(posts, batch, outcome, use_rapidyaml=use_rapidyaml))


def reject_deadly(batch: Batch) -> Parsed:
    """The outcome of files that kill even libyaml.

    They may have done so for want of memory. Without a hash in their rows, the next run parses them
    again.
    """
    outcome = read_deadly(batch)
    outcome.ledger[:] = [row._replace(content_sha256=None) for row in outcome.ledger]
    return outcome.write([], batch.folder)


def read_deadly(batch: Batch) -> "Outcome":
    """The same, in memory."""
    outcome = Outcome()
    error = FrontMatterError("is_parsable", "it crashed the parser", "a file that can be parsed")
    for file, content in _read_all(batch, outcome):
        outcome.reject(file.source_path, content, error)
    return outcome


@dataclass
class Outcome:
    """What became of the files of a batch that are no documents, and what is in doubt in others."""

    ledger: list[LedgerRow] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)
    unreadable: Unreadable = field(default_factory=Unreadable)

    def reject(self, source_path: str, content: RawContent, error: FrontMatterError) -> None:
        self.ledger.append(describe_file(source_path, content, "rejected"))
        self.findings.append(describe_error(source_path, error))

    def doubt(self, source_path: str, doubts: Sequence[tuple[Doubt, Place]]) -> None:
        self.findings.extend(describe_doubt(source_path, *each) for each in doubts)

    def write(self, documents: Sequence[Document], folder: Path) -> Parsed:
        ledger = [*self.ledger, *map(describe_document, documents)]
        return Parsed(
            ledger=write_rows(ledger, LEDGER_SCHEMA, folder),
            findings=write_rows(self.findings, FINDINGS_SCHEMA, folder) if self.findings else None,
            documents=write_documents(documents, folder) if documents else None,
            unreadable=self.unreadable,
        )


class _RawPost(NamedTuple):
    """A file that begins with a fence."""

    source_path: str
    content: RawContent


class _ParsedPost(NamedTuple):
    """The values of a post. The repeated list is apart, its items as JSON; None if it has none.

    `doubts` are what may be meant otherwise, with their places.
    """

    front_matter: dict[str, Value]
    related: Sequence[str] | None
    post: Post
    doubts: Sequence[tuple[Doubt, Place]] = ()


def _read_all(batch: Batch, outcome: Outcome) -> Iterator[tuple[ToParse, RawContent]]:
    """The content of each file that is still there. Those that cannot be read go to `outcome`.

    A disk or a server may answer a moment later. So they are tried again, all at once: a thousand
    of them take no longer than one.
    """
    waiting = batch.files
    problems: list[tuple[str, str]] = []
    for pause in (0.0, *READ_PAUSES):
        if not waiting:
            return
        time.sleep(pause)
        tried, waiting, problems = waiting, [], []
        for file in tried:
            try:
                yield file, batch.source.read(file.place or file.source_path)
            except FileNotFoundError:
                continue
            except OSError as error:
                waiting.append(file)
                problems.append((file.source_path, error.strerror or str(error)))
    outcome.unreadable = Unreadable(len(problems), tuple(problems[:NAMED_FILES]))


def _sort_out(batch: Batch, outcome: Outcome) -> Iterator[_RawPost]:
    """The files that are to be parsed. All others go to `outcome`."""
    for (source_path, known_sha256, _), content in _read_all(batch, outcome):
        if content.sha256 == known_sha256:
            outcome.ledger.append(describe_file(source_path, content, "touched"))
        elif reason := explain_ignored(content.data, source_path):
            outcome.ledger.append(describe_file(source_path, content, "ignored", reason))
        elif content.size_bytes > MAX_FILE_BYTES:
            # Its end was not read, so it cannot be parsed as a whole.
            found = f"found a file of {content.size_bytes:,} bytes"
            too_large = FrontMatterError("is_within_size", found, f"at most {MAX_FILE_BYTES:,}")
            outcome.reject(source_path, content, too_large)
        else:
            yield _RawPost(source_path, content)


def _parse_posts(
    posts: Sequence[_RawPost], batch: Batch, outcome: Outcome, *, use_rapidyaml: bool
) -> Iterator[Document]:
    """The documents of `posts`. Those that cannot be parsed go to `outcome`."""
    archive, policy = batch.archive, batch.mapping.repeated_keys
    simple = _parse_simple_posts(posts, archive) if use_rapidyaml else {}
    for place, (source_path, content) in enumerate(posts):
        try:
            parsed = simple.get(place) or _parse_post(content, archive, policy)
        except FrontMatterError as error:
            outcome.reject(source_path, content, error)
            also = find_repeated_key(content, archive) if policy == "last" else None
            if also and also.rule != error.rule:
                outcome.findings.append(describe_error(source_path, also, "warning"))
            continue
        post = parsed.post
        if post.opening_line > 1:
            outcome.findings.append(describe_late_opening(source_path, post.opening_line))
        outcome.doubt(source_path, parsed.doubts)
        yield Document(
            source_path,
            content,
            render_json(parsed.front_matter),
            parsed.related,
            post.body,
            find_published(
                parsed.front_matter, source_path, post.body, batch.mapping, archive.date_key
            ),
            post.language,
            batch.source.find_archive(source_path),
        )


def _parse_simple_posts(posts: Sequence[_RawPost], archive: Archive) -> dict[int, _ParsedPost]:
    """Those of `posts` that rapidyaml can be trusted with, by their places."""
    from pipelines.documents.simple_yaml import parse_simple

    items = _remember_items(archive.repeated_key)
    items.forget_if_full()
    cuts: dict[int, tuple[Post, list[int] | None]] = {}
    for place, (_, content) in enumerate(posts):
        # What is wrong with a file, the slow way says. It also reads all other languages.
        with suppress(FrontMatterError):
            cut = items.cut(content.data) or (split_post(content.data), None)
            if cut[0].language == "yaml":
                cuts[place] = cut
    items.parse_new()
    parsed: dict[int, _ParsedPost] = {}
    mappings = parse_simple([post.front_matter for post, _ in cuts.values()])
    for (place, (post, numbers)), front_matter in zip(cuts.items(), mappings, strict=True):
        if front_matter is None:
            continue
        if numbers is None:
            related = take_items(front_matter, archive.repeated_key)
            parsed[place] = _ParsedPost(front_matter, related, post)
        # With a second list under the key, the file is left to libyaml.
        elif archive.repeated_key not in front_matter and (found := items.list_json(numbers)):
            parsed[place] = _ParsedPost(front_matter, found, post)
    return parsed


@cache
def _remember_items(key: str) -> "Items":
    """The items that this process has seen. Other batches have the same ones."""
    from pipelines.documents.items import Items

    return Items(key)


def find_repeated_key(content: RawContent, archive: Archive) -> FrontMatterError | None:
    """The error of a file if the first thing that is wrong with it is a repeated key; else None.

    Such a file always gets a finding of this rule, even if another mistake rejects it. So the
    findings name all files that another policy for repeated keys reads in another way.
    """
    try:
        _parse_post(content, archive, "reject")
    except FrontMatterError as error:
        return error if error.rule == REPEATED_KEY_RULE else None
    return None


def _parse_post(content: RawContent, archive: Archive, repeated_keys: RepeatedKeys) -> _ParsedPost:
    post = split_post(content.data)
    front_matter, doubts = parse_front_matter(post, archive.secret_keys, repeated_keys)
    items = take_items(front_matter, archive.repeated_key)
    return _ParsedPost(front_matter, items, post, locate_doubts(post.front_matter, doubts))


def take_items(front_matter: dict[str, Value], key: str) -> list[str] | None:
    """Take the list `key` out of `front_matter`: its items as JSON; None if it is no list."""
    items = front_matter.get(key)
    if not isinstance(items, list):
        return None
    del front_matter[key]
    return [render_json(item) for item in items]
