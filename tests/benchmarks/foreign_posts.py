"""Small posts as other generators write them. No two are alike, and none has related items.

Their keys, dates and quotes differ from generator to generator. A few have block scalars, mappings
in braces, or comments behind values. All have a `type`, since a post without one is rejected, and
to look up the lines of findings is not what is to be measured.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.copies import write_file
from tests.benchmarks.words import Writer

_FIRST_MOMENT: Final = datetime(2008, 1, 1, tzinfo=UTC)
_MINUTES_APART: Final = 173
"""The minutes between two posts: 50,000 of them have 16 years, so a month has about 250."""
_FEW: Final = 0.1
"""The share of the posts of a generator that have an unusual form in one place."""


class Post(NamedTuple):
    """A post of some generator. `front_matter` is empty if it has none, not even fences."""

    path: str
    front_matter: str
    body: str


def write_foreign_posts(out: Path, count: int) -> None:
    """Write `count` posts, the same ones whenever it is called."""
    for number in range(count):
        writer = Writer(number)
        moment = _FIRST_MOMENT + timedelta(minutes=number * _MINUTES_APART, seconds=number % 60)
        # One in 40 is a page without front matter.
        write = _write_page if number % 40 == 39 else _GENERATORS[number % len(_GENERATORS)]
        post = write(writer, f"{writer.write_words(3).replace(' ', '-')}-{number}", moment)
        fenced = f"---\n{post.front_matter}---\n\n" if post.front_matter else ""
        write_file(out / post.path, f"{fenced}{post.body}\n".encode())


def _write_jekyll(writer: Writer, slug: str, moment: datetime) -> Post:
    tags = writer.list_words(writer.random.randint(1, 5))
    front_matter = f"""\
layout: post
type: post
title:  "{writer.write_title()}: {writer.write_words(2)}"
date:   {moment:%Y-%m-%d %H:%M:%S} +0100
categories: {writer.write_words(2)}
tags:
{_write_items(tags, indent=2)}author: {writer.write_words(1)}
permalink: /{moment:%Y/%m/%d}/{slug}/
published: {"true" if writer.random.random() < 0.9 else "false"}
comments: true
# {writer.write_words(6)}
redirect_from:
  - /old/{slug}/
  - "/?p={writer.random.randrange(100_000)}"
"""
    return Post(f"_posts/{moment:%Y-%m-%d}-{slug}.md", front_matter, _write_body(writer))


def _write_hugo(writer: Writer, slug: str, moment: datetime) -> Post:
    tags = ", ".join(f'"{word}"' for word in writer.list_words(writer.random.randint(1, 6)))
    summary = _write_block(writer, "description: >-") if _is_one_of_few(writer) else ""
    menu = _write_mapping(
        writer,
        "main",
        {"weight": writer.random.randrange(9), "parent": writer.write_words(1)},
        indent=2,
    )
    front_matter = f"""\
title: '{writer.write_title()}: {writer.write_words(1)}''s {writer.write_words(2)}'
date: {moment:%Y-%m-%dT%H:%M:%S}+02:00
lastmod: {moment + timedelta(days=30):%Y-%m-%dT%H:%M:%S}+02:00
draft: false
type: post
slug: {slug}
{summary}tags: [{tags}]
categories:
- {writer.write_words(1)}
weight: {writer.random.randrange(100)}
menu:
  {menu}cover:
  image: "images/{slug}.jpg"
  alt: {writer.write_words(5)}
  relative: true
params:
  math: {"true" if writer.random.random() < 0.5 else "false"}
  reading:
    minutes: {writer.random.randint(1, 20)}
    level: "{writer.write_words(1)}"
"""
    return Post(f"content/posts/{slug}/index.md", front_matter, _write_body(writer))


def _write_hexo(writer: Writer, slug: str, moment: datetime) -> Post:
    front_matter = f"""\
title: {writer.write_title()}
date: {moment:%Y/%m/%d %H:%M:%S}
updated: {moment + timedelta(hours=7):%Y-%m-%d %H:%M:%S}
type: post
abbrlink: {writer.random.randrange(2**32):08x}z
tags:
{_write_items(writer.list_words(writer.random.randint(1, 4)), indent=0)}categories:
  - [{writer.write_words(1)}, {writer.write_words(1)}]
toc: true{f"   # {writer.write_words(3)}" if _is_one_of_few(writer) else ""}
mathjax: no
cover: https://example.org/covers/{slug}.png
excerpt: "{writer.write_sentences(20)}"
"""
    return Post(f"source/_posts/{slug}.md", front_matter, _write_body(writer))


def _write_docusaurus(writer: Writer, slug: str, moment: datetime) -> Post:
    first, second = writer.list_words(2)
    front_matter = f"""\
slug: /{slug}
title: {writer.write_title()}
type: post
date: {moment:%Y-%m-%dT%H:%M}
authors:
  - name: {first.title()} {second.title()}
    title: {writer.write_words(3)}
    url: https://example.org/people/{first}-{second}
    image_url: https://example.org/people/{first}-{second}.png
    {_write_mapping(writer, "socials", {"x": f"{first}_{second}", "github": second}, indent=4)}\
tags: [{", ".join(writer.list_words(writer.random.randint(1, 4)))}]
description: {writer.write_words(15)}
hide_table_of_contents: false
sidebar_position: {writer.random.randint(1, 400)}.5
keywords:
{_write_items(writer.list_words(3), indent=4)}last_update:
  date: {moment + timedelta(days=9):%m/%d/%Y}
  author: {first}
"""
    return Post(f"blog/{moment:%Y}/{slug}.md", front_matter, _write_body(writer))


def _write_obsidian(writer: Writer, slug: str, moment: datetime) -> Post:
    note = f"""title: "{writer.write_title()}"
aliases:
{_write_items([writer.write_words(2), writer.write_words(3)], indent=2)}\
tags: [{writer.write_words(1)}/{writer.write_words(1)}, {writer.write_words(1)}]
type: post
created: {moment:%Y-%m-%d %H:%M}
modified: {moment + timedelta(minutes=17):%Y-%m-%dT%H:%M:%S}
cssclasses:
status: {writer.random.choice(("🌱 seedling", "🌿 budding", "🌳 evergreen"))}
rating: {writer.random.randint(1, 10) / 2}
up: "[[{writer.write_title()}]]"
due: {moment + timedelta(days=5):%Y-%m-%d}
"""
    if _is_one_of_few(writer):
        note += _write_block(writer, "abstract: |")
    return Post(f"Notes/{slug.replace('-', ' ').title()}.md", note, _write_body(writer))


def _write_eleventy(writer: Writer, slug: str, moment: datetime) -> Post:
    front_matter = f"""\
# {writer.write_words(4)}
layout: layouts/post.njk
type: post
title: {writer.write_title()}
description: "{writer.write_words(9)} \\u2014 \\"{writer.write_words(2)}\\""
date: {moment:%Y-%m-%d}
tags: {writer.write_words(1)}
permalink: "/posts/{slug}/"
eleventyNavigation:
  key: {writer.write_words(2)}
  order: {writer.random.randint(1, 50)}
  parent: {writer.write_words(1)}
sitemap:
  changefreq: monthly
  priority: 0.{writer.random.randint(1, 9)}
"""
    return Post(f"src/posts/{moment:%Y-%m-%d}-{slug}.md", front_matter, _write_body(writer))


def _write_astro(writer: Writer, slug: str, moment: datetime) -> Post:
    front_matter = f"""\
title: '{writer.write_title()}'
description: {writer.write_words(12)}
type: "post"
pubDate: "{moment:%b %d %Y}"
updatedDate: '{moment + timedelta(days=2):%d %B %Y}'
{_write_mapping(writer, "hero", {"src": f"../../assets/{slug}.jpg", "width": 1280}, indent=0)}\
category: {writer.write_words(1)}
draft: {"yes" if writer.random.random() < 0.1 else "no"}
{_write_block(writer, "summary: |-") if _is_one_of_few(writer) else ""}\
readingTime: {writer.random.randint(1, 30)}
"""
    return Post(f"src/content/blog/{slug}.md", front_matter, _write_body(writer))


def _write_page(writer: Writer, slug: str, _moment: datetime) -> Post:
    return Post(f"pages/{slug}.md", "", f"# {writer.write_title()}\n\n{_write_body(writer)}")


_GENERATORS: Final[tuple[Callable[[Writer, str, datetime], Post], ...]] = (
    _write_jekyll,
    _write_hugo,
    _write_hexo,
    _write_docusaurus,
    _write_obsidian,
    _write_eleventy,
    _write_astro,
)


def _write_items(items: list[str], *, indent: int) -> str:
    """A list in block style."""
    return "".join(f"{' ' * indent}- {item}\n" for item in items)


def _write_mapping(writer: Writer, key: str, values: dict[str, object], *, indent: int) -> str:
    """A mapping below `key`, which is indented already: in lines, or in few posts in braces."""
    if _is_one_of_few(writer):
        return f"{key}: {{{', '.join(f'{name}: {value}' for name, value in values.items())}}}\n"
    lines = (f"{' ' * indent}  {name}: {value}\n" for name, value in values.items())
    return "".join([f"{key}:\n", *lines])


def _is_one_of_few(writer: Writer) -> bool:
    return writer.random.random() < _FEW


def _write_block(writer: Writer, start: str) -> str:
    """A block scalar of a few lines, after a key and its indicator."""
    lines = (writer.write_sentences(writer.random.randint(5, 12)) for _ in range(3))
    return "".join(f"{line}\n" for line in (start, *(f"  {each}" for each in lines)))


def _write_body(writer: Writer) -> str:
    """Two to six paragraphs."""
    sizes = (writer.random.randint(20, 60) for _ in range(writer.random.randint(2, 6)))
    return "\n\n".join(map(writer.write_sentences, sizes))
