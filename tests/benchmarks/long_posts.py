"""Posts that are nearly all body: a few lines of front matter, then 5 to 60 KB of Markdown."""

from pathlib import Path
from typing import Final

from tests.benchmarks.copies import write_file
from tests.benchmarks.words import Writer

BODY_BYTES: Final = (5_000, 60_000)
POSTS_A_MONTH: Final = 100


def write_long_posts(out: Path, count: int) -> None:
    """Write `count` posts, the same ones whenever it is called."""
    for number in range(count):
        month, place = divmod(number, POSTS_A_MONTH)
        day = f"{2000 + month // 12}-{month % 12 + 1:02}-{1 + place * 28 // POSTS_A_MONTH:02}"
        post = _write_post(Writer(number), number, day)
        write_file(out / "_guides" / f"{day}-long-post-{number}.md", post.encode())


def _write_post(writer: Writer, number: int, day: str) -> str:
    topics = "".join(f"  - {word}\n" for word in writer.list_words(3))
    return f"""---
category: guides
title: "{writer.write_title()}"
publishedDateTime: {day}T{number % 24:02}:{number % 60:02}:00Z
webUrl: "https://example.org/guides/{number}"
type: article
topics:
{topics}---

{_write_body(writer, writer.random.randint(*BODY_BYTES))}
"""


def _write_body(writer: Writer, size_bytes: int) -> str:
    """About so many bytes of all that Markdown has."""
    blocks: list[str] = []
    while size_bytes > 0:
        block = _write_block(writer)
        blocks.append(block)
        size_bytes -= len(block)
    return "\n\n".join(blocks)


def _write_block(writer: Writer) -> str:
    """A paragraph most of the time, or else a heading, a list, a quote, code or a table."""
    kind = writer.random.random()
    if kind < 0.6:
        first, *sentences = writer.write_sentences(writer.random.randint(30, 120)).split(". ")
        link = f"[{writer.write_words(2)}](https://example.org/{writer.write_words(1)})"
        return ". ".join([first, f"See {link} and *{writer.write_words(2)}*", *sentences])
    if kind < 0.75:
        return f"{'#' * writer.random.randint(2, 4)} {writer.write_title()}"
    if kind < 0.85:
        return "\n".join(f"- **{word}**: {writer.write_words(9)}" for word in writer.list_words(6))
    if kind < 0.9:
        return f"> {writer.write_sentences(30)}"
    if kind < 0.95:
        lines = (f"    {word} = {writer.write_words(1)}(1)" for word in writer.list_words(8))
        return "\n".join(["```python", "def main():", *lines, "```"])
    rows = (f"| {writer.write_words(2)} | {writer.write_words(5)} |" for _ in range(6))
    return "\n".join([f"| {writer.write_words(1)} | {writer.write_words(1)} |", "|---|---|", *rows])
