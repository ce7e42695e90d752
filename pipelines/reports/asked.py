"""What somebody asks about a post: some columns of one of its rows, or a key without a column."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.errors import PipelineError
from pipelines.mapping.own_column import name_mapped
from pipelines.reports.read_post import ReadPost, find_in
from pipelines.tables.finding_search import strip_positions
from pipelines.tables.own_columns import find_table
from schemas.articles import ARTICLES
from schemas.language.registry import load_tables
from schemas.language.table import Table


class Asked(NamedTuple):
    """One value: a column of a table, in the row with these `numbers`; or a key without a column.

    `key` is its key of the tables, with the list that holds it, like `related[2].title`; None if it
    is computed. `numbers` are empty for articles. `item` is the field path of the item of a list.
    """

    table: Table | None
    column: str
    key: str | None
    numbers: Mapping[str, Any] = {}
    item: str = ""

    @property
    def name(self) -> str:
        """What it is called: the column, below its item if it has one."""
        return f"{self.item}.{self.column}" if self.item else self.column


def list_columns(post: ReadPost | None) -> Iterator[Asked]:
    """Every column of the article of `post`."""
    table = _find_articles(post)
    for name in table.readable_columns:
        yield Asked(table, name, table.readable_columns[name].key)


def find_asked(field: str, post: ReadPost | None) -> list[Asked]:
    """What `field` means: a column of articles, a field path of file or tables, or a key.

    Raises:
        PipelineError: There is no such thing.
    """
    table = _find_articles(post)
    if field in table.readable_columns:
        return [Asked(table, field, table.readable_columns[field].key)]
    if found := [
        Asked(table, name, key) for name, key in table.keys.items() if _is_read(key, field, post)
    ]:
        return found
    if found := list(_find_in_lists(field, post)):
        return found
    if post is not None and (path := find_in(post.front_matter, field)):
        return [Asked(None, field, render_field_path(path))]
    if _find_list(parse_field_path(field)):
        raise PipelineError(f"{field}: the post lists no such item, or it has no such column")
    names = {*table.readable_columns, *(post.front_matter if post else ())}
    close = get_close_matches(field, sorted(names))
    meant = f"; is {' or '.join(close)} meant?" if close else ""
    raise PipelineError(f"{field}: no column of articles and no key of the post{meant}")


def _find_articles(post: ReadPost | None) -> Table:
    return find_table(ARTICLES.name, post.mapping) if post and post.mapping else ARTICLES


def _is_read(key: str, field: str, post: ReadPost | None) -> bool:
    """Whether `field` is that key of the tables, or what feeds it in this post."""
    if post is None or post.mapping is None or post.mapping.is_plain:
        return name_mapped(key) == field
    return post.origins.get(key) == field or (key not in post.origins and key == field)


def _find_in_lists(field: str, post: ReadPost | None) -> Iterator[Asked]:
    """The columns of the row of a list that `field` names, or the one column."""
    for text in _list_names(field, post):
        path = parse_field_path(text)
        if found := _find_list(path):
            table, end = found
            yield from _list_cells(table, path, end, field, post)


def _find_list(path: FieldPath) -> tuple[Table, int] | None:
    """The table of the innermost list on `path`, and where in `path` its item ends."""
    for end in range(len(path), 0, -1):
        place = strip_positions(render_field_path(path[: end - 1]))
        tables = [table for table in load_tables().values() if place in table.lists]
        if isinstance(path[end - 1], int) and tables:
            return tables[0], end
    return None


def _list_names(field: str, post: ReadPost | None) -> Iterator[str]:
    """`field`, with the name of a table replaced by its list, or by the keys of the tables."""
    for table in load_tables().values():
        if table.lists and field.startswith(f"{table.name}["):
            field = f"{table.lists[0]}{field.removeprefix(table.name)}"
    for key, origin in post.origins.items() if post else ():
        # A file may call its images something else.
        if origin and key.endswith("]"):
            if field == origin or field.startswith(f"{origin}."):
                yield key + field.removeprefix(origin)
            elif origin.startswith(f"{field}["):
                yield key
    yield field


def _list_cells(
    table: Table, path: FieldPath, end: int, field: str, post: ReadPost | None
) -> Iterator[Asked]:
    item = render_field_path(path[:end])
    numbers = post.find_row(table, item) if post else None
    if numbers is None:
        return
    wanted = render_field_path(path[end:])
    written = parse_field_path(field)
    for name, column in table.columns.items():
        key = None if column.key is None else f"{item}.{column.key}"
        is_place = post is not None and key is not None and post.find_path(key) == written
        if wanted in ("", name, column.key) or is_place:
            yield Asked(table, name, key, numbers, item)
