"""Settings as a manifest keeps them, and where their file lies.

Light on purpose: most runs have no settings, and pydantic takes a tenth of such a run to load.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import WarehouseError
from pipelines.mapping.built_in import BUILT_IN
from pipelines.mapping.post_mapping import PostMapping
from pipelines.warehouse.layout import SETTINGS_NAME
from pipelines.warehouse.manifest import Manifest

if TYPE_CHECKING:
    from pipelines.settings.model import Settings

_GUARDS: Final = ("guards", "settle")


def find_settings(raw: str) -> Path | None:
    """The settings of the archive in `raw`: beside it, or in the working folder; None if none."""
    places = (_place_beside(raw), Path(SETTINGS_NAME))
    return next((path for path in places if path.exists()), None)


def place_settings(file: str, raw: str) -> Path:
    """Where settings are to be written: in `file`, or beside `raw` if it is empty."""
    return Path(file) if file else _place_beside(raw)


def _place_beside(raw: str) -> Path:
    return Path(raw).absolute().parent / SETTINGS_NAME


def locate_settings(config: str | None, raw: str) -> Path | None:
    """The file `config`, or else that of the archive in `raw`; None if there is none."""
    return Path(config) if config else find_settings(raw)


def load_settings(config: str | None, raw: str) -> "Settings | None":
    """What that file says.

    Raises:
        SettingsError: The file makes no sense.
    """
    path = locate_settings(config, raw)
    if path is None:
        return None
    from pipelines.settings.reading import read_settings

    return read_settings(path)


def dump_settings(settings: "Settings | None") -> dict[str, Any]:
    """What `settings` say of the tables, as JSON types, without defaults; empty if nothing."""
    if settings is None:
        return {}
    from pipelines.settings.operating import OPERATING

    return settings.model_dump(mode="json", exclude_unset=True, exclude=set(OPERATING))


def leave_out_guards(stored: dict[str, Any]) -> dict[str, Any]:
    """What was dumped, but for what no table depends on."""
    return {key: value for key, value in stored.items() if key not in _GUARDS}


def restore_settings(stored: dict[str, Any]) -> "Settings | None":
    """What was dumped; None if that is nothing.

    Raises:
        WarehouseError: Another version wrote it, and it makes no sense to this one.
    """
    if not stored:
        return None
    from pipelines.settings.checking import MistakenError, check_settings

    try:
        return check_settings(stored)
    except MistakenError as error:
        raise WarehouseError(
            f"another version of matterhouse wrote the settings of the snapshot: {error}; a build "
            f"with a {SETTINGS_NAME}, or with --mapping, does without them"
        ) from error


def adapt_mapping(base: PostMapping, settings: "Settings | None") -> PostMapping:
    """The mapping that an archive has."""
    if settings is None:
        return base
    from pipelines.settings.apply import apply_settings

    return apply_settings(settings, base)


def read_mapping(manifest: Manifest) -> PostMapping:
    """The mapping by which a snapshot was made."""
    return adapt_mapping(BUILT_IN[manifest.mapping], restore_settings(manifest.settings))
