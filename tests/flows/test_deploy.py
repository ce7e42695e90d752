"""The files that `matterhouse deploy` prints, without a server."""

import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipelines.cli.app import app
from pipelines.cli.commands import declare_commands
from pipelines.flows.deploy.files import KINDS
from tests.conftest import Archive, Run, post
from tests.flows.deploying import Program, read_steps, read_unit

ROOT = Path(__file__).parent.parent.parent
UNITS = [name for name in KINDS if name.endswith((".service", ".timer"))]
HOSTILE = "a b, 50% $HOME \\ 'x' \"y\" ø"
"""A folder that is hard to quote."""


@pytest.fixture(scope="module", autouse=True)
def _prefect() -> None:
    """Load Prefect before a test captures standard error, where Prefect writes from then on."""
    import pipelines.flows.deployments  # noqa: F401


@pytest.fixture
def hostile(tmp_path: Path) -> Archive:
    """A built archive in such a folder."""
    archive = Archive(tmp_path / HOSTILE)
    archive.write("a.md", post())
    archive.run()
    return archive


def deploy(run: Run, archive: Archive, *arguments: str) -> str:
    places = ("--raw", str(archive.raw), "--warehouse", str(archive.warehouse.root))
    outcome = run("deploy", *arguments, *places)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def read_command(words: list[str]) -> dict[str, Any]:
    """The values that a command of ours would get. It must take every word."""
    program, name, *arguments = words
    assert Path(program).name == "matterhouse"
    declare_commands(app)
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    return dict(command.make_context(name, arguments).params)


def read_compose(text: str) -> dict[str, Any]:
    """The services, as Docker reads them: two dollar signs are one."""
    services: dict[str, Any] = yaml.safe_load(text.replace("$$", "$"))["services"]
    return services


def test_without_a_name_all_files_are_listed(run: Run) -> None:
    printed = run("deploy").out
    assert all(name in printed and kind.purpose in printed for name, kind in KINDS.items())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("options", [[], ["--name", "second", "--timezone", "Europe/Oslo"]])
def test_systemd_has_nothing_to_say_about_the_units(
    run: Run, hostile: Archive, tmp_path: Path, options: list[str]
) -> None:
    paths = [tmp_path / name for name in UNITS]
    for path in paths:
        path.write_text(deploy(run, hostile, path.name, *options), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("unit", "command"), [("serve", "serve"), ("build", "build")])
def test_a_unit_gives_our_command_the_folders_as_they_are(
    run: Run, hostile: Archive, unit: str, command: str
) -> None:
    service = read_unit(deploy(run, hostile, f"matterhouse-{unit}.service", "--include", "*.md"))
    assert service.words[1] == command
    values = read_command(service.words)
    assert values["warehouse"] == str(hostile.warehouse.root)
    assert values["raw"] == str(hostile.raw)
    assert [*values["include"]] == ["*.md"]


def test_the_command_of_the_build_unit_builds(run: Run, hostile: Archive) -> None:
    service = read_unit(deploy(run, hostile, "matterhouse-build.service"))
    hostile.write("b.md", post())
    outcome = run(*service.words[1:])
    assert outcome.code == 0, outcome.err
    assert hostile.rows("articles").height == 2


def test_serve_gets_every_option_that_it_alone_takes(run: Run, hostile: Archive) -> None:
    asked = ("--cron", "0 3 * * *", "--interval", "15m", "--timezone", "Europe/Oslo")
    others = ("--name", "news", "--tag", "a", "--tag", "b", "--timeout", "60")
    unit = deploy(run, hostile, "matterhouse-serve.service", *asked, *others)
    values = read_command(read_unit(unit).words)
    assert [*values["cron"]] == ["0 3 * * *"]
    assert [*values["tag"]] == ["a", "b"]
    assert (values["interval"], values["timezone"]) == ("15m", "Europe/Oslo")
    assert (values["name"], values["timeout"]) == ("news", 60)


def test_a_work_pool_gets_the_schedules_of_the_settings(
    run: Run, archive: Archive, tmp_path: Path
) -> None:
    archive.raw.mkdir(exist_ok=True)
    (tmp_path / "matterhouse.toml").write_text(
        '[[schedules]]\njob = "images"\ncron = "0 5 * * 1"\ntime_zone = "Asia/Tokyo"\n'
        'options = { since = "2024-01" }\n',
        encoding="utf-8",
    )
    printed = deploy(run, archive, "prefect.yaml", "--interval", "15m")
    deployments = yaml.safe_load(printed)["deployments"]
    schedules = {each["entrypoint"]: each.get("schedules") for each in deployments[:2]}
    [quarter] = schedules["pipelines.flows.build"]
    assert (quarter["interval"], quarter["timezone"]) == (900, "UTC")
    assert schedules["pipelines.flows.images"] == [
        {"cron": "0 5 * * 1", "timezone": "Asia/Tokyo", "parameters": {"since": "2024-01"}}
    ]


def test_units_run_as_the_owner_of_the_warehouse(run: Run, hostile: Archive) -> None:
    owner = pwd.getpwuid(hostile.warehouse.root.stat().st_uid).pw_name
    for name in UNITS:
        text = deploy(run, hostile, name)
        assert name.endswith(".timer") or f"\nUser={owner}\n" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_a_warehouse_that_is_not_there_yet_belongs_to_who_owns_the_folder_above(
    run: Run, tmp_path: Path
) -> None:
    nobody = pwd.getpwnam("nobody")
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, nobody.pw_uid, nobody.pw_gid)
    below = str(above / "new" / "warehouse")
    printed = run("deploy", "matterhouse-serve.service", "--warehouse", below).out
    assert "\nUser=nobody\n" in printed


@pytest.mark.parametrize(
    ("url", "listens"),
    [
        ("http://10.0.0.7:4300/api", ["--host", "10.0.0.7", "--port", "4300"]),
        ("http://localhost/api", ["--host", "localhost", "--port", "4200"]),
        ("https://prefect.example.org/api", ["--host", "127.0.0.1", "--port", "4200"]),
    ],
)
def test_the_server_listens_where_it_is_asked_or_behind_a_proxy(
    run: Run, archive: Archive, url: str, listens: list[str]
) -> None:
    unit = read_unit(deploy(run, archive, "matterhouse-server.service", "--api", url))
    assert unit.words[1:] == ["server", "start", *listens]
    serve = read_unit(deploy(run, archive, "matterhouse-serve.service", "--api", url))
    assert serve.environment["PREFECT_API_URL"] == url


def test_units_of_a_second_warehouse_have_names_of_their_own(run: Run, archive: Archive) -> None:
    unit = deploy(run, archive, "matterhouse-serve.service", "--name", "second")
    assert "/etc/systemd/system/matterhouse-serve-second.service" in read_steps(unit)[0]
    assert read_unit(unit).environment["PREFECT_HOME"] == "/var/lib/matterhouse-serve-second"
    assert "StateDirectory=matterhouse-serve-second\n" in unit


def test_a_file_says_how_it_is_printed_again(run: Run, hostile: Archive) -> None:
    asked = (
        "--cron",
        "0 3 * * *",
        "--timezone",
        "Europe/Oslo",
        "--api",
        "http://10.0.0.7:4300/api",
    )
    for name in (*UNITS, "compose.yaml"):
        printed = deploy(run, hostile, name, *(asked[2:] if name.endswith(".timer") else asked))
        words = shlex.split(read_steps(printed)[0])
        end = next(place for place, word in enumerate(words) if word in ("|", ">"))
        assert run(*words[1:end]).out == printed


def test_the_settings_of_an_archive_are_named_and_its_archives_mounted(
    run: Run, archive: Archive, tmp_path: Path
) -> None:
    settings = tmp_path / "matterhouse.toml"
    settings.write_text('[archives.blog]\nraw = "blog"\n', encoding="utf-8")
    (tmp_path / "blog").mkdir()
    warehouse = str(archive.warehouse.root)
    unit = run("deploy", "matterhouse-serve.service", "--config", str(settings)).out
    values = read_command(read_unit(unit).words)
    assert (values["config"], values["raw"]) == (str(settings), "raw")
    serve = read_compose(run("deploy", "compose.yaml", "--config", str(settings)).out)["serve"]
    assert {each["source"]: each["read_only"] for each in serve["volumes"]} == {
        str(tmp_path / "blog"): True,
        str(settings): True,
        warehouse: False,
    }


def test_containers_see_folders_where_the_machine_has_them(run: Run, hostile: Archive) -> None:
    services = read_compose(deploy(run, hostile, "compose.yaml"))
    serve = services["serve"]
    assert [(each["source"], each["target"], each["read_only"]) for each in serve["volumes"]] == [
        (str(hostile.raw), str(hostile.raw), True),
        (str(hostile.warehouse.root), str(hostile.warehouse.root), False),
    ]
    values = read_command(serve["command"])
    assert (values["warehouse"], values["raw"]) == (str(hostile.warehouse.root), str(hostile.raw))
    owner = hostile.warehouse.root.stat()
    assert serve["user"] == f"{owner.st_uid}:{owner.st_gid}"


def test_services_wait_for_what_they_need(run: Run, archive: Archive) -> None:
    services = read_compose(deploy(run, archive, "compose.yaml"))
    needs = {name: list(each.get("depends_on", ())) for name, each in services.items()}
    assert needs == {"postgres": [], "server": ["postgres"], "serve": ["server"]}
    assert all("healthcheck" in services[each] for names in needs.values() for each in names)
    assert {each["restart"] for each in services.values()} == {"unless-stopped"}


def find_compose() -> list[str] | None:
    """The command of Docker Compose, of either version; None if there is none."""
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if plugin.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.mark.skipif(not find_compose(), reason="Docker Compose is not installed")
def test_docker_compose_accepts_the_file(run: Run, hostile: Archive, tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(deploy(run, hostile, path.name), encoding="utf-8")
    command = [*(find_compose() or ()), "--file", str(path), "config"]
    others = {key: value for key, value in os.environ.items() if key != "POSTGRES_PASSWORD"}
    refused = subprocess.run(command, env=others, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "put it into .env" in refused.stderr
    done = subprocess.run(
        command,
        env=others | {"POSTGRES_PASSWORD": "secret"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Printed again, a dollar sign is doubled again.
    read = read_compose(done.stdout)
    assert read["serve"]["command"] == read_compose(path.read_text("utf-8"))["serve"]["command"]
    assert "prefect:secret@postgres" in str(read["server"]["environment"])


def test_the_image_holds_all_that_the_package_is_made_of(run: Run, archive: Archive) -> None:
    printed = deploy(run, archive, "Dockerfile")
    copied = [
        name
        for line in printed.splitlines()
        if line.startswith("COPY ")
        for name in line.split()[1:-1]
    ]
    assert {"pyproject.toml", "README.md", "requirements.lock", "pipelines", "schemas"} == {*copied}
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.slow
def test_an_installed_package_has_the_templates(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("pipelines", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    program = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    built = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    wheel = tmp_path / built.stdout.splitlines()[-1]
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    templates = "pipelines/flows/deploy/templates"
    assert {path.name for path in (tmp_path / "installed" / templates).iterdir()} == {
        path.name for path in (ROOT / templates).iterdir()
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["systemd"], 'found "systemd", expected one of matterhouse-server.service'),
        (["prefect.yaml", "--cron", "0 2 31 2 *"], "this time never comes"),
        (["matterhouse-build.timer", "--cron", "0 3 * * *"], "set OnCalendar in it"),
        (["compose.yaml", "--api", "here"], "expected one like http://127.0.0.1:4200/api"),
        (["compose.yaml", "--name", "../x"], "expected letters, digits, _ and -"),
        (["prefect.yaml", "--warehouse", "a\nb"], "control characters"),
        (["prefect.yaml", "--warehouse", "{{ x }}"], "control characters"),
    ],
)
def test_what_no_file_could_hold_is_wrong_usage(
    run: Run, arguments: list[str], message: str
) -> None:
    outcome = run("deploy", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in " ".join(outcome.err.split())


def test_machines_get_all_files_as_json(run: Run, archive: Archive) -> None:
    printed = json.loads(deploy(run, archive, "--json"))
    assert list(printed) == list(KINDS)
    assert printed["Dockerfile"] == deploy(run, archive, "Dockerfile")


def test_commands_of_prefect_in_comments_are_of_prefect(run: Run, archive: Archive) -> None:
    steps = read_steps(deploy(run, archive, "prefect.yaml"))
    programs = [next(word for word in shlex.split(step) if "=" not in word) for step in steps]
    assert programs == ["prefect"] * 3


def test_the_unit_of_a_worker_starts_it_as_the_file_of_its_deployments_says(
    run: Run, hostile: Archive
) -> None:
    *_, step = read_steps(deploy(run, hostile, "prefect.yaml"))
    assignment, _, *arguments = shlex.split(step)
    unit = read_unit(deploy(run, hostile, "matterhouse-worker.service"))
    assert unit.words == [str(Path(sys.executable).parent / "prefect"), *arguments]
    assert [f"{name}={value}" for name, value in unit.environment.items()].count(assignment) == 1


def test_a_service_is_read_as_systemd_reads_it() -> None:
    text = 'Environment=A=1 "B=2 3"\nEnvironment=C=4%%\nExecStart=/bin/x "a $$b" c%%d\n'
    assert read_unit(text) == Program(["/bin/x", "a $b", "c%d"], {"A": "1", "B": "2 3", "C": "4%"})
