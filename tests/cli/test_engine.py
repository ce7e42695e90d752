"""Which engine a run uses."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.cli.engine import choose_engine, find_api_url
from pipelines.errors import EngineError, PipelineError

ROOT = Path(__file__).parent.parent.parent

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
        # Like Prefect, which then starts a temporary server.
        ({"PREFECT_API_URL": ""}, None),
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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("prefect.toml", '[api]\nurl = "http://file.example/api"'),
        (".env", "PREFECT_API_URL=http://file.example/api"),
        ("pyproject.toml", '[tool.prefect.api]\nurl = "http://file.example/api"'),
        ("pyproject.toml", '[tool]\nprefect.api.url = "http://file.example/api"'),
        (".env", "PREFECT_PROFILES_PATH=there.toml"),
    ],
)
def test_the_api_may_be_in_any_file_that_prefect_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / "there.toml").write_text(
        'active = "a"\n[profiles.a]\nPREFECT_API_URL = "http://file.example/api"', encoding="utf-8"
    )
    (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert find_api_url() == "http://file.example/api"
    assert choose_engine("auto").reason == "the Prefect API http://file.example/api does not answer"


def test_prefect_is_not_loaded_where_no_file_speaks_of_an_api(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["prefect"]\n[tool.ruff]\n', encoding="utf-8"
    )
    (tmp_path / ".env").write_text("NAME=value\n", encoding="utf-8")
    program = (
        "import sys; from pipelines.cli.engine import choose_engine; "
        "print(*choose_engine('auto'), {'prefect', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "local no Prefect API is configured set()\n"


def test_settings_that_prefect_cannot_read_are_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "prefect.toml").write_text("[api\nurl = 1", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    message = "the settings of Prefect cannot be read: Failed to load Prefect settings"
    choice = choose_engine("auto")
    assert (choice.engine, choice.reason[: len(message)]) == ("local", message)
    with pytest.raises(PipelineError, match=message) as error:
        choose_engine("prefect")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("home", ["file/home", "locked/home"])
def test_a_home_of_prefect_that_cannot_be_used_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "locked").mkdir()
    # The user of this test may be one who can write anywhere.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "locked")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / home))
    with pytest.raises(PipelineError, match=f"^PREFECT_HOME {tmp_path / home}: "):
        choose_engine("prefect")


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
