"""The inspection of an archive before anything is built: what is there, and what would load."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any, Final

from pipelines.changes.comparison import compare_listing
from pipelines.changes.ledger import Ledger
from pipelines.changes.listing import Listing
from pipelines.documents.batches import STARTED_BATCHES, split_batches
from pipelines.documents.parsed import Batch
from pipelines.errors import RawError
from pipelines.mapping.choice import SAMPLE_FILES
from pipelines.mapping.post_mapping import BUILT_IN, WEB, PostMapping
from pipelines.reports.inspection_facts import Facts, find_facts, reject_all
from pipelines.reports.origins import is_undated
from pipelines.runs.job import Job
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.runs.steps import choose_by_looking
from pipelines.sources.addresses import open_source
from schemas.documents import ARCHIVE

MOST_FILES: Final = 20_000
"""Of more files, a sample is read."""
SMALL_BYTES: Final = 4 * 1024 * 1024
"""This process reads as much as this sooner than a worker has loaded the code of the tables."""


def inspect_archive(
    job: Job,
    executor: Executor,
    on_progress: OnProgress = ignore_progress,
    most_files: int | None = MOST_FILES,
) -> dict[str, Any]:
    """What a first build by `job` would find. Nothing is written.

    Of more than `most_files` files, a sample is read, spread over the archive. Then all counts but
    `found` are those of the sample.

    Raises:
        RawError: The raw files cannot be listed, or none matches the globs.
    """
    source = open_source(job.raw)
    source.check_readable()
    listing = Listing(source.list_files(job.globs))
    if job.globs and not listing.count:
        raise RawError(f"{source.address}: no file matches {job.globs}")
    suspects, unopened, _ = compare_listing(listing, Ledger())
    chosen = choose_by_looking(source, suspects["source_path"])
    step = max(1, math.ceil(listing.count / most_files)) if most_files else 1
    sample = suspects.gather_every(step)
    batches = split_batches(source, ARCHIVE, WEB, sample.iter_rows(), Path())
    is_small = sample["size_bytes"].sum() <= SMALL_BYTES
    facts = Facts()
    done = 0
    on_progress("inspect", done, sample.height)
    for count, found in _find_each(batches, None if is_small else executor):
        facts.add(found)
        done += count
        on_progress("inspect", done, sample.height)
    for path, reason in unopened.gather_every(step).select("source_path", "reason").rows():
        facts.ignore(path, reason)
    return {
        "raw": source.address,
        "include": list(job.include),
        "exclude": list(job.exclude),
        "found": listing.count,
        "looked_at": sum(facts.formats.values()),
        **_describe_files(facts),
        "mapping": chosen.name,
        "because": _explain_choice(chosen, suspects.height),
        "mappings": {name: _describe_mapping(facts, name) for name in BUILT_IN},
        "keys": list(_describe_keys(facts)),
    }


def _find_each(batches: Iterable[Batch], executor: Executor | None) -> Iterator[tuple[int, Facts]]:
    """The number of files and the facts of each batch, in order."""
    if executor is None:
        for batch in batches:
            yield len(batch.files), find_facts(batch, use_rapidyaml=False)
        return
    waiting: deque[tuple[Batch, Future[Facts]]] = deque()
    try:
        for batch in batches:
            waiting.append((batch, executor.submit(find_facts, batch, use_rapidyaml=True)))
            if len(waiting) == STARTED_BATCHES:
                yield _wait_for(*waiting.popleft(), executor)
        while waiting:
            yield _wait_for(*waiting.popleft(), executor)
    finally:
        # After an interrupt nobody waits for them.
        for _, future in waiting:
            future.cancel()


def _wait_for(batch: Batch, future: Future[Facts], executor: Executor) -> tuple[int, Facts]:
    try:
        return len(batch.files), future.result()
    except BrokenExecutor:
        return len(batch.files), _find_again(batch, executor)


def _find_again(batch: Batch, executor: Executor) -> Facts:
    """The facts of a batch that killed its worker. Only libyaml parses it now."""
    try:
        return executor.submit(find_facts, batch, use_rapidyaml=False).result()
    except BrokenExecutor:
        if len(batch.files) == 1:
            return reject_all(batch)
    half = len(batch.files) // 2
    facts = _find_again(batch._replace(files=batch.files[:half]), executor)
    facts.add(_find_again(batch._replace(files=batch.files[half:]), executor))
    return facts


def _explain_choice(chosen: PostMapping, files: int) -> str:
    if not files:
        return "there is no file to look at"
    looked_at = math.ceil(files / (files // SAMPLE_FILES + 1))
    share = "at least" if chosen.is_plain else "fewer than"
    return (
        f"of {looked_at:,} files, spread over the archive, {share} half of the posts have the key "
        f"{ARCHIVE.date_key}"
    )


def _describe_files(facts: Facts) -> dict[str, Any]:
    folders: dict[str, dict[str, int]] = {}
    for (folder, status), count in facts.folders.items():
        counts = folders.setdefault(folder, {"files": 0, "post": 0, "ignored": 0, "unreadable": 0})
        counts[status] += count
        counts["files"] += count
    return {
        "formats": _sort(facts.formats),
        "folders": [
            {"folder": name, **counts}
            for name, counts in sorted(
                folders.items(), key=lambda each: (-each[1]["post"], -each[1]["files"], each[0])
            )
        ],
        "ignored": _sort(facts.ignored),
    }


def _describe_mapping(facts: Facts, mapping: str) -> dict[str, Any]:
    dates = _sort(_of(facts.dates, mapping))
    problems = sorted(
        ((count, problem) for problem, count in facts.problems.items() if problem[0] == mapping),
        key=lambda each: (-each[0], each[1]),
    )
    loaded = facts.outcomes[mapping, "loaded"]
    undated = sum(count for name, count in dates.items() if is_undated(name))
    return {
        "loaded": loaded,
        "rejected": facts.outcomes[mapping, "rejected"],
        "reasons": [
            {"rule": rule, "field": name or None, "files": count, "first": facts.places[problem]}
            for count, problem in problems
            for _, rule, name in [problem]
        ],
        "dated": loaded - undated,
        "dates": dates,
        "titles": _sort(_of(facts.titles, mapping)),
    }


def _describe_keys(facts: Facts) -> Iterator[dict[str, Any]]:
    """The root keys, the most used first."""
    posts = sum(facts.formats.values()) - facts.formats["none"] - facts.formats["unreadable"]
    shapes: dict[str, Counter[str]] = {}
    for (key, shape), count in facts.shapes.items():
        shapes.setdefault(key, Counter())[shape] += count
    uses: dict[tuple[str, str], Counter[str]] = {}
    for (mapping, key, use), count in facts.uses.items():
        uses.setdefault((mapping, key), Counter())[use] += count
    filled = {key: counts.total() - counts["null"] for key, counts in shapes.items()}
    for key in sorted(shapes, key=lambda each: (-filled[each], each)):
        yield {
            "key": key,
            "posts": filled[key],
            "fill": filled[key] / posts,
            "shapes": _sort(shapes[key]),
            "becomes": {name: _sort(uses.get((name, key), Counter())) for name in BUILT_IN},
            "example": facts.examples.get(key),
        }


def _of(counts: Counter[tuple[str, str]], mapping: str) -> Counter[str]:
    return Counter({name: count for (each, name), count in counts.items() if each == mapping})


def _sort(counts: Counter[str]) -> dict[str, int]:
    """The counts, the largest first."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
