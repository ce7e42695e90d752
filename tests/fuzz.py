"""Compare the quick parser with libyaml on random front matter, and the policies for repeated keys.

Usage: python tests/fuzz.py [--seconds N] [--seed S] [--jobs N]

It prints how many documents were tried, and every difference with a small text that shows it. The
exit code is 1 if there was any difference. A text that crashes rapidyaml ends only a worker, and is
found by halving.
"""

import argparse
import json
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from pipelines.documents.doubts import FrontMatter
from pipelines.documents.fences import split_post
from pipelines.documents.items import Items
from pipelines.documents.json_text import render_json
from pipelines.documents.libyaml import read_yaml
from pipelines.documents.openings import find_yaml_opening
from pipelines.documents.simple_yaml import parse_simple
from pipelines.errors import FrontMatterError
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, RepeatedKeys
from schemas.documents import ARCHIVE
from schemas.language.shape import Value
from tests.independent import TextLoader, read_node
from tests.yaml_documents import Roll, write_document, write_simple_document

BATCH: Final = 2_000
PATIENCE: Final = 120.0
"""Seconds for a batch. A batch that takes longer hangs."""
COMPANY: Final = 3
"""Texts that are parsed together. Among many, one that is in doubt makes all be parsed alone."""
SHOWN: Final = 3
"""How many differences of each kind are shown."""

Difference = tuple[str, str]
"""The kind of a difference, and a text that shows it."""


class Report(NamedTuple):
    counts: Counter[str]
    differences: list[Difference]


def write_batch(seed: str) -> list[str]:
    chance = random.Random(seed).random

    def roll(sides: int) -> int:
        return int(chance() * sides)

    writers: list[Callable[[Roll], str]] = [write_document, write_simple_document]
    return [writers[n % 2](roll) for n in range(BATCH)]


def compare(texts: list[str]) -> Report:
    """Compare the quick ways with the slow one.

    Texts are parsed with many others in one sequence, with few others, and cut at their items.
    """
    together = parse_simple(texts)
    counts = Counter(tried=len(texts), simple=len(texts) - together.count(None))
    differences = list(_list_differences("together", texts, map(_render, together)))
    for start in range(0, len(texts), COMPANY):
        few = texts[start : start + COMPANY]
        differences += _list_differences("in company", few, map(_render, parse_simple(few)))
    # With nothing doubtful beside them, all of them are read in whole sequences.
    agreed = [text for text, found in zip(texts, together, strict=True) if found is not None]
    alike = list(map(_render, parse_simple(agreed)))
    counts["agreed"] = len(agreed) - alike.count(None)
    differences += _list_differences("among simple ones", agreed, alike)
    differences += list_policy_differences(texts)
    posts = [f"{text}---\n" for text in texts if find_yaml_opening(text.encode())]
    cut = list(map(_render, cut_all(posts)))
    counts["cut"] = len(cut) - cut.count(None)
    return Report(counts, differences + list(_list_differences("cut", posts, cut, _read_post)))


def _read(text: str) -> FrontMatter:
    return read_yaml(text, ARCHIVE.secret_keys)


def _read_post(post: str) -> FrontMatter:
    # A text may hold a closing fence of its own.
    return _read(split_post(post.encode()).front_matter)


def cut_all(posts: list[str]) -> list[dict[str, Value] | None]:
    """The mappings of posts of which the list `related` was cut out, with the list at the end."""
    items = Items("related")
    cuts = [items.cut(post.encode()) for post in posts]
    items.parse_new()
    rests = iter(parse_simple([cut[0].front_matter for cut in cuts if cut]))
    mappings: list[dict[str, Value] | None] = []
    for cut in cuts:
        rest = next(rests) if cut else None
        listed = items.list_json(cut[1]) if cut else None
        if rest is None or listed is None or "related" in rest:
            mappings.append(None)
        else:
            mappings.append({**rest, "related": list(map(json.loads, listed))})
    return mappings


def _render(mapping: dict[str, Value] | None) -> str | None:
    """The bytes that documents keep of a mapping, its list `related` at the end."""
    if mapping is None:
        return None
    related = {"related": mapping["related"]} if isinstance(mapping.get("related"), list) else {}
    rest = {key: value for key, value in mapping.items() if key not in related}
    return render_json({**rest, **related})


def _list_differences(
    way: str,
    texts: Iterable[str],
    found: Iterable[str | None],
    read: Callable[[str], FrontMatter] = _read,
) -> Iterator[Difference]:
    """What is wrong with the JSON that was found quickly. It may be None, which is right.

    Only the slow way has doubts, so there must be none about what is found quickly.
    """
    for text, quick in zip(texts, found, strict=True):
        if quick is None:
            continue
        try:
            values, doubts = read(text)
        except FrontMatterError as error:
            problem = re.sub(r'"[^"]*"|\d+', "_", error.problem)
            yield f"{way}: refused by libyaml: {error.rule}, {problem}", text
        else:
            if quick != _render(values):
                yield f"{way}: other JSON", text
            if doubts:
                yield f"{way}: {doubts[0].rule} is in doubt", text


def list_policy_differences(texts: Iterable[str]) -> Iterator[Difference]:
    """Where the policies for repeated keys differ in anything else, or PyYAML reads other values.

    Only libyaml reads texts with repeated keys, so nothing is to be compared with the quick way.
    """
    for text in texts:
        strict, loose = _try(text, "reject"), _try(text, "last")
        if strict == loose:
            continue
        if not isinstance(strict, str) or not strict.startswith(REPEATED_KEY_RULE):
            yield "policies: differ without a repeated key", text
        elif isinstance(loose, str):
            if loose.startswith(REPEATED_KEY_RULE):
                yield "policies: a repeated key is rejected", text
        elif REPEATED_KEY_RULE not in {doubt.rule for doubt in loose.doubts}:
            yield "policies: no word of a repeated key", text
        else:
            root = yaml.compose(text, Loader=TextLoader)
            if render_json(loose.values) != render_json(read_node(root) if root else {}):
                yield "policies: PyYAML reads other values", text


def _try(text: str, repeated_keys: RepeatedKeys) -> FrontMatter | str:
    """What is read, or why and where it is not."""
    try:
        return read_yaml(text, ARCHIVE.secret_keys, repeated_keys)
    except FrontMatterError as error:
        return f"{error.rule} {error.line}:{error.column} {error.problem}"


class Worker:
    """A process that compares, and that may crash."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def compare(self, texts: list[str] | str) -> Report | str:
        """The report on `texts` (or on the batch of a seed), or how the process ended."""
        end = "it hangs"
        try:
            self._ours.send(texts)
            if self._ours.poll(PATIENCE):
                report: Report | str = self._ours.recv()
                return report
        except (EOFError, ConnectionError):
            self._process.join()
            end = f"it dies (exit code {self._process.exitcode})"
        self._process.kill()
        self._start()
        return end


def _serve(pipe: Connection) -> None:
    """Compare the texts that come through `pipe` until it is closed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    while True:
        try:
            texts = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(compare(write_batch(texts) if isinstance(texts, str) else texts))
        except Exception as error:  # noqa: BLE001  # Any error at all is a find.
            pipe.send(f"raises {type(error).__name__}")


def find_deadly(worker: Worker, texts: list[str]) -> Iterator[Difference]:
    """The texts that crash the process, and what is wrong with the others."""
    report = worker.compare(texts)
    if isinstance(report, Report):
        yield from report.differences
    elif len(texts) == 1:
        yield report, texts[0]
    else:
        half = len(texts) // 2
        found = [*find_deadly(worker, texts[:half]), *find_deadly(worker, texts[half:])]
        yield from found or [(f"only in company: {report}", "".join(texts))]


def minimise(worker: Worker, kind: str, text: str) -> str:
    """The smallest part of a text that still shows this kind of difference."""
    size = len(text) // 2
    while size:
        at = 0
        while at < len(text):
            less = text[:at] + text[at + size :]
            if kind in {found for found, _ in find_deadly(worker, [less])}:
                text = less
            else:
                at += size
        size //= 2
    return text


def fuzz(seed: str, deadline: float) -> Report:
    """Run batches until the deadline, and minimise their differences."""
    worker = Worker()
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    number = 0
    while time.monotonic() < deadline:
        report = worker.compare(f"{seed}-{number}")
        if isinstance(report, str):
            texts = write_batch(f"{seed}-{number}")
            report = Report(Counter(tried=len(texts)), list(find_deadly(worker, texts)))
        counts += report.counts
        for kind, text in report.differences:
            counts["different"] += 1
            examples[kind] = sorted([*examples.get(kind, []), text], key=len)[:SHOWN]
        number += 1
    small = {(kind, minimise(worker, kind, text)) for kind in examples for text in examples[kind]}
    return Report(counts, sorted(small))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default=str(time.time_ns() // 10**9))
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    with ThreadPoolExecutor(options.jobs) as lanes:
        seeds = [f"{options.seed}-{lane}" for lane in range(options.jobs)]
        reports = list(lanes.map(fuzz, seeds, [deadline] * options.jobs))
    counts: Counter[str] = sum((report.counts for report in reports), Counter())
    for kind, text in sorted({each for report in reports for each in report.differences}):
        print(f"{kind}\n    {text!r}")  # noqa: T201
    names = ("tried", "simple", "agreed", "cut", "different")
    told = ", ".join(f"{counts[name]:,} {name}" for name in names)
    print(f"seed {options.seed}: {told}")  # noqa: T201
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
