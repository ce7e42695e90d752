"""Settings as a manifest keeps them, and where their file lies.

Light on purpose: most runs have no settings, and pydantic takes a tenth of such a run to load.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.mapping.post_mapping import BUILT_IN, PostMapping
from pipelines.warehouse.layout import SETTINGS_NAME
from pipelines.warehouse.manifest import Manifest

if TYPE_CHECKING:
    from pipelines.settings.model import Settings


def find_settings(raw: str) -> Path | None:
    """The settings of the archive in `raw`: beside it, or in the working folder; None if none."""
    beside = Path(raw).resolve().parent / SETTINGS_NAME
    return next((path for path in (beside, Path(SETTINGS_NAME)) if path.is_file()), None)


def dump_settings(settings: "Settings | None") -> dict[str, Any]:
    """`settings` as JSON types, without defaults; empty if they say nothing."""
    return settings.model_dump(mode="json", exclude_unset=True) if settings else {}


def restore_settings(stored: dict[str, Any]) -> "Settings | None":
    """What `dump_settings` returned; None if it says nothing."""
    if not stored:
        return None
    from pipelines.settings.model import check_settings

    return check_settings(stored)


def adapt_mapping(base: PostMapping, settings: "Settings | None") -> PostMapping:
    """The mapping that an archive has."""
    if settings is None:
        return base
    from pipelines.settings.apply import apply_settings

    return apply_settings(settings, base)


def read_mapping(manifest: Manifest) -> PostMapping:
    """The mapping by which a snapshot was made."""
    return adapt_mapping(BUILT_IN[manifest.mapping], restore_settings(manifest.settings))
