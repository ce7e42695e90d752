"""The engine of a run: Prefect if a server answers, this process if none does."""

import os
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pipelines.errors import EngineError

Engine = Literal["auto", "local", "prefect"]
ANSWER_SECONDS: Final = 2


class Choice(NamedTuple):
    """The engine of a run, and the reason in words."""

    engine: Literal["local", "prefect"]
    reason: str


def choose_engine(engine: Engine) -> Choice:
    """Resolve `auto`: Prefect if its API is configured and answers.

    Raises:
        EngineError: Prefect was asked for, and the configured API does not answer.
    """
    if engine == "local":
        return Choice("local", "as asked")
    url = find_api_url()
    if url is None:
        # If Prefect is asked for, it starts a server for the time of the run.
        if engine == "prefect":
            return Choice("prefect", "on a temporary server, since no Prefect API is configured")
        return Choice("local", "no Prefect API is configured")
    if _answers(url):
        return Choice("prefect", f"the Prefect API {url} answers")
    if engine == "prefect":
        raise EngineError(f"the Prefect API {url} does not answer")
    return Choice("local", f"the Prefect API {url} does not answer")


def find_api_url() -> str | None:
    """The Prefect API of the environment or of the active profile, without importing Prefect."""
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    try:
        home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    except RuntimeError:
        # A user without an entry in the system, as in a container, has no home.
        return None
    profiles_path = Path(os.environ.get("PREFECT_PROFILES_PATH", home / "profiles.toml"))
    try:
        text = profiles_path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    import tomllib

    try:
        profiles = tomllib.loads(text)
        active = os.environ.get("PREFECT_PROFILE", profiles.get("active", ""))
        url = profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        # It is no TOML, or not what Prefect writes.
        return None
    return str(url) if url else None


def _answers(url: str) -> bool:
    if not url.startswith(("http://", "https://")):
        return False
    # Imported here: loading them takes longer than a whole run without changes.
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=ANSWER_SECONDS) as response:
            return bool(response.status == 200)
    except (OSError, HTTPException, ValueError):
        return False
