"""Secrets in a comparison: what may be shown of two snapshots that know different secrets."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipelines.settings.stored import read_mapping
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.warehouse import Warehouse
from schemas.documents import ARCHIVE
from schemas.language.archive import CaselessKeys, fold_keys
from schemas.language.shape import Value

HIDDEN: Final = "(secret)"


@dataclass(frozen=True)
class Secrets:
    """The secret keys of two snapshots.

    If one of them did not know a key as a secret, its value may stand anywhere in its tables. So
    no value of that snapshot is shown: `hides_old` or `hides_new`.
    """

    keys: CaselessKeys
    hides_old: bool = False
    hides_new: bool = False

    def redact(self, value: Value) -> Value:
        """`value` with `HIDDEN` in place of what stands below a secret key, at any depth."""
        if isinstance(value, dict):
            return {
                key: HIDDEN if key in self.keys else self.redact(each)
                for key, each in value.items()
            }
        return [self.redact(each) for each in value] if isinstance(value, list) else value


def find_secrets(old: Manifest | None, new: Manifest) -> Secrets:
    """The secrets of two snapshots; of one if there is nothing before it."""
    after = _list_secrets(new)
    before = _list_secrets(old) if old else after
    every = before | after
    return Secrets(fold_keys(every), hides_old=before != every, hides_new=after != every)


def list_secrets(warehouse: Warehouse) -> CaselessKeys:
    """The keys that are secret now, even if they were not in the snapshot that is read."""
    current = warehouse.current()
    secrets = read_mapping(current.manifest).secrets if current else ()
    return fold_keys([*ARCHIVE.secret_keys, *secrets])


def _list_secrets(manifest: Manifest) -> set[str]:
    declared: Iterable[str] = manifest.settings.get("secrets", [])
    return {key.casefold() for key in (*ARCHIVE.secret_keys, *declared)}
