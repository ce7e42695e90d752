"""Archives to measure on: the real one several times over, and small posts of our own."""

import itertools
import math
import random
import re
from pathlib import Path

YEARS_APART = 8
"""The years between one copy and the next: more than the archive holds, so that the months grow
as its files do; and leap years stay leap years."""

SMALL_BYTES = 2_048
SMALL_A_MONTH = 2_000
"""Small posts are added in time, not in density: an archive of 500,000 has 21 years."""

FULL_MONTH = b"2020-01"
"""The month to be filled. It has 31 days, so any day fits."""

_DATE = re.compile(rb"(?m)^([ -]*publishedDateTime: *[\"']?)(\d{4})")
_OWN_MONTH = re.compile(rb"(?m)^(publishedDateTime: *[\"']?)\d{4}-\d\d")
_ADDRESS = re.compile(rb"(?m)^([ -]*(?:web|original|ampWeb|cdnAmpWeb)Url: *[\"']?https?://)")
_YEAR_OF_NAME = re.compile(r"^\d{4}(?=-\d\d-\d\d-)")
_WORDS = (
    "a archive and article becomes before bridge by carries clear column counts day every file "
    "finds first for from garden grows has in is it keeps late lines month morning never new of "
    "old on paper post quiet reads river row says small spring stone table takes than the these "
    "three to train under until walks water when where winter with words writes year"
)


def copy_archive(raw: Path, out: Path, *, times: int = 1, step: int = 1) -> None:
    """Write every `step`-th post of `raw` to `out`, as often as `times` says.

    The first copy is as it was; the others have names, dates and addresses of their own, and
    their related items point to posts of the same copy.
    """
    for path in sorted(raw.rglob("*.md"))[::step]:
        data, source_path = path.read_bytes(), path.relative_to(raw)
        for number in range(times):
            write_file(out / rename_post(source_path, number), change_post(data, number))


def fill_month(raw: Path, out: Path, *, size_bytes: int, step: int = 1) -> None:
    """Write copies of every `step`-th post of `raw` that has a date, all with dates of one month.

    They have `size_bytes` together. The related items keep the dates that they have in a copy.
    """
    posts = [path for path in sorted(raw.rglob("*.md"))[::step] if _is_dated(path)]
    times = math.ceil(size_bytes / sum(path.stat().st_size for path in posts))
    for number, path in itertools.product(range(times), posts):
        data = _OWN_MONTH.sub(rb"\g<1>" + FULL_MONTH, change_post(path.read_bytes(), number))
        write_file(out / rename_post(path.relative_to(raw), number), data)
        size_bytes -= len(data)
        if size_bytes <= 0:
            return


def rename_post(source_path: Path, number: int) -> Path:
    """The path of copy `number` of a post; a date in its name moves with the post."""
    if number == 0:
        return source_path
    stem = _YEAR_OF_NAME.sub(lambda year: str(_shift_year(year[0], number)), source_path.stem)
    return source_path.with_name(f"{stem}-copy-{number}.md")


def change_post(data: bytes, number: int) -> bytes:
    """Copy `number` of a post: all dates moved to other years, all pages to other hosts."""
    if number == 0:
        return data
    dated = _DATE.sub(lambda date: date[1] + b"%04d" % _shift_year(date[2], number), data)
    return _ADDRESS.sub(rb"\1copy-%d." % number, dated)


def write_small_posts(out: Path, count: int) -> None:
    """Write `count` posts of 2 KB each, the same ones whenever it is called."""
    text = _write_text()
    for number in range(count):
        month, place = divmod(number, SMALL_A_MONTH)
        day = f"{2000 + month // 12}-{month % 12 + 1:02}-{1 + place * 28 // SMALL_A_MONTH:02}"
        post = write_small_post(number, day, text)
        write_file(out / "_news" / f"{day}-small-post-{number}.md", post)


def write_small_post(number: int, day: str, text: str) -> bytes:
    """One post with two images and a link to the post before it, its body cut to fit."""
    start = number * 997 % (len(text) - SMALL_BYTES)
    before = max(number - 1, 0)
    post = f"""---
category: news
title: "Small post {number}: {text[start : start + 40]}"
excerpt: "{text[start + 40 : start + 240]}"
publishedDateTime: {day}T{number % 24:02}:{number % 60:02}:00Z
originalUrl: "https://example.org/original/{number}?utm_source=small"
webUrl: "https://example.org/posts/{number}"
type: article
quality: {number % 100}
heat: {number % 200 - 1}
published: {"true" if number % 4 else "false"}

provider:
  name: Example
  domain: example.org
  images:
    - url: "https://example.org/logo.png"
      width: 50
      height: 50

topics:
  - {text[start : start + 12].split()[0].title()}
  - Posts

images:
  - url: "https://example.org/images/{number}.jpg"
    width: 1280
    height: 720
    isCached: true

related:
  - title: "Small post {before}"
    excerpt: "{text[start + 240 : start + 440]}"
    publishedDateTime: {day}T00:00:00Z
    webUrl: "https://example.org/posts/{before}"
    type: article
    provider:
      name: Example
      domain: example.org
    quality: {before % 100}
---
"""
    return f"{post}{text[start:]}".encode()[: SMALL_BYTES - 1] + b"\n"


def write_file(path: Path, data: bytes) -> None:
    """Write a file, in a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _is_dated(path: Path) -> bool:
    return _OWN_MONTH.search(path.read_bytes()) is not None


def _shift_year(year: str | bytes, number: int) -> int:
    return int(year) - YEARS_APART * number


def _write_text() -> str:
    """64 KB of our own words, the same every time."""
    chosen = random.Random(0).choices(_WORDS.split(), k=12_000)
    return " ".join(chosen)[: 64 * 1024]
