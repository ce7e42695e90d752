"""Which engine a run uses."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.cli.engine import choose_engine, find_api_url
from pipelines.errors import EngineError

PROFILES = """
active = "here"
[profiles.here]
PREFECT_API_URL = "http://here.example/api"
[profiles.there]
PREFECT_API_URL = "http://there.example/api"
[profiles.nowhere]
"""


@pytest.fixture
def prefect_home(tmp_path: Path) -> Path:
    """The folder of Prefect's settings, which `conftest` sets as PREFECT_HOME."""
    home = tmp_path / "prefect"
    home.mkdir()
    return home


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://here.example/api"),
        ({"PREFECT_PROFILE": "there"}, "http://there.example/api"),
        ({"PREFECT_PROFILE": "nowhere"}, None),
        ({"PREFECT_PROFILE": "unheard-of"}, None),
        ({"PREFECT_API_URL": "http://env.example/api"}, "http://env.example/api"),
        ({"PREFECT_API_URL": ""}, "http://here.example/api"),
        ({"PREFECT_PROFILES_PATH": "/nowhere/profiles.toml"}, None),
    ],
)
def test_the_api_is_that_of_the_environment_or_of_the_active_profile(
    monkeypatch: pytest.MonkeyPatch,
    prefect_home: Path,
    environment: dict[str, str],
    url: str | None,
) -> None:
    (prefect_home / "profiles.toml").write_text(PROFILES, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_api_url() == url


def test_a_user_without_a_home_configured_no_api(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("PREFECT_HOME")
    monkeypatch.setattr(Path, "home", find_none)
    assert find_api_url() is None


@pytest.mark.parametrize(
    "content",
    [b"active = ", b"\xff", b'profiles = "here"', b"active = []", b'[profiles]\n"" = "here"'],
)
def test_unreadable_profiles_configure_no_api(prefect_home: Path, content: bytes) -> None:
    (prefect_home / "profiles.toml").write_bytes(content)
    assert find_api_url() is None


@pytest.fixture
def health() -> Iterator[str]:
    """The URL of an API that only says that it is healthy."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/health" else 404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the terminal clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("end", ["", "/"])
def test_auto_is_prefect_if_its_api_answers(
    monkeypatch: pytest.MonkeyPatch, health: str, end: str
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", health + end)
    assert choose_engine("auto") == ("prefect", f"the Prefect API {health}{end} answers")


def test_auto_is_local_if_something_else_answers(
    monkeypatch: pytest.MonkeyPatch, health: str
) -> None:
    other = health.replace("/api", "/other")
    monkeypatch.setenv("PREFECT_API_URL", other)
    assert choose_engine("auto") == ("local", f"the Prefect API {other} does not answer")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/api",
        "http://127.0.0.1:port/api",
        "file:///api",
        "api",
    ],
)
def test_auto_is_local_if_nobody_answers(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert choose_engine("auto") == ("local", f"the Prefect API {url} does not answer")


def test_auto_is_local_if_no_api_is_configured() -> None:
    assert choose_engine("auto") == ("local", "no Prefect API is configured")


def test_local_is_used_if_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, health: str) -> None:
    monkeypatch.setenv("PREFECT_API_URL", health)
    assert choose_engine("local") == ("local", "as asked")


def test_prefect_must_answer_if_it_is_asked_for_and_configured(
    monkeypatch: pytest.MonkeyPatch, health: str
) -> None:
    assert choose_engine("prefect") == (
        "prefect",
        "on a temporary server, since no Prefect API is configured",
    )
    monkeypatch.setenv("PREFECT_API_URL", health)
    assert choose_engine("prefect").engine == "prefect"
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    with pytest.raises(EngineError, match=r"1/api does not answer$"):
        choose_engine("prefect")
