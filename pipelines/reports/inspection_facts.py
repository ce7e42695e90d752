"""What is found in some raw files: formats, keys, and what some mappings would make of them.

A worker finds out about a batch. The facts of all batches are added up.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

import polars as pl

from pipelines.documents.batch import find_repeated_key, read_batch, read_deadly
from pipelines.documents.json_text import render_json
from pipelines.documents.locate import locate_findings
from pipelines.documents.parsed import Batch, Unreadable
from pipelines.documents.rows import (
    Document,
    FindingRow,
    LedgerRow,
    describe_error,
    frame_documents,
)
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, PostMapping
from pipelines.mapping.translate import Translated, leave_out_below
from pipelines.reports.origins import (
    find_date_origin,
    find_title_origin,
    is_by_name,
    list_uses,
)
from pipelines.settings.clues import Clues
from pipelines.settings.idle import Named, count_had
from pipelines.tables.articles import build_articles
from pipelines.tables.documents import Part, collect_documents
from pipelines.tables.fields import Fields, read_fields
from pipelines.tables.finding_search import without_positions
from pipelines.tables.translation import restore_field_paths, translate_document
from schemas.documents import ARCHIVE
from schemas.language.archive import Archive
from schemas.language.shape import Value

EXAMPLE_CHARACTERS: Final = 60
_STEP: Final = re.compile(r"[.\[\]]+")
_COUNTS: Final = ("image_count", "related_count")
_PLACE: Final = ("source_path", "line", "column_number", "field_path", "message", "rule")

Problem = tuple[str, str, str]
"""A mapping, the rule that rejects a file, and the field path, without positions in lists."""


class Question(NamedTuple):
    """What to find out: what `mappings` make of the posts, each by a name that people read.

    `base` is the name of the mapping that settings are proposed for. `named` is what the settings
    name that are there already.
    """

    mappings: Mapping[str, PostMapping]
    base: str
    named: tuple[Named, ...] = ()


@dataclass
class Facts:
    """Counts of files, by what their names say.

    `folders` are counted by top folder and status. The keys of `shapes` are a root key and a shape,
    those of `uses` a mapping, a root key and what it becomes. `outcomes`, `dates`, `titles` and
    `listed` (what articles hold: the columns that count the rows of other tables, and `with_body`)
    are counted by mapping. `places` are the first finding of each problem, `examples` the first
    value of each root key. `had` counts the posts that have what settings name. `unreadable` are
    the files that the system does not let us read.
    """

    formats: Counter[str] = field(default_factory=Counter)
    folders: Counter[tuple[str, str]] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    uses: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    dates: Counter[tuple[str, str]] = field(default_factory=Counter)
    titles: Counter[tuple[str, str]] = field(default_factory=Counter)
    listed: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: Counter[Problem] = field(default_factory=Counter)
    places: dict[Problem, dict[str, Any]] = field(default_factory=dict)
    had: Counter[Named] = field(default_factory=Counter)
    unreadable: Unreadable = field(default_factory=Unreadable)
    clues: Clues = field(default_factory=Clues)

    def add(self, other: "Facts") -> None:
        """Add the facts of files that come later in the order of paths."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Clues):
                mine.add(theirs)
            elif isinstance(mine, Unreadable):
                self.unreadable = mine.add(theirs)
            elif isinstance(mine, Counter):
                mine.update(theirs)
            else:
                mine.update({key: theirs[key] for key in theirs.keys() - mine.keys()})

    def ignore(self, source_path: str, reason: str) -> None:
        """Count a file that is no post."""
        self.formats["none"] += 1
        self.ignored[reason] += 1
        self.folders[find_top_folder(source_path), "ignored"] += 1


def find_facts(batch: Batch, question: Question, *, use_rapidyaml: bool) -> Facts:
    """Read and parse `batch`, and try the mappings on it."""
    outcome, documents = read_batch(batch, use_rapidyaml=use_rapidyaml)
    documents.sort(key=lambda each: each.source_path)
    facts = Facts(unreadable=outcome.unreadable)
    _count_other_files(facts, outcome.ledger)
    for document in documents:
        facts.formats[document.language] += 1
        facts.folders[find_top_folder(document.source_path), "post"] += 1
    front_matters = [_read_front_matter(document) for document in documents]
    for document, front_matter in zip(documents, front_matters, strict=True):
        _count_keys(facts, front_matter, batch.archive.secret_keys)
        facts.had.update(count_had(question.named, document.source_path, front_matter))
    collected = collect_documents(_list_parts(documents))
    errors = _list_errors(outcome.findings)
    repeated = _list_repeated(outcome.findings, documents, batch.archive)
    for name, mapping in question.mappings.items():
        chosen = [mapping.at(document.source_path) for document in documents]
        translated = [
            _translate(document, front_matter, mapping)
            for document, front_matter in zip(documents, front_matters, strict=True)
        ]
        for front_matter, each, own in zip(front_matters, translated, chosen, strict=True):
            if own is not None:
                uses = list_uses(front_matter, each, own)
                facts.uses.update((name, key, use) for key, use in uses)
        refused = repeated if mapping.repeated_keys == "reject" else {}
        _count_errors(facts, name, errors | refused)
        is_read = ~pl.col("source_path").is_in(list(refused))
        fields = read_fields(collected, mapping)
        built = build_articles(fields)
        articles = built.rows.filter(is_read)
        clues = facts.clues if name == question.base else None
        _count_articles(facts, name, mapping, articles, documents, translated, clues)
        own_mappings = zip(documents, chosen, strict=True)
        read = [own for document, own in own_mappings if document.source_path not in refused]
        skipped = read.count(None)
        facts.outcomes[name, "skipped"] += skipped
        facts.outcomes[name, "rejected"] += len(read) - skipped - articles.height
        _count_problems(facts, name, built.findings.filter(is_read), fields, batch)
    return facts


def reject_all(batch: Batch, question: Question) -> Facts:
    """The facts of files that kill even libyaml."""
    outcome = read_deadly(batch)
    facts = Facts(unreadable=outcome.unreadable)
    _count_other_files(facts, outcome.ledger)
    for name in question.mappings:
        _count_errors(facts, name, _list_errors(outcome.findings))
    return facts


def find_top_folder(source_path: str) -> str:
    """The first folder of a path; empty for a file at the root."""
    return source_path.partition("/")[0] if "/" in source_path else ""


def _count_other_files(facts: Facts, ledger: Iterable[LedgerRow]) -> None:
    for row in sorted(ledger):
        if row.status == "ignored":
            facts.ignore(row.source_path, row.reason or "")
        else:
            facts.formats["unreadable"] += 1
            facts.folders[find_top_folder(row.source_path), "unreadable"] += 1


def _list_errors(findings: Iterable[FindingRow]) -> dict[str, FindingRow]:
    """Why files are no documents, by their paths."""
    return {each.source_path: each for each in findings if each.severity == "error"}


def _list_repeated(
    findings: Iterable[FindingRow], documents: Iterable[Document], archive: Archive
) -> dict[str, FindingRow]:
    """Why files with a repeated key are no documents if these are rejected."""
    warnings = (each for each in findings if each.severity == "warning")
    repeated = {each.source_path: each for each in warnings if each.rule == REPEATED_KEY_RULE}
    for document in documents:
        path = document.source_path
        if path in repeated and (error := find_repeated_key(document.content, archive)):
            repeated[path] = describe_error(path, error)
    return repeated


def _count_errors(facts: Facts, mapping: str, errors: Mapping[str, FindingRow]) -> None:
    for _, error in sorted(errors.items()):
        facts.outcomes[mapping, "rejected"] += 1
        problem = (mapping, error.rule, "")
        facts.problems[problem] += 1
        place = {"field_path": None, **error._asdict()}
        facts.places.setdefault(problem, {name: place[name] for name in _PLACE})


def _list_parts(documents: list[Document]) -> Iterator[Part]:
    """The documents as one partition, so they stay in order of their paths."""
    for rows in frame_documents(documents).to_batches():
        yield Part(rows, pl.repeat("", rows.num_rows, dtype=pl.String, eager=True))


def _read_front_matter(document: Document) -> dict[str, Value]:
    """All of the front matter. The list of related items is apart in a document."""
    front_matter: dict[str, Value] = json.loads(document.front_matter)
    if document.related is not None:
        front_matter[ARCHIVE.repeated_key] = [json.loads(item) for item in document.related]
    return front_matter


def _count_keys(facts: Facts, front_matter: dict[str, Value], secret_keys: Collection[str]) -> None:
    for key, value in front_matter.items():
        facts.shapes[key, _name_shape(value)] += 1
        is_empty = value in (None, "", [], {})
        if not is_empty and key not in secret_keys and key not in facts.examples:
            facts.examples[key] = _render_example(leave_out_below(value, secret_keys))


def _name_shape(value: Value) -> str:
    if isinstance(value, dict):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "null" if value is None else "text"


def _render_example(value: Value) -> str:
    text = value if isinstance(value, str) else render_json(value)
    text = re.sub(r"\s+", " ", text[: 4 * EXAMPLE_CHARACTERS]).strip()
    cut = len(text) > EXAMPLE_CHARACTERS
    return f"{text[: EXAMPLE_CHARACTERS - 3]}..." if cut else text


def _translate(
    document: Document, front_matter: dict[str, Value], mapping: PostMapping
) -> Translated:
    """The front matter as the mapping reads it. A plain one reads it as it is."""
    if not mapping.is_plain:
        # The related items are apart there.
        front_matter = json.loads(document.front_matter)
    return translate_document(front_matter, document.source_path, document.body, mapping)


def _count_articles(
    facts: Facts,
    name: str,
    mapping: PostMapping,
    articles: pl.DataFrame,
    documents: list[Document],
    translated: list[Translated],
    clues: Clues | None,
) -> None:
    """Count the valid articles, and where their dates and titles come from."""
    facts.outcomes[name, "loaded"] += articles.height
    for column in _COUNTS:
        facts.listed[name, column] += int(articles[column].sum())
    facts.listed[name, "with_body"] += articles["body"].count()
    dates = dict(articles.select("source_path", "published_at").iter_rows())
    for document, each in zip(documents, translated, strict=True):
        path = document.source_path
        if path in dates:
            is_dated = dates[path] is not None
            own = mapping.at(path) or mapping
            date = find_date_origin(each.origins, path, own, is_dated=is_dated)
            title = find_title_origin(each.origins, path, document.body)
            facts.dates[name, date] += 1
            facts.titles[name, title] += 1
            if clues is not None:
                clues.note(
                    path,
                    each,
                    mapping,
                    is_dated=is_dated,
                    is_titled=not is_by_name(title),
                    has_body=bool(document.body and document.body.strip()),
                )


def _count_problems(
    facts: Facts, name: str, findings: pl.DataFrame, fields: Fields, batch: Batch
) -> None:
    """Count what keeps articles out, and find the first place of each problem."""
    errors = findings.filter(severity="error").with_columns(
        _field=without_positions(pl.col("field_path")).fill_null("")
    )
    counts = errors.group_by("rule", "_field").agg(pl.col("source_path").n_unique())
    for rule, field_path, count in counts.iter_rows():
        facts.problems[name, rule, field_path] += count
    firsts = errors.sort("source_path").unique(
        ["rule", "_field"], keep="first", maintain_order=True
    )
    for finding in _locate(firsts, fields, batch).to_dicts():
        problem = (name, finding["rule"], finding["_field"])
        place = {each: finding[each] for each in _PLACE}
        steps = _STEP.split(finding["field_path"] or "")
        if any(step in batch.archive.secret_keys for step in steps):
            place["message"] = "found a secret value that breaks this rule"
        facts.places[problem] = place


def _locate(findings: pl.DataFrame, fields: Fields, batch: Batch) -> pl.DataFrame:
    """`findings` with their places in the files."""
    restored = restore_field_paths(findings, fields.origins)
    hashes = dict(fields.documents.select("source_path", "content_sha256").iter_rows())
    return locate_findings(restored, lambda path: batch.source.read(path).data, hashes)
