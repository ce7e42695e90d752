"""The rows of one post as both yardsticks write them: what the file says, typed by YAML alone."""

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

Row = dict[str, Any]


class Rows(NamedTuple):
    """The rows of all posts so far, by table."""

    articles: list[Row]
    images: list[Row]
    related_links: list[Row]

    def add_post(self, source_path: str, post: Row, body: str) -> None:
        """Add everything that one file says; `source_path` stands for the ids of the product."""
        related = post.get("related") or []
        provider = post.get("provider") or {}
        self.articles.append(_list_article(source_path, post, body))
        self._add_images(source_path, "article", None, post.get("images") or [])
        self._add_images(source_path, "provider", None, provider.get("images") or [])
        for position, item in enumerate(related):
            self.related_links.append(_list_link(source_path, position, item))
            owned = (item.get("provider") or {}).get("images") or []
            listed = [*(item.get("images") or []), *owned]
            self._add_images(source_path, "related", position, listed)

    def _add_images(
        self, source_path: str, owner: str, related_position: int | None, images: list[Row]
    ) -> None:
        for position, image in enumerate(images):
            self.images.append(
                {
                    "source_path": source_path,
                    "owner": owner,
                    "related_position": related_position,
                    "position": position,
                    "url": image.get("url"),
                    "width": image.get("width"),
                    "height": image.get("height"),
                    "is_cached": image.get("isCached"),
                    "title": image.get("title"),
                    "attribution": image.get("attribution"),
                }
            )


def _list_article(source_path: str, post: Row, body: str) -> Row:
    provider = post.get("provider") or {}
    return {
        "source_path": source_path,
        "collection": source_path.rpartition("/")[0],
        "category": post.get("category"),
        "type": post.get("type"),
        "title": post.get("title"),
        "excerpt": post.get("excerpt"),
        "published_at": _in_utc(post.get("publishedDateTime")),
        "original_url": post.get("originalUrl"),
        "web_url": post.get("webUrl"),
        "amp_url": post.get("ampWebUrl"),
        "cdn_amp_url": post.get("cdnAmpWebUrl"),
        "provider_name": provider.get("name"),
        "provider_domain": provider.get("domain"),
        "topics": post.get("topics") or [],
        "quality": post.get("quality"),
        "heat": post.get("heat"),
        "is_published": post.get("published"),
        "is_removed": post.get("removed", False),
        "featured_content": post.get("featuredContent"),
        "body": body.strip() or None,
        "image_count": len(post.get("images") or []),
        "related_count": len(post.get("related") or []),
    }


def _list_link(source_path: str, position: int, item: Row) -> Row:
    provider = item.get("provider") or {}
    return {
        "source_path": source_path,
        "position": position,
        "title": item.get("title"),
        "excerpt": item.get("excerpt"),
        "published_at": _in_utc(item.get("publishedDateTime")),
        "web_url": item.get("webUrl"),
        "amp_url": item.get("ampWebUrl"),
        "cdn_amp_url": item.get("cdnAmpWebUrl"),
        "type": item.get("type"),
        "provider_name": provider.get("name"),
        "provider_domain": provider.get("domain"),
        "quality": item.get("quality"),
        "image_count": len(item.get("images") or []),
    }


def _in_utc(moment: datetime | date | None) -> datetime | None:
    """YAML gives a date where the file does, which no column of moments takes."""
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime.combine(moment, time(), tzinfo=UTC)
    return moment
