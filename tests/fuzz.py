"""Compare the quick parser with libyaml on random front matter.

Usage: python tests/fuzz.py [--seconds N] [--seed S] [--jobs N]

It prints how many documents were tried, and every difference with a small text that shows it. The
exit code is 1 if there was any difference. A text that crashes rapidyaml ends only a worker, and is
found by halving.
"""

import argparse
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from pipelines.documents.repeats import fit_repeats
from pipelines.documents.simple_yaml import read_json, to_json
from pipelines.errors import FrontMatterError
from tests.conftest import FITTER, parse
from tests.yaml_documents import Roll, write_document, write_simple_document

BATCH: Final = 2_000
PATIENCE: Final = 120.0
"""Seconds for a batch. A batch that takes longer hangs."""
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
    """Compare the quick way with the slow one: first as mappings, then as columns."""
    lines = to_json(texts)
    fitted = FITTER.fit_json(lines)
    columns = dict(zip(fitted.places, fitted.columns.to_pylist(), strict=True))
    cut = fit_repeats(texts, FITTER)
    counts = Counter(
        tried=len(texts),
        passed=len(texts) - lines.count(None),
        fitted=len(columns),
        cut=len(cut.places),
    )
    differences = [
        (f"cut, {kind}", texts[place])
        for place, row in zip(cut.places, cut.columns.to_pylist(), strict=True)
        if (kind := _tell_difference(texts[place], None, row))
    ]
    for place, (text, line) in enumerate(zip(texts, lines, strict=True)):
        if line is None:
            continue
        quick = read_json(line)
        if quick is None:
            counts["withdrawn"] += 1
        kind = _tell_difference(text, quick, columns.get(place))
        if kind:
            differences.append((kind, text))
        elif quick is not None:
            counts["agreed"] += 1
    return Report(counts, differences)


def _tell_difference(text: str, quick: Any, columns: dict[str, Any] | None) -> str | None:
    """What is wrong with a quick mapping or its columns. Either may be None, which is right."""
    if quick is None and columns is None:
        return None
    try:
        slow = parse(text)
    except FrontMatterError as error:
        problem = re.sub(r'"[^"]*"|\d+', "_", error.problem)
        return f"refused by libyaml: {error.rule}, {problem}"
    if quick is not None and quick != slow:
        return "another mapping"
    if quick is not None and repr(quick) != repr(slow):
        return "another order of keys"
    if columns is not None and columns != FITTER.fit_front_matter(slow):
        return "other columns"
    return None


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
    names = ("tried", "passed", "withdrawn", "agreed", "fitted", "cut", "different")
    told = ", ".join(f"{counts[name]:,} {name}" for name in names)
    print(f"seed {options.seed}: {told}")  # noqa: T201
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
