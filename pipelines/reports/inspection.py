"""The inspection of an archive before anything is built: what is there, and what would load."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipelines.changes.comparison import compare_listing
from pipelines.changes.ledger import Ledger
from pipelines.changes.listing import Listing
from pipelines.documents.batches import STARTED_BATCHES, split_batches
from pipelines.documents.parsed import Batch
from pipelines.errors import RawError, SettingsError
from pipelines.mapping.built_in import BUILT_IN, WEB
from pipelines.mapping.choice import SAMPLE_FILES
from pipelines.mapping.own_column import name_mapped
from pipelines.mapping.post_mapping import PostMapping
from pipelines.reports.inspection_facts import Facts, Question, find_facts, reject_all
from pipelines.reports.origins import is_undated
from pipelines.runs.archives import open_archives
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_globs
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.runs.steps import choose_by_looking
from pipelines.settings.apply import apply_settings
from pipelines.settings.checking import check_settings
from pipelines.settings.idle import list_idle, list_named
from pipelines.settings.model import Settings
from pipelines.settings.proposal import Counts, Proposal, propose_settings
from pipelines.settings.reading import read_settings
from pipelines.settings.site import read_site
from pipelines.settings.stored import locate_settings
from pipelines.sources.globs import Globs
from pipelines.sources.source import Source
from pipelines.warehouse.layout import SETTINGS_NAME
from schemas.documents import ARCHIVE
from schemas.language.archive import fold_keys

MOST_FILES: Final = 20_000
"""Of more files, a sample is read."""
SMALL_BYTES: Final = 4 * 1024 * 1024
"""This process reads as much as this sooner than a worker has loaded the code of the tables."""


def inspect_archive(
    job: Job,
    executor: Executor,
    on_progress: OnProgress = ignore_progress,
    most_files: int | None = MOST_FILES,
    trial: Settings | None = None,
) -> dict[str, Any]:
    """What a first build by `job` would find. Nothing is written.

    Settings that the build would read count, unless others are on `trial`. Of more than
    `most_files` files, a sample is read, spread over the archive. Then all counts but `found` are
    those of the sample.

    Raises:
        RawError: The raw files cannot be listed, or none matches the globs.
        SettingsError: The file of settings makes no sense.
    """
    path = None if trial else locate_settings(job.config, job.raw)
    settings = read_settings(path) if path else trial
    globs = find_globs(job, settings, None)
    source = open_archives(job, settings)
    source.check_readable()
    listing = Listing(source.list_files(globs))
    if globs and not listing.count:
        raise RawError(f"{source}: no file matches {globs}")
    compared = compare_listing(listing, Ledger())
    suspects, unopened = compared.suspects, compared.unopened
    fitting = choose_by_looking(source, suspects["source_path"], suspects.height)
    secrets = settings.secrets if settings else []
    said_in = path.name if path else SETTINGS_NAME
    question = _ask(settings, fitting, said_in)
    step = max(1, math.ceil(listing.count / most_files)) if most_files else 1
    sample = suspects.gather_every(step)
    archive = replace(ARCHIVE, secret_keys=fold_keys(ARCHIVE.secret_keys.union(secrets)))
    batches = split_batches(source, archive, WEB, sample.iter_rows(), Path())
    is_small = sample["size_bytes"].sum() <= SMALL_BYTES
    facts = Facts()
    done = 0
    on_progress("inspect", done, sample.height)
    for count, found in _find_each(batches, question, None if is_small else executor):
        facts.add(found)
        done += count
        on_progress("inspect", done, sample.height)
    for source_path, reason in unopened.gather_every(step).select("source_path", "reason").rows():
        facts.ignore(source_path, reason)
    described = {name: _describe_mapping(facts, name) for name in question.mappings}
    paths = [*suspects["source_path"], *unopened["source_path"]]
    proposal: Proposal | None = None
    if settings is None or not settings.archives:
        counts = _count(question.base, described, paths)
        site = read_site(Path(source.address))
        base = BUILT_IN[question.base]
        proposal = propose_settings(facts.clues, counts, base, globs, secrets, site)
    is_said = settings is not None and bool(settings.base or settings.archives)
    return {
        "raw": source.address,
        "include": list(globs.include),
        "exclude": list(globs.exclude),
        "found": listing.count,
        "looked_at": sum(facts.formats.values()) + facts.unreadable.count,
        **_describe_files(facts),
        "cannot_be_read": {
            "files": facts.unreadable.count,
            "first": [
                {"file": source.find_file(source_path), "problem": problem}
                for source_path, problem in facts.unreadable.first
            ],
        },
        "settings": _describe_settings(settings, path, facts, source, globs) if settings else None,
        "mapping": next(iter(question.mappings)),
        "because": f"{said_in} says so" if is_said else _explain_choice(fitting, suspects.height),
        "mappings": described,
        "keys": list(_describe_keys(facts, question.mappings)),
        "proposal": {"text": proposal.text, "settings": proposal.values} if proposal else None,
    }


def _ask(settings: Settings | None, fitting: PostMapping, said_in: str) -> Question:
    """What to find out. The first mapping is the one that a build would take."""
    base = BUILT_IN[settings.base] if settings and settings.base else fitting
    if settings and settings.archives and not settings.base:
        base = WEB
    mappings = {base.name: base, **BUILT_IN}
    if settings is None:
        return Question(mappings, base.name)
    secret_keys = tuple(settings.secrets)
    mappings = {name: replace(each, secret_keys=secret_keys) for name, each in mappings.items()}
    adapted = {f"{base.name} with {said_in}": apply_settings(settings, base)}
    return Question({**adapted, **mappings}, base.name, list_named(settings))


def try_proposal(
    facts: dict[str, Any],
    job: Job,
    executor: Executor,
    on_progress: OnProgress = ignore_progress,
    most_files: int | None = MOST_FILES,
) -> dict[str, Any]:
    """What would load by the proposal in `facts`, which `inspect_archive` returned for `job`.

    Raises:
        SettingsError: There is none, since the settings name several archives.
    """
    if facts["proposal"] is None:
        raise SettingsError(
            f"{facts['settings']['path']}: names archives; inspect the folder of one of them, with "
            "an empty file as --config"
        )
    trial = check_settings(facts["proposal"]["settings"])
    # The proposal has the globs of the job.
    job = replace(job, include=(), exclude=())
    tried = inspect_archive(job, executor, on_progress, most_files, trial)
    return {"found": tried["found"], **tried["mappings"][tried["mapping"]]}


def _describe_settings(
    settings: Settings, path: Path | None, facts: Facts, source: Source, globs: Globs
) -> dict[str, Any]:
    """Where the settings lie, and which of them do nothing."""
    keys = {key for key, _ in facts.shapes} | {key for key, _ in facts.clues.keys}
    # Files that are excluded are only in the list of all files.
    listed = [file.source_path for file in source.list_files()] if globs else []
    idle = list_idle(settings, facts.had, keys, listed, globs)
    return {"path": path and str(path), "idle": [each._asdict() for each in idle]}


def _count(base: str, described: dict[str, dict[str, Any]], files: list[str]) -> Counts:
    return Counts(
        posts=described[base]["loaded"],
        titles=described[base]["titles"],
        others={name: described[name]["loaded"] for name in BUILT_IN if name != base},
        files=files,
    )


def _find_each(
    batches: Iterable[Batch], question: Question, executor: Executor | None
) -> Iterator[tuple[int, Facts]]:
    """The number of files and the facts of each batch, in order."""
    if executor is None:
        for batch in batches:
            yield len(batch.files), find_facts(batch, question, use_rapidyaml=False)
        return
    waiting: deque[tuple[Batch, Future[Facts]]] = deque()
    try:
        for batch in batches:
            promised = executor.submit(find_facts, batch, question, use_rapidyaml=True)
            waiting.append((batch, promised))
            if len(waiting) == STARTED_BATCHES:
                yield _wait_for(*waiting.popleft(), question, executor)
        while waiting:
            yield _wait_for(*waiting.popleft(), question, executor)
    finally:
        # After an interrupt nobody waits for them.
        for _, future in waiting:
            future.cancel()


def _wait_for(
    batch: Batch, future: Future[Facts], question: Question, executor: Executor
) -> tuple[int, Facts]:
    try:
        return len(batch.files), future.result()
    except BrokenExecutor:
        return len(batch.files), _find_again(batch, question, executor)


def _find_again(batch: Batch, question: Question, executor: Executor) -> Facts:
    """The facts of a batch that killed its worker. Only libyaml parses it now."""
    try:
        return executor.submit(find_facts, batch, question, use_rapidyaml=False).result()
    except BrokenExecutor:
        if len(batch.files) == 1:
            return reject_all(batch, question)
    half = len(batch.files) // 2
    facts = _find_again(batch._replace(files=batch.files[:half]), question, executor)
    facts.add(_find_again(batch._replace(files=batch.files[half:]), question, executor))
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
        "skipped": facts.outcomes[mapping, "skipped"],
        "reasons": [
            {
                "rule": rule,
                "field": name_mapped(name) or None,
                "files": count,
                "first": facts.places[problem],
            }
            for count, problem in problems
            for _, rule, name in [problem]
        ],
        "dated": loaded - undated,
        "dates": dates,
        "titles": _sort(_of(facts.titles, mapping)),
        **_of(facts.listed, mapping),
    }


def _describe_keys(facts: Facts, mappings: Iterable[str]) -> Iterator[dict[str, Any]]:
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
            "becomes": {name: _sort(uses.get((name, key), Counter())) for name in mappings},
            "example": facts.examples.get(key),
        }


def _of(counts: Counter[tuple[str, str]], mapping: str) -> Counter[str]:
    return Counter({name: count for (each, name), count in counts.items() if each == mapping})


def _sort(counts: Counter[str]) -> dict[str, int]:
    """The counts, the largest first."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
