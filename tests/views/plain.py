"""Every derived view a second time: plain Python over the rows of the tables.

No line of SQL is used here. Each function takes all tables, and returns the rows of its view.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = Mapping[str, Sequence[Row]]

ENTITIES = {"&nbsp;": " ", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&amp;": "&"}


def group(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]].append(row)
    return found


def pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def hash_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hours(earlier: datetime, later: datetime) -> float:
    return (later.replace(microsecond=0) - earlier.replace(microsecond=0)).total_seconds() / 3600


def in_time(row: Row) -> tuple[Any, ...]:
    """The order in time: what has no date comes last."""
    published = row["published_at"]
    return published is None, published, row["article_id"]


def by_rank(row: Row) -> tuple[Any, ...]:
    """Who stands for others: public, then the best, then the earliest, then the smallest id."""
    quality = row["quality"]
    return not row["is_public"], quality is None, -(quality or 0), *in_time(row)


def read_host(url: str | None) -> str | None:
    name = urlsplit(url.strip()).hostname if url else None
    bare = name.removeprefix("www.") if name else None
    return bare if bare and "." in bare else name


def fold_spaces(text: str) -> str:
    spaced = (" " if c in "\t\n\f\r" or unicodedata.category(c)[0] == "Z" else c for c in text)
    return " ".join(word for word in "".join(spaced).split(" ") if word)


def fold_words(text: str | None) -> str | None:
    if text is None:
        return None
    letters = (c if unicodedata.category(c)[0] in "LMN" else " " for c in text.lower())
    return " ".join("".join(letters).split())


def owners(tables: Tables) -> dict[str, tuple[Row, int]]:
    """The article that owns each address, and how many have it."""
    named = group((row for row in tables["articles"] if row["url_id"] is not None), "url_id")
    return {url_id: (min(rows, key=by_rank), len(rows)) for url_id, rows in named.items()}


def addresses(tables: Tables) -> list[Row]:
    return [
        {**pick(owner, "url_id", "canonical_url", "article_id"), "article_count": count}
        for owner, count in owners(tables).values()
    ]


def article_hosts(tables: Tables) -> list[Row]:
    rows = []
    for row in tables["articles"]:
        original, web = read_host(row["original_url"]), read_host(row["web_url"])
        rows.append(
            {
                **pick(row, "article_id", "archive", "provider_name", "provider_domain"),
                **pick(row, "is_public", "original_url", "web_url", "published_month"),
                "original_host": original,
                "web_host": web,
                "has_other_host": original != web if original and web else None,
            }
        )
    return rows


def article_images(tables: Tables) -> list[Row]:
    rows = []
    for image in tables["images"]:
        if image["owner"] != "article":
            continue
        row = {name: image[name] for name in image if name not in ("owner", "related_position")}
        width, height = image["width"], image["height"]
        is_known = width is not None and height is not None
        row["aspect_ratio"] = width / height if is_known and height else None
        row["pixels"] = width * height if is_known else None
        rows.append(row)
    return rows


def link_targets(tables: Tables) -> list[Row]:
    owned = owners(tables)
    articles = {row["article_id"]: row for row in tables["articles"]}
    rows = []
    for link in tables["related_links"]:
        owner, count = owned.get(link["target_url_id"], (None, 0))
        target = articles[link["article_id"]] if link["is_self"] else owner
        if link["is_self"]:
            resolution = "self"
        else:
            resolution = "none" if not count else "one" if count == 1 else "ambiguous"
        said = target or {**link, "title_text": link["title"]}
        rows.append(
            {
                **pick(link, "article_id", "position", "canonical_url", "target_url_id"),
                **pick(link, "is_self", "is_repeat", "published_month"),
                "link_kind": "related",
                "url": link["web_url"],
                "resolution": resolution,
                "target_count": count,
                "target_article_id": target and target["article_id"],
                "target_title": said["title_text"],
                "target_provider_name": said["provider_name"],
                "target_provider_domain": said["provider_domain"],
                "target_published_at": said["published_at"],
                "target_quality": said["quality"],
                "target_is_public": target and target["is_public"],
            }
        )
    return rows


def link_edges(tables: Tables) -> list[Row]:
    found = Counter(
        (row["article_id"], row["target_article_id"])
        for row in link_targets(tables)
        if row["resolution"] in ("one", "ambiguous")
    )
    return [
        {"article_id": source, "target_article_id": target, "link_count": count}
        for (source, target), count in found.items()
    ]


def article_degree(tables: Tables) -> list[Row]:
    publishers = {row["article_id"]: row["provider"] for row in article_providers(tables)}
    edges = [(row["article_id"], row["target_article_id"]) for row in link_edges(tables)]
    linking = defaultdict(set)
    for source, target in edges:
        linking[target].add(source)
    links_out = Counter(source for source, _ in edges)
    rows = []
    for row in tables["articles"]:
        sources = linking[row["article_id"]]
        rows.append(
            {
                **pick(row, "article_id", "archive", "title_text", "provider_name"),
                **pick(row, "provider_domain", "is_public", "published_month"),
                "listed_count": row["related_count"],
                "links_out": links_out[row["article_id"]],
                "links_in": len(sources),
                "providers_in": len(distinct(publishers[source] for source in sources)),
            }
        )
    return rows


def topics(tables: Tables) -> list[Row]:
    sizes = Counter(row["archive"] for row in tables["articles"])
    listed = [
        (row, topic)
        for row in tables["articles"]
        for topic in {fold_spaces(topic) for topic in row["topics"]} - {""}
    ]
    uses = Counter((row["archive"], topic) for row, topic in listed)
    return [
        {
            **pick(row, "article_id", "archive", "is_public", "provider_name", "provider_domain"),
            **pick(row, "published_on", "published_month"),
            "topic": topic,
            "is_site_wide": (size := sizes[row["archive"]]) >= 20
            and 100 * uses[row["archive"], topic] >= 95 * size,
        }
        for row, topic in listed
    ]


def clean_name(written: str) -> str | None:
    text = written if re.search("%[^2-7]", written) else unquote(written)
    for entity, letter in ENTITIES.items():
        text = text.replace(entity, letter)
    return fold_spaces(text) or None


def article_providers(tables: Tables) -> list[Row]:
    names: dict[str, str | None] = {}
    for row in tables["articles"]:
        written = row["provider_name"] or row["provider_domain"]
        names[row["article_id"]] = None if written is None else clean_name(written)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names.values():
        if name is not None:
            spellings[name.lower()][name] += 1
    usual = {
        key: min(counts, key=lambda name: (-counts[name], name))
        for key, counts in spellings.items()
    }
    return [
        {
            **pick(row, "article_id", "archive", "provider_name", "provider_domain", "is_public"),
            **pick(row, "quality", "published_at", "published_month"),
            "provider": None if (name := names[row["article_id"]]) is None else usual[name.lower()],
        }
        for row in tables["articles"]
    ]


def distinct(values: Iterable[Any]) -> list[Any]:
    return sorted({value for value in values if value is not None})


def providers(tables: Tables) -> list[Row]:
    rows = []
    for provider, articles in group(article_providers(tables), "provider").items():
        dates = distinct(row["published_at"] for row in articles)
        qualities = [row["quality"] for row in articles if row["quality"] is not None]
        rows.append(
            {
                "provider": provider,
                "names": distinct(row["provider_name"] for row in articles),
                "domains": distinct(
                    row["provider_domain"] and row["provider_domain"].lower() for row in articles
                ),
                "article_count": len(articles),
                "public_count": sum(row["is_public"] for row in articles),
                "median_quality": median(qualities) if qualities else None,
                "first_published_at": dates[0] if dates else None,
                "last_published_at": dates[-1] if dates else None,
            }
        )
    return rows


def story_articles(tables: Tables) -> list[Row]:
    listed = group((row for row in tables["related_links"] if not row["is_self"]), "article_id")
    told: dict[str, list[tuple[Row, int]]] = defaultdict(list)
    for row in tables["articles"]:
        if links := listed.get(row["article_id"]):
            named = {link["target_url_id"] for link in links}
            named.add(row["url_id"] or row["article_id"])
            archive = [] if row["archive"] is None else [row["archive"]]
            told[hash_id(",".join([*archive, *sorted(named)]))].append((row, len(named)))
    return [row for story_id, members in told.items() for row in _tell(story_id, members)]


def _tell(story_id: str, members: list[tuple[Row, int]]) -> Iterable[Row]:
    lead = min((row for row, _ in members), key=by_rank)
    window, previous = 1, None
    for row, address_count in sorted(members, key=lambda member: in_time(member[0])):
        published = row["published_at"]
        gap = hours(previous, published) if previous and published else None
        window += gap is not None and gap > 72
        previous = published
        yield {
            **pick(row, "article_id", "archive", "url_id", "title_text", "provider_name"),
            **pick(row, "provider_domain", "is_public", "quality", "published_at"),
            **pick(row, "published_month"),
            "story_id": story_id,
            "story_window_id": f"{story_id}-{window}" if published else None,
            "gap_hours": gap,
            "is_lead": row is lead,
            "address_count": address_count,
        }


def stories(tables: Tables) -> list[Row]:
    publishers = {row["article_id"]: row["provider"] for row in article_providers(tables)}
    rows = []
    for story_id, members in group(story_articles(tables), "story_id").items():
        (lead,) = (row for row in members if row["is_lead"])
        outlets = distinct(publishers[row["article_id"]] for row in members)
        dated = sorted((row for row in members if row["published_at"]), key=in_time)
        first, last = (dated[0], dated[-1]) if dated else (None, None)
        rows.append(
            {
                "story_id": story_id,
                "archive": lead["archive"],
                "article_count": len(members),
                "public_count": sum(row["is_public"] for row in members),
                "public_article_id": lead["article_id"] if lead["is_public"] else None,
                "lead_article_id": lead["article_id"],
                "title": lead["title_text"],
                "provider": publishers[lead["article_id"]],
                "outlet_count": len(outlets),
                "outlets": outlets,
                "first_article_id": first and first["article_id"],
                "first_provider": first and publishers[first["article_id"]],
                "first_published_at": first and first["published_at"],
                "last_published_at": last and last["published_at"],
                "span_hours": hours(first["published_at"], last["published_at"])
                if first and last
                else None,
                "window_count": len(distinct(row["story_window_id"] for row in members)),
                "address_count": lead["address_count"],
                "is_complete": len(distinct(row["url_id"] for row in members))
                == lead["address_count"],
            }
        )
    return rows


def duplicates(tables: Tables) -> list[Row]:
    compared = []
    for row in tables["articles"]:
        title, teaser = fold_words(row["title_text"]), fold_words(row["excerpt_text"])
        compared += [
            ("same_address", row["url_id"], row),
            ("same_title", title if title and len(title) >= 20 else None, row),
            ("same_teaser", teaser if teaser and len(teaser) >= 80 else None, row),
        ]
    alike = defaultdict(list)
    for kind, text, row in compared:
        if text is not None:
            alike[kind, text].append(row)
    return [
        {
            **pick(row, "article_id", "archive", "title_text", "is_public", "published_at"),
            **pick(row, "published_month"),
            "kind": kind,
            "group_id": hash_id(f"{kind} {text}"),
            "article_count": len(members),
            "domain": _name_domain(row),
            "domain_count": len(distinct(map(_name_domain, members))),
            "is_syndicated": len(distinct(map(_name_domain, members))) > 1,
        }
        for (kind, text), members in alike.items()
        if len(members) > 1
        for row in members
    ]


def _name_domain(row: Row) -> str | None:
    domain = row["provider_domain"] if row["provider_domain"] is not None else row["host"]
    return None if domain is None else domain.lower()


def image_assets(tables: Tables) -> list[Row]:
    used = defaultdict(list)
    for image in tables["images"]:
        used[image["url"] if image["resolved_url"] is None else image["resolved_url"]].append(image)
    rows = []
    for url, images in used.items():
        by_owner = group(images, "owner")
        rows.append(
            {
                "image_url": url,
                "host": read_host(url),
                "use_count": len(images),
                "article_uses": len(by_owner["article"]),
                "provider_uses": len(by_owner["provider"]),
                "related_uses": len(by_owner["related"]),
                "article_count": len({image["article_id"] for image in by_owner["article"]}),
                "width": max(distinct(image["width"] for image in images), default=None),
                "height": max(distinct(image["height"] for image in images), default=None),
            }
        )
    return rows


def observations(tables: Tables) -> list[Row]:
    return [
        {**row, "seen_at": row["source_time"] or row["observed_at"]}
        for row in tables["observations"]
    ]


def freshness(tables: Tables) -> list[Row]:
    archives = {row["article_id"]: row["archive"] for row in tables["articles"]}
    first: dict[Any, datetime] = {}
    begun: dict[Any, datetime] = {}
    for row in observations(tables):
        keys = (first, (row["article_id"], row["url_id"])), (begun, archives.get(row["article_id"]))
        for found, key in keys:
            found[key] = min(found.get(key, row["seen_at"]), row["seen_at"])
    rows = []
    for row in tables["articles"]:
        seen, start = first.get((row["article_id"], row["url_id"])), begun.get(row["archive"])
        published = row["published_at"]
        is_late = seen is not None and seen != start and published is not None
        rows.append(
            {
                **pick(row, "article_id", "archive", "url_id", "title_text", "provider_name"),
                **pick(row, "is_public", "published_at", "published_precision", "published_month"),
                "first_seen_at": seen,
                "is_backlog": None if seen is None else seen == start,
                "hours_late": hours(published, seen) if is_late else None,
            }
        )
    return rows


VIEWS: Mapping[str, Callable[[Tables], list[Row]]] = {
    each.__name__: each
    for each in (
        *(
            addresses,
            article_hosts,
            article_images,
            link_targets,
            link_edges,
            article_degree,
            topics,
        ),
        *(article_providers, providers, story_articles, stories, duplicates, image_assets),
        *(observations, freshness),
    )
}
