"""The tables compared with the raw files by another route: plain PyYAML, tomllib and json.

Usage: python -m tests.independent RAW WAREHOUSE [STEP]   (every STEP-th file, all by default)

No line of the product reads a file here. What a post should become, the `CASES` of each table say.
"""

import hashlib
import html
import json
import os
import re
import sys
import tomllib
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import polars as pl
import yaml

NULLS = {"", "~", "null", "Null", "NULL"}
BLOCKS = {"blockquote", "br", "div", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"}
UNSEEN = {"noscript", "script", "style", "template"}
TRACKING = {"fbclid", "gclid", "msclkid", "mc_cid", "mc_eid"}
FENCED = re.compile(
    r"\A---[ \t]*(?:\r\n|[\r\n])(|.*?[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|[\r\n]|\Z)", re.S
)


class Post(NamedTuple):
    """A raw file as another parser reads it."""

    source_path: str
    front_matter: dict[str, Any]
    body: str | None


class TextLoader(yaml.CSafeLoader):
    """Distinguishes plain scalars from all others. Guesses no other type."""


TextLoader.yaml_implicit_resolvers = {None: [("plain", re.compile(""))]}


def read_node(node: yaml.Node) -> Any:
    """Every scalar as the text that was written, and a plain null as None."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: read_node(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [read_node(item) for item in node.value]
    is_null = node.tag in ("plain", "tag:yaml.org,2002:null") and node.value in NULLS
    return None if is_null else node.value


def agrees(stored: Any, value: Any) -> bool:
    """Whether text as it was written means the value that tomllib or json read."""
    if isinstance(value, dict):
        is_alike = isinstance(stored, dict) and stored.keys() == value.keys()
        return is_alike and all(agrees(stored[key], value[key]) for key in value)
    if isinstance(value, list):
        is_alike = isinstance(stored, list) and len(stored) == len(value)
        return is_alike and all(map(agrees, stored, value))
    if value is None or isinstance(value, str):
        return bool(stored == value)
    if not isinstance(stored, str):
        return False
    meant = tomllib.loads(f"v = {stored}")["v"]
    is_nan = meant != meant and value != value  # Nothing else differs from itself.
    return is_nan or (type(meant), meant) == (type(value), value)


def load_foreign_post(data: bytes) -> tuple[dict[str, Any], str | None] | None:
    """A post in TOML or JSON, with values of Python; None if it is in neither."""
    text = re.sub(r"\A\s*<!--.*?-->\s*(?=\+\+\+)", "", data.decode("utf-8-sig"), flags=re.S)
    if found := re.match(r"\s*(?:\+\+\+|---toml)(.*?\n)(?:\+\+\+|---)(?:\n|\Z)", text, re.S):
        return tomllib.loads(found[1]), text[found.end() :] or None
    if found := re.match(r"---json(.*?\n)---(?:\n|\Z)", text, re.S):
        return json.loads(found[1]), text[found.end() :] or None
    if found := re.match(r"\s*(?:<!--\s*)?(?=\{)", text):
        value, end = json.JSONDecoder().raw_decode(text, found.end())
        return value, re.sub(r"\A\s*?(?:-->)?[ \t]*\n", "", text[end:]) or None
    return None


def write_values(value: Any) -> Any:
    """Values of Python as the text that most people would have written."""
    if isinstance(value, dict):
        return {key: write_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(write_values, value))
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def load_post(data: bytes) -> tuple[dict[str, Any], str | None]:
    """The front matter of one file, and what follows it."""
    if foreign := load_foreign_post(data):
        return foreign
    text = data.decode("utf-8-sig")
    if hidden := re.match(r"\s*<!--\s*(---\n.*?\n---\n)\s*-->\n", text, re.S):
        text = hidden[1] + text[hidden.end() :]
    elif re.match(r"---ya?ml\n", text):
        text = re.sub("ya?ml", "", text, count=1)
    else:
        text = re.sub(r"\A\s*(?:<!--.*?-->\s*)?(?=---\s)", "", text, flags=re.S)
    fenced = FENCED.match(text)
    assert fenced, f"no fences: {data[:80]!r}"
    root = yaml.compose("---\n" + fenced[1], Loader=TextLoader)
    front_matter = read_node(root) if root else None
    return front_matter or {}, text[fenced.end() :] or None


def moment(text: str | datetime | None) -> datetime | None:
    # TOML has moments of its own.
    if isinstance(text, datetime):
        return text.astimezone(UTC)
    return text and datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def day(text: str | datetime | None) -> date | None:
    """The day in UTC; the day as written where nothing more is."""
    if isinstance(text, str) and len(text) == len("2020-01-31"):
        return date.fromisoformat(text)
    at = moment(text)
    return at and at.date()


def whole_number(text: str | None) -> int | None:
    return None if text is None else int(text)


def flag(text: str | None) -> bool | None:
    return None if text is None else {"true": True, "false": False}[text]


def address(text: str | None) -> str | None:
    return None if text is None else text.strip()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Words(HTMLParser):
    """The text of HTML, as the standard library reads it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen: list[str] = []
        self.feed(text)
        self.close()

    def handle_data(self, data: str) -> None:
        self.parts.append("" if self.unseen else data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += [tag] if tag in UNSEEN else []
        self.handle_data(" " if tag in BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = self.unseen[:-1] if tag in UNSEEN else self.unseen
        self.handle_data(" " if tag in BLOCKS else "")


def words(text: str | None) -> str | None:
    return None if text is None else " ".join("".join(Words(text).parts).split()) or None


def headline(text: str | None) -> str | None:
    if text is None or re.search(r"</|<br|<wbr|<img |<!--", text, re.I):
        return words(text)
    return " ".join(html.unescape(text).split()) or None


def host(url: str | None) -> str | None:
    name = url and urlsplit(url).hostname
    return name.removeprefix("www.") if name else None


def canonical(text: str | None) -> str | None:
    if text is None:
        return None
    decoded = re.sub(r"&#?\w+;", lambda entity: html.unescape(entity[0]), text.strip())
    scheme, host, path, query, _ = urlsplit(decoded)
    kept = [
        part
        for part in query.split("&")
        if not part.startswith("utm_") and part.partition("=")[0] not in TRACKING
    ]
    return urlunsplit((scheme.lower(), host.lower(), path, "&".join(kept), ""))


def identity(url: str | None) -> str | None:
    return None if url is None else digest(url)


def read_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "extra": json.loads(row["extra"])} if row.get("extra") else row


def list_expected() -> dict[str, Any]:
    """The cases of the tables that have rows of posts."""
    found = {}
    for path in sorted((Path(__file__).parent / "tables").glob("test_*.py")):
        cases = getattr(import_module(f"tests.tables.{path.stem}"), "CASES", None)
        if cases and cases.expect:
            found[path.stem.removeprefix("test_")] = cases
    return found


def read_tables(warehouse: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The rows of the analyst tables by article id, each in the order of its key."""
    pin = os.path.realpath(warehouse / "current")
    return {
        table: {
            str(key[0]): list(map(read_row, rows.to_dicts()))
            for key, rows in pl.read_parquet(f"{pin}/{table}/**/*.parquet")
            .sort(list(cases.keys))
            .group_by("article_id", maintain_order=True)
        }
        for table, cases in list_expected().items()
    }


def list_flawless(warehouse: Path) -> set[str]:
    """The source paths of what was loaded without an error."""
    pin = os.path.realpath(warehouse / "current")
    files = pl.read_parquet(f"{pin}/files/*.parquet").filter(pl.col("status") == "loaded")
    errors = pl.read_parquet(f"{pin}/findings/*.parquet").filter(pl.col("severity") == "error")
    return {*files["source_path"]} - {*errors["source_path"]}


def compare(raw: Path, warehouse: Path, step: int = 1) -> tuple[int, list[str]]:
    """How many of the files without an error were compared, and what differs."""
    tables = read_tables(warehouse)
    paths = [raw / source_path for source_path in sorted(list_flawless(warehouse))][::step]
    differences = []
    for path in paths:
        source_path = path.relative_to(raw).as_posix()
        front_matter, body = load_post(path.read_bytes())
        post = write_values(front_matter)
        article_id = digest(source_path)
        for table, cases in list_expected().items():
            expected = [
                {"article_id": article_id, **row}
                for row in cases.expect(Post(source_path, post, body))
            ]
            found = tables[table].get(article_id, [])
            if found != expected:
                differences.append(f"{source_path}: {table}: found {found}, expected {expected}")
    return len(paths), differences


if __name__ == "__main__":
    count, found = compare(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
    sys.stdout.write("\n".join([*found[:10], f"{count} files, {len(found)} differences\n"]))
    sys.exit(bool(found))
