"""A page about an archive for its owner: one file, without scripts, for any browser."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from pipelines.reports.profile.checks import GROUPS
from pipelines.reports.profile.profile import Profile
from pipelines.reports.profile.words import describe_values, name_line, name_place, show_share
from pipelines.reports.text import count_noun, escape_text

Row = Mapping[str, Any]
_STYLE: Final = Path(__file__).with_name("page.css")
_NOTHING: Final = "<p>No check found anything that looks wrong.</p>"


def render_page(profile: Profile) -> str:
    """The page: how many warnings there are, each with examples, then the figures of columns.

    It names raw files as the archive does, since nobody else has our folders.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is loaded or run, whatever the posts hold.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>What looks wrong in this archive</title>\n"
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body>\n<main>\n"
        + "\n".join(_list_parts(profile))
        + "\n</main>\n</body></html>\n"
    )


def _list_parts(profile: Profile) -> Iterator[str]:
    yield "<h1>What looks wrong in this archive</h1>"
    yield f'<p class="lead">{_text(_summarize(profile))}</p>'
    yield (
        '<p class="soft">The checks look at figures, so what they find is a question, not a '
        "verdict: some of it may be meant. Each names the posts that show it best.</p>"
    )
    yield from _list_contents(profile.warnings) if profile.warnings else [_NOTHING]
    for group, heading in GROUPS.items():
        found = [(place, each) for place, each in _number(profile) if each["group"] == group]
        if found:
            yield f"<h2>{_text(heading)}</h2>"
        for place, warning in found:
            yield from _render_warning(place, warning)
    if profile.columns:
        yield from _render_columns(profile.columns)


def _number(profile: Profile) -> Iterator[tuple[int, Row]]:
    return enumerate(profile.warnings, 1)


def _summarize(profile: Profile) -> str:
    months = f" from {profile.first_month} to {profile.last_month}" if profile.first_month else ""
    found = count_noun(len(profile.warnings), "warning") if profile.warnings else "no warning"
    posts = count_noun(profile.articles, "post")
    return (
        f"{found} about {posts}{months}, as of {profile.published_at[:10]} "
        f"(snapshot {profile.snapshot})."
    )


def _list_contents(warnings: Sequence[Row]) -> Iterator[str]:
    yield (
        '<div class="scroll"><table><caption>Warnings, and how many posts each is about</caption>'
        '<thead><tr><th scope="col">warning</th><th scope="col">where</th>'
        '<th scope="col" class="count">posts</th></tr></thead><tbody>'
    )
    for place, each in enumerate(warnings, 1):
        yield (
            f'<tr><td><a href="#warning-{place}">{_text(each["title"])}</a></td>'
            f'<td>{_text(name_place(each))}</td><td class="count">{each["rows"]:,}</td></tr>'
        )
    yield "</tbody></table></div>"


def _render_warning(place: int, warning: Row) -> Iterator[str]:
    yield f'<section id="warning-{place}">\n<h3>{_text(warning["title"])}</h3>'
    yield f'<p class="figure">{_text(warning["message"])}.</p>'
    keys = {each["field_path"] for each in warning["examples"] if each["field_path"]}
    named = f", in the files {', '.join(sorted(keys))}" if keys else ""
    yield f'<p class="soft">{_text(name_place(warning) + named)}</p>'
    yield f"<p>{_text(warning['means'])}</p>\n<p><b>What to do.</b> {_text(warning['fix'])}</p>"
    if warning["examples"]:
        yield "<ol>"
        yield from map(_render_example, warning["examples"])
        yield "</ol>"
    yield from _render_thresholds(warning)
    yield "</section>"


def _render_example(example: Row) -> str:
    line = f"<li><code>{_text(name_line(example, example['source_path']))}</code>"
    if example["text"]:
        line += f'<code class="line">{_text(example["text"].strip())}</code>'
    return f"{line}</li>"


def _render_thresholds(warning: Row) -> Iterator[str]:
    if warning["thresholds"]:
        name = _text(warning["check"])
        yield f'<details><summary class="soft">Thresholds of {name}</summary><ul>'
        for key, each in warning["thresholds"].items():
            yield f"<li>{_text(key)} = {each['value']:g}: {_text(each['description'])}</li>"
        yield "</ul></details>"


def _render_columns(columns: Sequence[Row]) -> Iterator[str]:
    yield "<h2>What the columns hold</h2>"
    head = "".join(
        f'<th scope="col" class="count">{name}</th>' for name in ("null", "blank", "different")
    )
    for table, rows in groupby(columns, lambda row: str(row["table_name"])):
        listed = list(rows)
        name = f"{table}: {count_noun(max(row['n'] for row in listed), 'row')}"
        yield f"<details><summary>{_text(name)}</summary>"
        yield (
            f'<div class="scroll"><table><thead><tr><th scope="col">column</th>{head}'
            '<th scope="col">range; most frequent</th></tr></thead><tbody>'
        )
        yield from map(_render_column, listed)
        yield "</tbody></table></div></details>"


def _render_column(row: Row) -> str:
    counts = [show_share(row["null_count"], row["n"]), show_share(row["blank_count"], row["n"])]
    distinct = "" if row["distinct_count"] is None else f"{row['distinct_count']:,}"
    cells = "".join(f'<td class="count">{_text(each)}</td>' for each in (*counts, distinct))
    name = f'<th scope="row">{_text(row["column_name"])}</th>'
    return f"<tr>{name}{cells}<td>{_text(describe_values(row))}</td></tr>"


def _text(text: object) -> str:
    """Text that cannot be markup, and hides and turns no other text."""
    return escape(escape_text(text))
