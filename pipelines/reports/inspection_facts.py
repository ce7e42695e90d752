"""What is found in some raw files: formats, keys, and what each mapping would make of them.

A worker finds out about a batch. The facts of all batches are added up.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final

import polars as pl

from pipelines.documents.batch import read_batch, read_deadly
from pipelines.documents.json_text import render_json
from pipelines.documents.locate import locate_findings
from pipelines.documents.parsed import Batch
from pipelines.documents.rows import Document, FindingRow, LedgerRow, frame_documents
from pipelines.mapping.post_mapping import BUILT_IN, PostMapping
from pipelines.mapping.translate import Translated
from pipelines.reports.origins import find_date_origin, find_title_origin, list_uses
from pipelines.reports.rejects import strip_positions
from pipelines.tables.articles import build_articles
from pipelines.tables.documents import Part, collect_documents
from pipelines.tables.fields import Fields, read_fields
from pipelines.tables.leftovers import without_secrets
from pipelines.tables.translation import restore_field_paths, translate_document
from schemas.documents import ARCHIVE
from schemas.language.shape import Value

EXAMPLE_CHARACTERS: Final = 60
_PLACE: Final = ("source_path", "line", "column_number", "field_path", "message", "rule")

Problem = tuple[str, str, str]
"""A mapping, the rule that rejects a file, and the field path, without positions in lists."""


@dataclass
class Facts:
    """Counts of files, by what their names say.

    `folders` are counted by top folder and status. The keys of `shapes` are a root key and a shape,
    those of `uses` a mapping, a root key and what it becomes. `outcomes`, `dates` and `titles` are
    counted by mapping. `places` are the first finding of each problem, `examples` the first value
    of each root key.
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
    problems: Counter[Problem] = field(default_factory=Counter)
    places: dict[Problem, dict[str, Any]] = field(default_factory=dict)

    def add(self, other: "Facts") -> None:
        """Add the facts of files that come later in the order of paths."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                mine.update({key: theirs[key] for key in theirs.keys() - mine.keys()})

    def ignore(self, source_path: str, reason: str) -> None:
        """Count a file that is no post."""
        self.formats["none"] += 1
        self.ignored[reason] += 1
        self.folders[find_top_folder(source_path), "ignored"] += 1


def find_facts(batch: Batch, *, use_rapidyaml: bool) -> Facts:
    """Read and parse `batch`, and try every built-in mapping on it."""
    outcome, documents = read_batch(batch, use_rapidyaml=use_rapidyaml)
    documents.sort(key=lambda each: each.source_path)
    facts = Facts()
    _count_other_files(facts, outcome.ledger, outcome.findings)
    for document in documents:
        facts.formats[document.language] += 1
        facts.folders[find_top_folder(document.source_path), "post"] += 1
    front_matters = [_read_front_matter(document) for document in documents]
    for front_matter in front_matters:
        _count_keys(facts, front_matter)
    collected = collect_documents(_list_parts(documents))
    for mapping in BUILT_IN.values():
        translated = [
            _translate(document, front_matter, mapping)
            for document, front_matter in zip(documents, front_matters, strict=True)
        ]
        for front_matter, each in zip(front_matters, translated, strict=True):
            uses = list_uses(front_matter, each, mapping)
            facts.uses.update((mapping.name, key, use) for key, use in uses)
        fields = read_fields(collected, mapping)
        built = build_articles(fields)
        _count_articles(facts, mapping, built.rows, documents, translated)
        facts.outcomes[mapping.name, "rejected"] += len(documents) - built.rows.height
        _count_problems(facts, built.findings, fields, batch)
    return facts


def reject_all(batch: Batch) -> Facts:
    """The facts of files that kill even libyaml."""
    outcome = read_deadly(batch)
    facts = Facts()
    _count_other_files(facts, outcome.ledger, outcome.findings)
    return facts


def find_top_folder(source_path: str) -> str:
    """The first folder of a path; empty for a file at the root."""
    return source_path.partition("/")[0] if "/" in source_path else ""


def _count_other_files(
    facts: Facts, ledger: Iterable[LedgerRow], findings: Iterable[FindingRow]
) -> None:
    for row in sorted(ledger):
        if row.status == "ignored":
            facts.ignore(row.source_path, row.reason or "")
        else:
            facts.formats["unreadable"] += 1
            facts.folders[find_top_folder(row.source_path), "unreadable"] += 1
    errors = sorted((each for each in findings if each.severity == "error"), key=_find_path)
    for mapping in BUILT_IN:
        for error in errors:
            facts.outcomes[mapping, "rejected"] += 1
            problem = (mapping, error.rule, "")
            facts.problems[problem] += 1
            place = {"field_path": None, **error._asdict()}
            facts.places.setdefault(problem, {name: place[name] for name in _PLACE})


def _find_path(finding: FindingRow) -> str:
    return finding.source_path


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


def _count_keys(facts: Facts, front_matter: dict[str, Value]) -> None:
    for key, value in front_matter.items():
        facts.shapes[key, _name_shape(value)] += 1
        if (
            value not in (None, "", [], {})
            and key not in ARCHIVE.secret_keys | facts.examples.keys()
        ):
            facts.examples[key] = _render_example(value)


def _name_shape(value: Value) -> str:
    if isinstance(value, dict):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "null" if value is None else "text"


def _render_example(value: Value) -> str:
    shown = without_secrets(value)
    text = shown if isinstance(shown, str) else render_json(shown)
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
    mapping: PostMapping,
    articles: pl.DataFrame,
    documents: list[Document],
    translated: list[Translated],
) -> None:
    """Count the valid articles, and where their dates and titles come from."""
    facts.outcomes[mapping.name, "loaded"] += articles.height
    dates = dict(articles.select("source_path", "published_at").iter_rows())
    for document, (_, _, origins) in zip(documents, translated, strict=True):
        path = document.source_path
        if path in dates:
            date = find_date_origin(origins, path, mapping, is_dated=dates[path] is not None)
            facts.dates[mapping.name, date] += 1
            facts.titles[mapping.name, find_title_origin(origins, path, document.body)] += 1


def _count_problems(facts: Facts, findings: pl.DataFrame, fields: Fields, batch: Batch) -> None:
    """Count what keeps articles out, and find the first place of each problem."""
    errors = findings.filter(severity="error").with_columns(
        _field=strip_positions(pl.col("field_path")).fill_null("")
    )
    counts = errors.group_by("rule", "_field").agg(pl.col("source_path").n_unique())
    for rule, name, count in counts.iter_rows():
        facts.problems[fields.mapping.name, rule, name] += count
    firsts = errors.sort("source_path").unique(
        ["rule", "_field"], keep="first", maintain_order=True
    )
    for finding in _locate(firsts, fields, batch).to_dicts():
        problem = (fields.mapping.name, finding["rule"], finding["_field"])
        facts.places[problem] = {name: finding[name] for name in _PLACE}


def _locate(findings: pl.DataFrame, fields: Fields, batch: Batch) -> pl.DataFrame:
    """`findings` with their places in the files."""
    restored = restore_field_paths(findings, fields.origins)
    hashes = dict(fields.documents.select("source_path", "content_sha256").iter_rows())
    return locate_findings(restored, lambda path: batch.source.read(path).data, hashes)
