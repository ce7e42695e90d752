"""The engine of a run: Prefect if a server answers, this process if none does."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pipelines.errors import EngineError, PipelineError

Engine = Literal["auto", "local", "prefect"]
ANSWER_SECONDS: Final = 2
_MENTIONS: Final = {
    ".env": re.compile(rb"PREFECT_", re.I),
    "prefect.toml": re.compile(rb"api|profiles_path", re.I),
    "pyproject.toml": re.compile(rb"\btool\W+prefect\b|^\s*\[\s*tool\s*\]", re.I | re.M),
}
"""What the files of the working folder say if they may configure an API, or where profiles lie."""
_PROFILE_MENTION: Final = re.compile(rb"PREFECT_API_URL", re.I)


class Choice(NamedTuple):
    """The engine of a run, and the reason in words."""

    engine: Literal["local", "prefect"]
    reason: str


def choose_engine(engine: Engine) -> Choice:
    """Resolve `auto`: Prefect if its API is configured and answers.

    Raises:
        EngineError: Prefect was asked for, and the configured API does not answer.
        PipelineError: Prefect was asked for, and its settings or its folder cannot be used.
    """
    if engine == "local":
        return Choice("local", "as asked")
    try:
        url = find_api_url()
    except PipelineError as error:
        if engine == "prefect":
            raise
        return Choice("local", str(error))
    if url is None:
        # If Prefect is asked for, it starts a server for the time of the run.
        if engine == "prefect":
            _check_home()
            return Choice("prefect", "on a temporary server, since no Prefect API is configured")
        return Choice("local", "no Prefect API is configured")
    if answers(url):
        return Choice("prefect", f"the Prefect API {url} answers")
    if engine == "prefect":
        raise EngineError(f"the Prefect API {url} does not answer")
    return Choice("local", f"the Prefect API {url} does not answer")


def find_api_url() -> str | None:
    """The Prefect API that is configured; None if there is none.

    Prefect reads its own settings, but only if one of its files may say something about an API:
    loading it takes longer than a run in which nothing changed.

    Raises:
        PipelineError: Prefect cannot read its settings.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    if not _may_be_configured():
        return None
    from pipelines.flows.connection import read_api_url

    return read_api_url()


def _may_be_configured() -> bool:
    files = {Path(name): mention for name, mention in _MENTIONS.items()}
    if profiles := _find_profiles():
        files[profiles] = _PROFILE_MENTION
    return any(mention.search(_read(path)) for path, mention in files.items())


def _find_profiles() -> Path | None:
    """Where the environment says that profiles lie. If a file says so, Prefect is asked anyway."""
    home = _find_home()
    path = os.environ.get("PREFECT_PROFILES_PATH") or (home and home / "profiles.toml")
    return Path(path) if path else None


def _find_home() -> Path | None:
    """The folder of Prefect; None for a user without an entry in the system, as in a container."""
    try:
        return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    except RuntimeError:
        return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _check_home() -> None:
    """A temporary server keeps its database there. Without this, it takes minutes to give up."""
    home = _find_home()
    if home is None:
        return
    there = next(each for each in (home, *home.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        problem = "found no folder" if not there.is_dir() else "cannot be written to"
        raise PipelineError(
            f"PREFECT_HOME {home}: {problem}: {there}; Prefect keeps its files there"
        )


def answers(url: str) -> bool:
    """Whether the API says that it is healthy."""
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


_used_urls: list[str] = []


def use_prefect() -> None:
    """Note that this process is about to use Prefect."""
    if url := find_api_url():
        _used_urls.append(url)


def leave_prefect(code: object) -> None:
    """End this process at once if it used Prefect, and the server is gone.

    Before a process ends, Prefect tells the server all that is left to tell. If nobody listens, it
    tries for minutes. The work itself is done by now.
    """
    if isinstance(code, int | None) and any(not answers(url) for url in _used_urls):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code or 0)
