"""Text from files is data for the terminal, for reports, for the disk and for the network."""

import json
import os
import re
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from pipelines.errors import RefusedError
from pipelines.reports.run_report import render_report
from pipelines.reports.text import escape_json, escape_text
from schemas.language.registry import load_tables
from tests.conftest import Archive, Run, post

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "CSI": "\x1b[2J\x1b[31m",
    "OSC": "\x1b]0;title\x07\x1b]8;;http://x\x1b\\",
    "DCS": "\x1bP+q\x1b\\",
    "C0": "".join(map(chr, range(0x20))),
    "DEL": "\x7f",
    "C1": "".join(map(chr, range(0x80, 0xA0))),
    "overrides": "\u202a\u202b\u202c\u202d\u202e",
    "isolates": "\u2066\u2067\u2068\u2069",
    "marks": "\u061c\u200e\u200f",
    "hidden": "\u00ad\u200b\u200c\u200d\u2060\ufeff\U000e0041",
    "line ends": "\x85\u2028\u2029",
}
EVIL = "".join(COMMANDS.values())


def obeyed(text: str) -> set[str]:
    """The characters of `text` that a terminal could obey."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")} - {
        "\n"
    }


@pytest.mark.parametrize("kind", COMMANDS)
def test_nothing_that_a_terminal_obeys_remains(kind: str) -> None:
    escaped = escape_text(f"a{COMMANDS[kind]}b")
    assert escaped.isprintable()
    assert escaped[0] + escaped[-1] == "ab"
    for each in COMMANDS[kind]:
        assert each.encode("unicode_escape").decode() in escaped or each == "\\"


def test_harmless_text_is_shown_as_it_is() -> None:
    text = "Ünï \u00a0 漢字 עברית 😀 e\u0301 'x' \"y\" \\n [b]"
    assert escape_text(text) == text


def test_json_is_escaped_and_says_the_same() -> None:
    value = {EVIL: [EVIL, "é😀\u00a0"]}
    text = escape_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert not obeyed(text)
    assert "é😀\u00a0" in text
    assert json.loads(text) == value


@pytest.fixture
def evil(archive: Archive) -> Archive:
    """An archive in which every name, key and value is a command; one post is rejected."""
    text = '"' + "".join(f"\\U{ord(each):08x}" for each in EVIL) + '"'
    name = re.sub("[\0/]", "", EVIL)
    item = f"{{url: '/', title: {text}, webUrl: /a, excerpt: {text}}}"
    change: dict[str, str | None] = {"title": text, "type": text, "excerpt": text}
    change |= {
        f"? {text}\n": text,
        "provider": f"{{name: {text}, domain: {text}}}",
        "topics": f"[{text}]",
    }
    change |= {"images": f"[{item}]", "related": f"[{item}, {{webUrl: {text}}}]"}
    archive.write(f"{name}/{name}.md", post(change, EVIL))
    broken = dict.fromkeys(("heat", "published", "webUrl", "publishedDateTime"), text)
    archive.write(f"{name}/broken.md", post(change | broken))
    archive.write(f"{name}/twice.md", f"---\n? {text}\n: 1\n? {text}\n: 2\n---\n")
    archive.write(f"{name}/tagged.md", "---\na: !%1b%5b2J%c2%9b31m x\n---\n")
    archive.write(f"{name}/.hidden", "")
    return archive


def test_no_command_prints_what_a_terminal_obeys(evil: Archive, run: Run) -> None:
    folder = str(evil.raw.relative_to(evil.raw.parent))
    shown = [run("build", "--jobs", "1", "--raw", folder)]
    assert shown[0].code == 0
    stray = evil.snapshot.folder / re.sub("[\0/]", "", EVIL)
    stray.write_text("")
    asked = [("query", f"SELECT * FROM {table}") for table in list(load_tables())]
    plain = [("status",), ("rejects", "--warnings"), *asked, ("diff",), ("snapshots",), ("schema",)]
    plain += [("verify",), ("query", f'SELECT 1 AS "{EVIL[1:]}"'), ("query", f"SELECT '{EVIL[1:]}")]
    plain += [("run", "articles"), ("diff", "1", "2"), ("build", "--strict"), ("build", "--full")]
    shown += [run(*arguments) for arguments in plain]
    stray.unlink()
    for outcome in shown:
        assert not obeyed(outcome.out + outcome.err)
    assert "\\x1b[2J" in "".join(outcome.out for outcome in shown)
    machines = [run(*arguments, "--json").out for arguments in [*plain[:2], *asked]]
    for out in machines:
        assert not obeyed(out)
    rows = [json.loads(out) for out in machines[2:]]
    for table, found in zip(list(load_tables()), rows, strict=True):
        expected = evil.rows(table)
        assert len(found) == expected.height
        key = "source_path" if "source_path" in expected.columns else "article_id"
        assert sorted(row[key] for row in found) == sorted(expected[key])
    (article,) = rows[list(load_tables()).index("articles")]
    assert article["title"] == EVIL


def test_text_of_files_cannot_leave_its_block_in_a_report_for_prefect(evil: Archive) -> None:
    evil.write("`x` <b>```.md", post({"title": None}))
    report = render_report(evil.job(), evil.run(), None)
    outside = "".join(report.split("```")[::2])
    assert re.fullmatch(r"[\w \n|:.,;*#+/`-]+", outside, re.ASCII)
    assert "<b>'''.md" in report
    assert not obeyed(report)


@pytest.mark.parametrize("mask", [0o077, 0o027, 0o022])
def test_files_respect_the_umask(archive: Archive, mask: int) -> None:
    before = os.umask(mask)
    try:
        archive.write("a.md", post({"images": "[{url: /a}]"}))
        archive.run()
        archive.write("b.md", post({"title": None}))
        archive.run("articles")
        with pytest.raises(RefusedError):
            archive.run(strict=True)
    finally:
        os.umask(before)
    paths = [path for path in archive.warehouse.root.rglob("*") if not path.is_symlink()]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert {path for path, mode in modes.items() if mode & mask} == set()
    parts = [path for path in paths if path.suffix == ".parquet"]
    assert {modes[path] for path in parts} == {0o444 & ~mask}
    kinds = {path.relative_to(archive.warehouse.root).parts[0] for path in paths}
    assert kinds == {"snapshots", "runs", "staging", ".lock"}


WATCH = """
import os, sys

WATCHED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request")

def watch(event, arguments):
    is_network = event in NAMES or (event in WATCHED and not isinstance(arguments[1], (str, bytes)))
    if is_network:
        with open(os.environ["WATCHED_CALLS"], "a") as calls:
            print(event, arguments[1:], file=calls)
        raise OSError("the network is blocked")

sys.addaudithook(watch)
"""


@pytest.fixture
def watched(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No Python process may use the network. If one tries, it leaves a line here."""
    (archive.raw.parent / "sitecustomize.py").write_text(WATCH)
    calls = archive.raw.parent / "calls"
    monkeypatch.setenv("WATCHED_CALLS", str(calls))
    monkeypatch.setenv("PYTHONPATH", f"{archive.raw.parent}:{ROOT}")
    monkeypatch.chdir(archive.raw.parent)
    return calls


def execute(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


COMMAND_LINES = """
import shlex, sys
from pipelines.cli.main import main

if __name__ == "__main__":
    codes = []
    for line in sys.argv[1:]:
        sys.argv = ["matterhouse", *shlex.split(line)]
        try:
            main()
            codes.append(0)
        except SystemExit as exit:
            codes.append(exit.code)
    print(*codes)
"""


def test_no_command_touches_the_network(archive: Archive, watched: Path) -> None:
    for number in range(4):
        # Enough for a worker, which is watched too.
        archive.write(f"{number}.md", post({"related": "[{webUrl: /a}]"}, "x" * 200_000))
    Path("command_lines.py").write_text(COMMAND_LINES)
    lines = ["build --jobs 1", "build --full --jobs 1", "run images", "status", "rejects", "diff 1"]
    lines += ["schema", "verify", "query 'SELECT * FROM articles'"]
    lines += ["query \"SELECT * FROM 'https://example.org/a.parquet'\""]
    process = execute("command_lines.py", *lines)
    assert process.stdout.splitlines()[-1] == "0 0 0 0 0 0 0 0 0 1", process.stderr
    assert not watched.exists()


@pytest.mark.parametrize(
    "call",
    [
        "socket.getaddrinfo('example.org', 80)",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
        "urllib.request.urlopen('http://127.0.0.1:9')",
    ],
)
@pytest.mark.usefixtures("archive")
def test_the_network_watch_notices_a_connection(watched: Path, call: str) -> None:
    process = execute("-c", f"import socket, urllib.request\n{call}")
    assert "the network is blocked" in process.stderr
    assert watched.read_text()


PREFECT = """
import os, sys

seen = []

def watch(event, arguments):
    if event == "import" and arguments[0] == "prefect" and not seen:
        seen.extend(os.environ.get(name) for name in NAMES)

NAMES = ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED")
sys.addaudithook(watch)
import pipelines.flows.serving
from prefect.settings import get_current_settings
print(*seen, get_current_settings().server.analytics_enabled)
"""


def test_prefect_is_set_to_contact_nobody_before_it_is_imported(
    watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    process = execute("-c", PREFECT)
    assert process.stdout.split() == ["1", "false", "False"], process.stderr
    assert not watched.exists()
