"""Post mappings: which keys of the posts of an archive hold what the tables want.

Light on purpose: workers date posts by a mapping, and they do without Polars.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from pipelines.mapping.own_column import OwnColumn
from pipelines.mapping.source import Source
from pipelines.sources.globs import match_glob
from schemas.language.archive import CaselessKeys, fold_keys

Effect = Literal["error", "warning", "nothing"]
"""What a broken rule does to a row. An error keeps the row out, a warning is reported."""
RepeatedKeys = Literal["reject", "last"]
"""What becomes of a file with a repeated key: it is rejected, or the last one counts."""
REPEATED_KEY_RULE: Final = "is_unique_key"
"""The rule that such a file breaks. With `last`, that is a warning."""
IMAGES: Final = "images"
LINKS: Final = "related_links"
"""The tables whose rows a mapping may take from any key, as if they were columns."""


@dataclass(frozen=True)
class PostMapping:
    """The keys of the posts of an archive.

    `sources` has for columns of articles, and for images and related_links, where their values come
    from, in the order in which they are tried. Of a text, the first source that has a value is
    taken, of a list all are. A column that is not there is read from the key of the tables.

    `effects` say what a broken rule does, by rule, by column and rule like `type.is_not_null`, or
    by table, column and rule. Most others are errors, some are warnings. Times without a zone are
    those of `time_zone`; None: UTC, and a warning. Addresses from the root of the site are
    completed with `site`. `secret_keys` are shown nowhere. `columns` are those that the
    archive adds to articles. `folders` are the mappings of some files. The last one that
    matches counts. What becomes of `repeated_keys` does not change with the folder.

    A mapping that `is_strict` starts from the keys of the tables, so no other names are guessed.
    `named` are the columns of which the archive, and no built-in mapping, says where they come
    from.
    """

    name: str
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    time_zone: str | None = None
    site: str | None = None
    secret_keys: tuple[str, ...] = ()
    columns: tuple[OwnColumn, ...] = ()
    folders: tuple["Folder", ...] = ()
    repeated_keys: RepeatedKeys = "reject"
    is_strict: bool = False
    named: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the posts use the keys of the tables, so that nothing is translated."""
        return not (self.sources or self.secret_keys or self.folders)

    @cached_property
    def id(self) -> str:
        """Changes with everything that the mapping says of documents. Empty if that is nothing.

        Repeated keys are a matter of files: no document has any.
        """
        said = asdict(self)
        del said["name"], said["repeated_keys"], said["is_strict"], said["named"]
        if not any(said.values()):
            return ""
        text = json.dumps(said, sort_keys=True)
        return f"{self.name}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @cached_property
    def secrets(self) -> CaselessKeys:
        """The secret keys, in any capitals."""
        return fold_keys(self.secret_keys)

    @cached_property
    def uses(self) -> Mapping[str, Sequence["Use"]]:
        """What each root key in small letters, or a key below it, may be used for."""
        uses: dict[str, list[Use]] = {}
        for name, sources in self.sources.items():
            for rank, source in enumerate(sources):
                if not source.is_place:
                    root, *inner = source.key.casefold().split(".")
                    is_plain = source == Source(source.key)
                    use = Use(name, rank, tuple(inner), None if is_plain else source)
                    uses.setdefault(root, []).append(use)
        return uses

    @cached_property
    def places(self) -> Mapping[str, Sequence[tuple[int, Source]]]:
        """For each column, the sources that are no keys, with their ranks."""
        return {
            name: [(rank, source) for rank, source in enumerate(sources) if source.is_place]
            for name, sources in self.sources.items()
            if any(source.is_place for source in sources)
        }

    def list_candidates(self, keys: tuple[str, ...]) -> "Candidates":
        """Where posts with these root keys may say something, for each column, best first.

        Most posts of an archive have one of a few sets of keys, so these are remembered.
        """
        candidates = self._remembered.get(keys)
        if candidates is None:
            if len(self._remembered) >= _MOST_KEY_SETS:
                self._remembered.clear()
            candidates = self._remembered[keys] = self._find_candidates(keys)
        return candidates

    @cached_property
    def _remembered(self) -> "dict[tuple[str, ...], Candidates]":
        return {}

    def _find_candidates(self, keys: tuple[str, ...]) -> "Candidates":
        ranked: dict[str, list[tuple[int, Candidate]]] = {name: [] for name in self.sources}
        for key in keys:
            for name, rank, inner, source in self.uses.get(key.casefold(), ()):
                ranked[name].append((rank, Candidate((key,), inner, source)))
        for name, places in self.places.items():
            ranked[name] += [(rank, Candidate((), (), place)) for rank, place in places]
        return {
            name: [candidate for _, candidate in sorted(found, key=itemgetter(0))]
            for name, found in ranked.items()
            if found
        }

    def find_effect(self, table: str, column: str, rule: str) -> Effect | None:
        """What it does to a row that `rule` of `column` is broken; None if nothing says so."""
        names = (f"{table}.{column}.{rule}", f"{column}.{rule}", rule)
        return next((self.effects[name] for name in names if name in self.effects), None)

    def hides(self, name: str, key: str) -> bool:
        """Whether the values of `name` come from elsewhere than from `key`, its own one."""
        return all(
            each.is_place or not each.is_whole or each.key.casefold() != key.casefold()
            for each in self.sources[name]
        )

    def at(self, source_path: str) -> "PostMapping | None":
        """The mapping of one file; None if it is no article."""
        for folder in reversed(self.folders):
            if match_glob(folder.glob, source_path):
                return folder.mapping
        return self


class Folder(NamedTuple):
    """The mapping of the files that match `glob`; None: they are no articles."""

    glob: str
    mapping: PostMapping | None


class Use(NamedTuple):
    """What a key may be used for, and its rank among the sources of that use.

    `inner` are the steps from the root key to the value. `source` is None if the value is taken as
    it is.
    """

    name: str
    rank: int
    inner: tuple[str, ...]
    source: Source | None


class Candidate(NamedTuple):
    """Where a post may say something: the root key as it is written, and the steps below it.

    `path` is empty for a place. `source` is None if the value is taken as it is.
    """

    path: tuple[str, ...]
    inner: tuple[str, ...]
    source: Source | None


Candidates = Mapping[str, Sequence[Candidate]]

_MOST_KEY_SETS: Final = 1_000
