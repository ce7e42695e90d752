"""A headless Chromium, told what to do over the DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

PROGRAM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
"""None if it is not installed. On Debian the package is called chromium."""
PATIENCE_SECONDS: Final = 60
_KEYS: Final = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}


@dataclass
class Browser:
    """One tab. `requests`, `messages` and `errors` are those since the page was opened."""

    connection: ClientConnection
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _sent: int = 0

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and return what it returns."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        self.connection.send(json.dumps(message))
        while True:
            answer = self._receive()
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])

    def open(self, path: Path) -> None:
        """Open a file, and wait until it is there."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.requests.clear()
        self.errors.clear()
        self.send("Page.navigate", url=path.as_uri())
        while self._receive().get("method") != "Page.loadEventFired":
            pass

    def run(self, code: str) -> Any:
        """The value of an expression in JavaScript."""
        answer = self.send(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key and let go of it."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        code = _KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
        common = {"key": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type text where the focus is."""
        self.send("Input.insertText", text=text)

    def look(self, width: int, height: int = 900, *, colours: str = "light") -> None:
        """Look through a window of this size, of somebody who prefers these colours."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": colours}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def save_picture(self, path: Path, *, is_whole: bool = False) -> None:
        """Save what is seen as a PNG, or all of the page."""
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(timeout=PATIENCE_SECONDS))
        parameters = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(str(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if parameters["type"] == "error":
                self.errors.append(str(parameters["args"]))
            case "Log.entryAdded":
                self.errors.append(str(parameters["entry"]))
        return message


@contextmanager
def start_browser(folder: Path) -> Iterator[Browser]:
    """A browser that keeps everything in `folder`."""
    assert PROGRAM
    options = ["--headless=new", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    process = subprocess.Popen(
        [
            PROGRAM,
            *options,
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(_find_tab(folder), max_size=None) as connection:
            browser = Browser(connection)
            yield browser
            browser.send("Browser.close")
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _find_tab(folder: Path) -> str:
    """The address of the tab. The browser writes its port into a file when it is ready."""
    ends = time.monotonic() + PATIENCE_SECONDS
    file = folder / "DevToolsActivePort"
    while time.monotonic() < ends:
        if file.exists() and (text := file.read_text(encoding="utf-8")):
            port = text.split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = [each for each in json.load(answer) if each["type"] == "page"]
            if tabs:
                return str(tabs[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise TimeoutError("Chromium did not start")
