"""The tables against the raw files, by another route: plain PyYAML, and no line of the product.

Usage: python tests/independent.py RAW WAREHOUSE [STEP]   (every STEP-th file, all by default)
"""

import hashlib
import html
import json
import os
import re
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import polars as pl
import yaml

NULLS = {"", "~", "null", "Null", "NULL"}
BLOCKS = {"blockquote", "br", "div", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"}
TRACKING = {"fbclid", "gclid", "msclkid", "mc_cid", "mc_eid"}
KEYS = {
    *("category", "type", "title", "excerpt", "publishedDateTime", "originalUrl", "webUrl"),
    *("ampWebUrl", "cdnAmpWebUrl", "provider", "topics", "quality", "heat", "published", "removed"),
    *("featuredContent", "images", "related", "secured"),
}

FENCED = re.compile(
    r"\A---[ \t]*(?:\r\n|[\r\n])(|.*?[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|[\r\n]|\Z)", re.S
)


class TextLoader(yaml.CSafeLoader):
    """Tells plain scalars from all others, and guesses nothing else of their type."""


TextLoader.yaml_implicit_resolvers = {None: [("plain", re.compile(""))]}


def read_node(node: yaml.Node) -> Any:
    """Every scalar as the text that was written, a plain null as None."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: read_node(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [read_node(item) for item in node.value]
    is_null = node.tag in ("plain", "tag:yaml.org,2002:null") and node.value in NULLS
    return None if is_null else node.value


def load_post(data: bytes) -> tuple[dict[str, Any], str | None]:
    """The front matter of one file, and what follows it."""
    text = data.decode("utf-8-sig")
    fenced = FENCED.match(text)
    assert fenced, "no fences"
    root = yaml.compose("---\n" + fenced[1], Loader=TextLoader)
    front_matter = read_node(root) if root else None
    return front_matter or {}, text[fenced.end() :] or None


def moment(text: str | None) -> datetime | None:
    return text and datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def number(text: str | None) -> int | None:
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
        self.feed(text)
        self.close()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(" " if tag in BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(" " if tag in BLOCKS else "")


def words(text: str | None) -> str | None:
    return None if text is None else " ".join("".join(Words(text).parts).split()) or None


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


def not_blank(text: str | None) -> str | None:
    return text if text and text.strip() else None


def precision(text: str | None) -> str | None:
    return text and ("date" if len(text) == len("2020-01-31") else "second")


def leftovers(post: dict[str, Any]) -> dict[str, Any] | None:
    return {key: value for key, value in post.items() if key not in KEYS} or None


def expect_article(post: dict[str, Any], body: str | None) -> dict[str, Any]:
    provider = post.get("provider") or {}
    page = canonical(post.get("webUrl") or post.get("originalUrl"))
    return {
        "category": post.get("category"),
        "type": post.get("type"),
        "title": post.get("title"),
        "excerpt": post.get("excerpt"),
        "excerpt_text": words(post.get("excerpt")),
        "published_at": moment(post.get("publishedDateTime")),
        "published_precision": precision(post.get("publishedDateTime")),
        "original_url": address(post.get("originalUrl")),
        "web_url": address(post.get("webUrl")),
        "amp_url": address(post.get("ampWebUrl")),
        "cdn_amp_url": address(post.get("cdnAmpWebUrl")),
        "canonical_url": page,
        "url_id": identity(page),
        "provider_name": provider.get("name"),
        "provider_domain": provider.get("domain"),
        "topics": post.get("topics") or [],
        "quality": number(post.get("quality")),
        "heat": number(post.get("heat")),
        "is_published": flag(post.get("published")),
        "is_removed": flag(post.get("removed")) or False,
        "featured_content": not_blank(post.get("featuredContent")),
        "body": not_blank(body),
        "image_count": len(post.get("images") or []),
        "related_count": len(post.get("related") or []),
        "extra": leftovers(post),
    }


def expect_images(post: dict[str, Any]) -> list[dict[str, Any]]:
    lists = [
        ("article", None, post.get("images")),
        ("provider", None, (post.get("provider") or {}).get("images")),
    ]
    for place, item in enumerate(post.get("related") or []):
        own = item.get("images") or []
        lists.append(("related", place, own + ((item.get("provider") or {}).get("images") or [])))
    return [
        {
            "owner": owner,
            "related_position": place,
            "position": position,
            "url": address(image["url"]),
            "width": number(image.get("width")),
            "height": number(image.get("height")),
            "is_cached": flag(image.get("isCached")),
            "title": image.get("title"),
            "attribution": image.get("attribution"),
        }
        for owner, place, images in lists
        for position, image in enumerate(images or [])
    ]


def expect_links(post: dict[str, Any], page: str | None) -> list[dict[str, Any]]:
    items = post.get("related") or []
    targets = [canonical(item["webUrl"]) for item in items]
    return [
        {
            "position": position,
            "title": item.get("title"),
            "excerpt": item.get("excerpt"),
            "excerpt_text": words(item.get("excerpt")),
            "published_at": moment(item.get("publishedDateTime")),
            "web_url": address(item["webUrl"]),
            "amp_url": address(item.get("ampWebUrl")),
            "cdn_amp_url": address(item.get("cdnAmpWebUrl")),
            "canonical_url": targets[position],
            "target_url_id": identity(targets[position]),
            "type": item.get("type"),
            "provider_name": (item.get("provider") or {}).get("name"),
            "provider_domain": (item.get("provider") or {}).get("domain"),
            "quality": number(item.get("quality")),
            "image_count": len(item.get("images") or []),
            "is_self": targets[position] == page,
            "is_repeat": targets[position] in targets[:position],
        }
        for position, item in enumerate(items)
    ]


def read_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "extra": json.loads(row["extra"])} if row.get("extra") else row


def read_tables(warehouse: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The rows of the analyst tables by article id, each in the order of its positions."""
    pin = os.path.realpath(warehouse / "current")
    orders = {
        "articles": ["article_id"],
        "images": ["article_id", "owner", "related_position", "position"],
        "related_links": ["article_id", "position"],
    }
    return {
        table: {
            str(key[0]): list(map(read_row, rows.to_dicts()))
            for key, rows in pl.read_parquet(f"{pin}/{table}/**/*.parquet")
            .sort(order)
            .group_by("article_id", maintain_order=True)
        }
        for table, order in orders.items()
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
        post, body = load_post(path.read_bytes())
        article = expect_article(post, body)
        ids = {"article_id": digest(source_path)}
        folder = source_path.rpartition("/")[0]
        expected = {
            "articles": [{**ids, "source_path": source_path, "collection": folder, **article}],
            "images": [{**ids, **row} for row in expect_images(post)],
            "related_links": [
                {**ids, **row} for row in expect_links(post, article["canonical_url"])
            ],
        }
        for table, rows in expected.items():
            found = tables[table].get(ids["article_id"], [])
            if found != rows:
                differences.append(f"{source_path}: {table}: found {found}, expected {rows}")
    return len(paths), differences


if __name__ == "__main__":
    count, found = compare(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
    sys.stdout.write("\n".join([*found[:10], f"{count} files, {len(found)} differences\n"]))
    sys.exit(bool(found))
