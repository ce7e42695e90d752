"""What the configuration of a site generator says about the site."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.settings.checking import MistakenError, check_settings

_ADDRESS: Final = r"['\"]?(https?://[^\s'\"]+)"
_JEKYLL: Final = re.compile(rf"^url:\s*{_ADDRESS}", re.M)
_HUGO: Final = re.compile(rf"^base_?url['\"]?\s*[:=]\s*{_ADDRESS}", re.M | re.I)
_ASTRO: Final = re.compile(rf"^\s*site:\s*{_ADDRESS}", re.M)
_ZONE: Final = re.compile(r"^time_?zone['\"]?\s*[:=]\s*['\"]?([A-Za-z_/+-]+)", re.M | re.I)
_FILES: Final = {
    "_config.yml": _JEKYLL,
    "_config.yaml": _JEKYLL,
    **{
        f"{folder}{name}.{extension}": _HUGO
        for folder in ("", "config/_default/")
        for name in ("hugo", "config")
        for extension in ("toml", "yaml", "yml")
    },
    **{f"astro.config.{extension}": _ASTRO for extension in ("mjs", "ts", "js", "mts")},
}
_LOCAL: Final = re.compile(r"//(?:localhost|127\.|0\.0\.0\.0|(?:www\.)?example\.)")
_MOST_BYTES: Final = 256 * 1024


class SiteFacts(NamedTuple):
    """The address and the time zone of a site; None if no configuration says them."""

    site: str | None = None
    site_file: str | None = None
    time_zone: str | None = None


def read_site(raw: Path) -> SiteFacts:
    """What is said of the site whose posts lie in `raw`, there or in the folder around it."""
    facts = SiteFacts()
    for name, text in _read_files(raw):
        found = _FILES[name].search(text)
        site = found[1].rstrip("/") if found else ""
        if not facts.site and not _LOCAL.search(site) and _is_valid("site", site):
            facts = facts._replace(site=site, site_file=name)
        zone = _ZONE.search(text)
        if not facts.time_zone and zone and _is_valid("time_zone", zone[1]):
            facts = facts._replace(time_zone=zone[1])
    return facts


def _read_files(raw: Path) -> Iterator[tuple[str, str]]:
    for folder in (raw, raw.parent):
        for name in _FILES:
            path = folder / name
            # One that cannot be read says nothing.
            with suppress(OSError):
                if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                    yield name, path.read_text(encoding="utf-8", errors="replace")


def _is_valid(key: str, value: str) -> bool:
    try:
        check_settings({key: value})
    except MistakenError:
        return False
    return bool(value)
