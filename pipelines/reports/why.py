"""Why: what became of a file, and for each value of its article where it came from."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.documents.json_text import render_json
from pipelines.mapping.own_column import name_mapped
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import leave_out_below
from pipelines.reports.asked import Asked, find_asked, list_columns
from pipelines.reports.find_post import find_source_path
from pipelines.reports.post_history import join_values, list_changes, list_values
from pipelines.reports.post_reader import PostReader, Row, Version
from pipelines.reports.raw_lines import SECRET, RawLines
from pipelines.reports.read_post import ReadPost, follow, read_post
from pipelines.reports.secrets import list_secrets
from pipelines.settings.stored import read_mapping
from pipelines.sources.addresses import open_source
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.articles import ARTICLES
from schemas.language.archive import CaselessKeys, fold_keys

_SHOWN: tuple[str, ...] = (
    *("severity", "table_name", "source_path", "line", "column_number"),
    *("field_path", "rule", "message"),
)


class _Case(NamedTuple):
    """All that is known of a post. `versions` are those of snapshots, the newest first.

    `last` is the newest one that has the file. `post` is None if it could not be read.
    """

    reader: PostReader
    versions: Sequence[Version]
    last: Version
    mapping: PostMapping
    post: ReadPost | None
    secret_keys: CaselessKeys
    findings: list[Row]

    @property
    def file(self) -> Row:
        """The row of `files` that the newest snapshot with the file has."""
        return self.last.file or {}

    @property
    def own_mapping(self) -> PostMapping | None:
        """The mapping of this file; None if it is no article."""
        return self.mapping.at(self.reader.source_path)

    @property
    def past(self) -> Sequence[Version]:
        """The versions from that snapshot on."""
        return self.versions[self.versions.index(self.last) :]


def explain_post(
    warehouse: Warehouse, snapshot: Snapshot, target: str, field: str | None = None
) -> dict[str, Any]:
    """What became of the file `target`, a path or an id, and where its values came from.

    Only of one `field`, if it is given. Secrets are not shown. A file that is gone is explained as
    the last snapshot that has it says.

    Raises:
        PipelineError: There is no such file, or no such field.
    """
    source = open_source(snapshot.manifest.raw)
    source_path = find_source_path(warehouse, snapshot, source, target)
    walked = list((reader := PostReader(source_path)).walk(warehouse, snapshot))
    case = _open_case(
        reader,
        [each for each in walked if isinstance(each, Version)],
        list_secrets(warehouse),
    )
    file, post = case.file, case.post
    asked = _list_asked(case, field)
    values = [_explain(each, case, shows_gaps=len(asked) == 1) for each in asked]
    front_matter = post.front_matter if post else {}
    lines = RawLines(source, source_path, file["content_sha256"], front_matter, case.secret_keys)
    _add_places(values, lines, post)
    told = {id(finding) for value in values for finding in value["findings"]}
    return {
        "source_path": source_path,
        "file": lines.file,
        "snapshot": case.versions[0].made["snapshot"],
        "last_seen": case.last.made["snapshot"],
        "status": case.last.status,
        "reason": file["reason"],
        "article_id": file["document_id"],
        "published_month": file["published_month"],
        "mapping": case.own_mapping.name if case.own_mapping else None,
        "raw": lines.state,
        "last_article": next(
            (each.made["snapshot"] for each in case.versions if each.article), None
        ),
        "changes": list_changes(case.versions),
        "unreadable_snapshots": [each for each in walked if isinstance(each, int)],
        "findings": [each for each in case.findings if field is None and id(each) not in told],
        "values": values,
    }


def _list_asked(case: _Case, field: str | None) -> list[Asked]:
    """The values to explain: `field`, or all columns of the article if there may be one."""
    if field is not None:
        return find_asked(field, case.post)
    is_article = case.file["document_id"] and case.own_mapping
    return list(list_columns(case.post)) if is_article else []


def _open_case(reader: PostReader, versions: Sequence[Version], secret_keys: CaselessKeys) -> _Case:
    last = next(each for each in versions if each.file)
    mapping = read_mapping(last.snapshot.manifest)
    document = reader.read_rows(last.snapshot, "documents", last.file)
    post = read_post(document, mapping) if document.height else None
    found = reader.read_findings(last.snapshot)
    return _Case(
        reader,
        versions,
        last,
        mapping,
        post,
        fold_keys([*secret_keys, *(post.secret_keys if post else ())]),
        [{name: each[name] for name in _SHOWN} for each in found],
    )


def _explain(asked: Asked, case: _Case, *, shows_gaps: bool) -> dict[str, Any]:
    """One value: what it is, where it came from, its rules, findings and earlier values.

    `shows_gaps` if its history says when there was none.
    """
    post = case.post
    path = _find_path(asked, post)
    named = {parse_field_path(asked.key) if asked.key else (), path or ()}
    is_secret = any(_names(each, case.secret_keys) for each in named)
    history = [] if is_secret else list_values(case.past, lambda each: _read(asked, each, case))
    if not shows_gaps:
        history = join_values(history)
    at_last = _read(asked, case.last, case)
    is_there, value = at_last
    if not is_there and post and asked.key:
        # Of a rejected post, what the file says.
        value = leave_out_below(follow(post.values, parse_field_path(asked.key)), case.secret_keys)
    findings = [each for each in case.findings if _concerns(each, asked, path)]
    return {
        "table": asked.table.name if asked.table else None,
        "column": asked.column,
        "name": asked.name,
        **asked.numbers,
        "value": SECRET if is_secret else value,
        "is_secret": is_secret,
        "is_in_table": is_there and asked.table is not None,
        "field_path": render_field_path(path) if path else None,
        "place": None,
        "is_computed": asked.key is None,
        "meaning": asked.table.readable_columns[asked.column].description if asked.table else None,
        "sources": post.list_tried(asked.key, asked.column) if post and asked.key else [],
        "rules": _list_rules(asked, case.own_mapping, findings) if is_there or path else [],
        "findings": findings,
        "since": history[0] if is_there and history else None,
        "earlier": _list_earlier(history),
        "_path": path,
    }


def _find_path(asked: Asked, post: ReadPost | None) -> FieldPath | None:
    """Where in the file the value is; None if nowhere."""
    if post is None or asked.key is None:
        return None
    return post.find_path(asked.key) if asked.table else parse_field_path(asked.key)


def _list_earlier(history: list[Row]) -> list[Row]:
    """The values before the current one. Of the time before the first value, nothing is said."""
    while history and history[-1]["status"]:
        history = history[:-1]
    return history[1:]


def _read(asked: Asked, version: Version, case: _Case) -> tuple[bool, Any]:
    """Whether a version has the value, and which."""
    if asked.table and asked.table.name == ARTICLES.name:
        article = version.article
        value = article and article.get(asked.column)
        return article is not None, _hide_in_extra(asked.column, value, case.secret_keys)
    if asked.table:
        rows = case.reader.read_rows(version.snapshot, asked.table.name, version.file)
        if rows.is_empty() or asked.column not in rows.columns:
            return False, None
        is_same = [pl.col(name).eq_missing(value) for name, value in asked.numbers.items()]
        found = rows.filter(*is_same)[asked.column].to_list()
        return bool(found), found[0] if found else None
    document = case.reader.read_rows(version.snapshot, "documents", version.file)
    if document.is_empty():
        return False, None
    post = read_post(document, case.mapping)
    value = follow(post.front_matter, parse_field_path(asked.key or ""))
    return value is not None, leave_out_below(value, case.secret_keys)


def _hide_in_extra(column: str, value: Any, secret_keys: CaselessKeys) -> Any:
    """A value without what became a secret later."""
    if column != "extra" or value is None:
        return value
    shown = {
        key: inner
        for key, inner in json.loads(value).items()
        if not _names(parse_field_path(key), secret_keys)
    }
    return render_json(leave_out_below(shown, secret_keys))


def _names(path: FieldPath, secret_keys: CaselessKeys) -> bool:
    return any(isinstance(step, str) and step in secret_keys for step in path)


def _concerns(finding: Row, asked: Asked, path: Any) -> bool:
    """Whether a finding is about this value, or about something inside of it."""
    if asked.table and finding["table_name"] not in (asked.table.name, "documents"):
        return False
    field_path = finding["field_path"]
    texts = {render_field_path(path)} if path else set()
    texts |= {asked.key, name_mapped(asked.key)} if asked.key else set()
    return field_path is not None and any(
        field_path == each or field_path.startswith((f"{each}.", f"{each}[")) for each in texts
    )


def _list_rules(asked: Asked, mapping: PostMapping | None, findings: Sequence[Row]) -> list[Row]:
    """The rules of a column, and whether the value passed each.

    After an error, nobody looks whether the value passes the other rules.
    """
    if asked.table is None or mapping is None:
        return []
    table = asked.table
    broken = {each["rule"] for each in findings}
    is_judged = not any(each["severity"] == "error" for each in findings)
    found = []
    for rule in table.list_rules(asked.column):
        effect = mapping.find_effect(table.name, asked.column, rule) or "error"
        if effect != "nothing":
            passed = "passed" if is_judged else "not judged"
            found.append({"rule": rule, "result": "broken" if rule in broken else passed})
    return found


def _add_places(values: Iterable[dict[str, Any]], lines: RawLines, post: ReadPost | None) -> None:
    """Add to each value where in its file it stands."""
    listed = list(values)
    places = lines.locate({each["_path"] for each in listed if each["_path"]})
    for each in listed:
        place = places.get(each.pop("_path"))
        each["place"] = {**place, "text": SECRET} if place and each["is_secret"] else place
        if place is None and post and post.body and (text := _find_in_body(each)):
            each["place"] = lines.locate_in_body(post.body, text)


def _find_in_body(value: dict[str, Any]) -> str | None:
    """What to look for in the body, if the value came from there."""
    taken = [each["source"] for each in value["sources"] if each["is_taken"]]
    is_body = value["column"] == "body" and value["field_path"] is None
    if not (is_body or set(taken) & {"@heading", "@excerpt", "@body"}):
        return None
    text = value["value"]
    return text.strip().partition("\n")[0].strip() if isinstance(text, str) else None
