"""The answers to the named questions, by plain Python over what PyYAML reads of the posts.

No line of SQL and none of the product is used. Each function is called like its question, takes all
tables as rows, and returns the rows of the answer in their order.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import correlation, median, quantiles
from typing import Any, TypeAlias

from tests.independent import Post, digest, list_expected, load_post, write_values
from tests.views import plain
from tests.views.plain import Row, Tables

Rows: TypeAlias = list[tuple[Any, ...]]


def read_posts(raw: Path, source_paths: Iterable[str]) -> dict[str, list[Row]]:
    """The tables of these posts. Moments are naive and in UTC, as in the views."""
    tables: dict[str, list[Row]] = {table: [] for table in list_expected()}
    for source_path in source_paths:
        front_matter, body = load_post((raw / source_path).read_bytes())
        values = write_values(front_matter)
        if images := values.get("images"):
            # One image of the sample is rejected: its width is "about 640".
            values["images"] = [each for each in images if str(each.get("width", 0)).isdecimal()]
        file = Post(source_path, values, body)
        month = None
        for table in sorted(tables):  # Articles come first, and say the month.
            for row in list_expected()[table].expect(file):
                if table == "articles":
                    month = row["published_at"] and row["published_at"].strftime("%Y-%m")
                naive = {name: _drop_zone(value) for name, value in row.items()}
                key = {"article_id": digest(source_path), "published_month": month}
                tables[table].append(key | naive)
    return tables


def _drop_zone(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def last(value: Any) -> tuple[bool, Any]:
    """Sorts None behind everything else."""
    return value is None, value


def rounded(value: float | None) -> float | None:
    """One digit, halves away from zero, as in SQL."""
    if value is None:
        return None
    return math.copysign(math.floor(abs(value) * 10 + 0.5) / 10, value)


def percent(rows: Iterable[bool]) -> float | None:
    listed = list(rows)
    return rounded(100 * sum(listed) / len(listed))


def public_per_month(tables: Tables) -> Rows:
    months = plain.group(tables["articles"], "published_month")
    counted = [
        (month, len(rows), sum(row["is_public"] for row in rows)) for month, rows in months.items()
    ]
    return [
        (month, count, public, count - public)
        for month, count, public in sorted(counted, key=lambda row: last(row[0]))
    ]


def providers(tables: Tables) -> Rows:
    names = ("provider", "domains", "article_count", "public_count", "median_quality")
    rows = [tuple(row[name] for name in names) for row in plain.providers(tables)]
    return sorted(rows, key=lambda row: (-row[2], last(row[0])))


def rising_topics(tables: Tables, months: int = 6) -> Rows:
    today = datetime.now(UTC).date()
    days = [row["published_on"] for row in tables["articles"] if row["published_on"]]
    newest = max(day for day in days if day <= today)
    middle = _add_months(newest.replace(day=1), 1 - months)
    start, end = _add_months(middle, -months), _add_months(middle, months)
    later = {
        row["article_id"]: row["published_on"] >= middle
        for row in tables["articles"]
        if row["published_on"] and start <= row["published_on"] < end
    }
    totals = Counter(later.values())
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in plain.topics(tables):
        if row["article_id"] in later and not row["is_site_wide"]:
            counts[row["topic"]][later[row["article_id"]]] += 1
    rows = []
    for topic, count in counts.items():
        shares = [
            100 * count[each] / totals[each] if totals[each] else None for each in (False, True)
        ]
        change = None if None in shares else rounded(shares[1] - shares[0])
        rows.append((topic, count[False], count[True], *map(rounded, shares), change))
    return sorted(rows, key=lambda row: (last(row[5] and -row[5]), row[0]))


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


def topics_together(tables: Tables, at_least: int = 5) -> Rows:
    listed = defaultdict(set)
    for row in plain.topics(tables):
        if not row["is_site_wide"]:
            listed[row["article_id"]].add(row["topic"])
    alone = Counter(topic for topics in listed.values() for topic in topics)
    pairs = Counter(pair for topics in listed.values() for pair in combinations(sorted(topics), 2))
    size = len(tables["articles"])
    rows = [
        (one, other, count, rounded(count * size / (alone[one] * alone[other])))
        for (one, other), count in pairs.items()
        if count >= at_least
    ]
    return sorted(rows, key=lambda row: (-(row[3] or 0), *row[:2]))


def cooling(tables: Tables) -> Rows:
    seen = plain.group(plain.observations(tables), "article_id", "url_id")
    start = max(row["seen_at"] for row in plain.observations(tables)) - timedelta(days=7)
    titles = {(row["article_id"], row["url_id"]): row["title_text"] for row in tables["articles"]}
    rows = []
    for (article_id, url_id), unordered in seen.items():
        observed = sorted(unordered, key=lambda row: row["seen_at"])
        ends = [row["seen_at"] for row in observed[1:]] + [None]
        held = [row for row, end in zip(observed, ends, strict=True) if end is None or end > start]
        heats = [row["heat"] for row in held if row["heat"] is not None]
        if not heats or max(heats) < 0:
            continue
        hottest = next(row for row in held if row["heat"] == max(heats))
        latest = held[-1]["heat"]
        cooled = None if latest is None or latest < 0 else max(heats) - latest
        title = titles.get((article_id, url_id))
        said = (title, max(heats), hottest["seen_at"], latest, cooled, held[-1]["is_public"])
        rows.append((*said, article_id, url_id))
    return sorted(rows, key=lambda row: (-row[1], row[6], last(row[7])))


def quality_and_heat(tables: Tables) -> Rows:
    rows = []
    for is_public, articles in plain.group(tables["articles"], "is_public").items():
        known = [row for row in articles if None not in (row["heat"], row["quality"])]
        warm = [row for row in known if row["heat"] >= 0]
        pairs = [row["quality"] for row in warm], [row["heat"] for row in warm]
        is_steady = any(len({*values}) < 2 for values in pairs)
        rows.append(
            (
                is_public,
                len(articles),
                sum(row["heat"] == row["quality"] + 20 * row["related_count"] for row in known),
                sum(row["heat"] == row["quality"] for row in known),
                sum(row["heat"] is not None and row["heat"] < 0 for row in articles),
                len(articles) - len(known),
                None if is_steady else round(correlation(*pairs), 2),
            )
        )
    return sorted(rows, reverse=True)


def most_linked(tables: Tables) -> Rows:
    names = ("title_text", "provider_name", "links_in", "providers_in", "article_id")
    rows = [tuple(row[name] for name in names) for row in plain.article_degree(tables)]
    return sorted((row for row in rows if row[2]), key=lambda row: (-row[2], -row[3], row[4]))


def link_resolution(tables: Tables) -> Rows:
    rows = [
        (
            resolution,
            len(links),
            sum(row["is_repeat"] for row in links),
            len({row["article_id"] for row in links}),
            len({row["target_url_id"] for row in links}),
        )
        for resolution, links in plain.group(plain.link_targets(tables), "resolution").items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def stories(tables: Tables) -> Rows:
    told = [row for row in plain.stories(tables) if row["outlet_count"] >= 2]
    told.sort(key=lambda row: (-row["outlet_count"], -row["article_count"], row["story_id"]))
    before, after = ("title", "article_count", "outlet_count"), ("window_count", "story_id")
    return [
        (
            *(row[name] for name in before),
            row["first_provider"],
            row["first_published_at"],
            rounded(row["span_hours"]),
            *(row[name] for name in after),
        )
        for row in told
    ]


def duplicates(tables: Tables) -> Rows:
    return sorted(
        (
            kind,
            len({row["group_id"] for row in rows}),
            len(rows),
            len({row["group_id"] for row in rows if row["is_syndicated"]}),
            sum(row["is_syndicated"] for row in rows),
            sum(row["is_public"] for row in rows),
        )
        for kind, rows in plain.group(plain.duplicates(tables), "kind").items()
    )


def redirects(tables: Tables) -> Rows:
    hosts = plain.article_hosts(tables)
    pairs = Counter(
        (row["original_host"], row["web_host"]) for row in hosts if row["has_other_host"]
    )
    return sorted(((*pair, count) for pair, count in pairs.items()), key=lambda row: (-row[2], row))


def image_reuse(tables: Tables) -> Rows:
    names = ("image_url", "article_count", "use_count", "width", "height")
    rows = [tuple(row[name] for name in names) for row in plain.image_assets(tables)]
    return sorted((row for row in rows if row[1] >= 2), key=lambda row: (-row[1], row[0]))


SHAPES = ((1, "upright"), (1.33, "square to 4:3"), (1.78, "4:3 to 16:9"), (math.inf, "wider"))


def image_shapes(tables: Tables) -> Rows:
    images = plain.group(plain.article_images(tables), "article_id")
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in tables["articles"]:
        own = sorted(images.get(row["article_id"], ()), key=lambda image: image["position"])
        known = [image["aspect_ratio"] for image in own if image["aspect_ratio"] is not None]
        shape = "unknown size" if own else "no image"
        if known:
            shape = next(name for limit, name in SHAPES if known[0] < limit)
        counts[shape][row["is_public"]] += 1
    size = len(tables["articles"])
    rows = [
        (shape, count.total(), count[True], rounded(100 * count.total() / size))
        for shape, count in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def first_seen(tables: Tables) -> Rows:
    names = {row["article_id"]: row["provider"] for row in plain.article_providers(tables)}
    seen = [{**row, "provider": names[row["article_id"]]} for row in plain.freshness(tables)]
    rows = []
    for provider, articles in plain.group(seen, "provider").items():
        hours = sorted(row["hours_late"] for row in articles if row["hours_late"] is not None)
        p90 = quantiles(hours, n=10, method="inclusive")[8] if len(hours) > 1 else None
        rows.append(
            (
                provider,
                sum(row["is_backlog"] is False for row in articles),
                sum(row["is_backlog"] is True for row in articles),
                rounded(median(hours)) if hours else None,
                rounded(hours[0] if len(hours) == 1 else p90),
                sum(hour < 0 for hour in hours),
            )
        )
    return sorted(rows, key=lambda row: (-row[1], -row[2], last(row[0])))


def incomplete(tables: Tables, at_least: int = 8) -> Rows:
    names = {row["article_id"]: row["provider"] for row in plain.article_providers(tables)}
    named = [{**row, "provider": names[row["article_id"]]} for row in tables["articles"]]
    rows = [
        (
            *key,
            len(articles),
            percent(row["excerpt_text"] is None for row in articles),
            percent(row["image_count"] == 0 for row in articles),
            percent(row["original_url"] is None for row in articles),
            percent(not row["quality"] or row["quality"] < 0 for row in articles),
            sum(row["title"] != row["title_text"] for row in articles),
        )
        for key, articles in plain.group(named, "provider", "published_month").items()
        if len(articles) >= at_least
    ]
    return sorted(rows, key=lambda row: (-row[3], -row[2], last(row[0]), last(row[1])))


ANSWERS: Mapping[str, Callable[[Tables], Rows]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        *(public_per_month, providers, rising_topics, topics_together, cooling, quality_and_heat),
        *(most_linked, link_resolution, stories, duplicates, redirects, image_reuse, image_shapes),
        *(first_seen, incomplete),
    )
}
"""All but changed-since, which compares two snapshots."""
