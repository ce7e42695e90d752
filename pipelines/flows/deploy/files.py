"""The files by name: what each is for, and its text for one warehouse."""

import os
import re
import shlex
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import pipelines
from pipelines.flows.allowed import ALLOWED_VARIABLE, list_folders
from pipelines.flows.deploy.quoting import (
    escape_unit,
    quote_compose,
    quote_unit,
    quote_unit_command,
)
from pipelines.flows.deploy.site import LOOPBACK, Site, find_program

POOL: Final = "matterhouse"
SCRATCH: Final = (Path("/tmp"), Path("/var/tmp"))
"""Folders that a unit may have for itself, and then does not see those of others."""
_MARK: Final = re.compile("@([a-z_]+)@")


class Kind(NamedTuple):
    """A file that can be printed: what it is for, and what fills its template."""

    purpose: str
    fill: Callable[[Site], dict[str, str]]


def render_file(name: str, site: Site) -> str:
    """The text of the file `name`."""
    again = shlex.join(["matterhouse", "deploy", name, *site.list_deploy()])
    return _fill(name, {**KINDS[name].fill(site), "again": again})


def _fill(template: str, values: dict[str, str]) -> str:
    text = files(__package__).joinpath("templates", template).read_text(encoding="utf-8")
    return _MARK.sub(lambda mark: values[mark[1]], text)


def _fill_prefect_yaml(site: Site) -> dict[str, str]:
    # Loads Prefect.
    from pipelines.flows.deploy.prefect_yaml import render_deployments

    return {
        "pool": POOL,
        "allowed": f"{ALLOWED_VARIABLE}={shlex.quote(_join_allowed(site))}",
        "prefect_version": _find_version("prefect"),
        "deployments": render_deployments(site.serving),
    }


def _join_allowed(site: Site) -> str:
    """The folders that runs may use, as the variable has them."""
    return os.pathsep.join(map(str, list_folders(site.job)))


def _find_version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def _fill_unit(name: str, site: Site) -> dict[str, str]:
    """What all units have in common."""
    folders = (site.warehouse, *map(Path, site.raw))
    is_scratch = any(folder.is_relative_to(each) for folder in folders for each in SCRATCH)
    return {
        "unit": f"{name}{site.suffix}",
        "user": site.user,
        "title": escape_unit(str(site.warehouse)),
        "writable": quote_unit(str(site.warehouse)),
        "hardening": _fill("hardening", {"private_tmp": "no" if is_scratch else "yes"}).rstrip(),
    }


def _fill_server(site: Site) -> dict[str, str]:
    return {
        **_fill_unit("matterhouse-server", site),
        "prefect": quote_unit_command([find_program("prefect")]),
        "ui_url": quote_unit(site.ui_url),
        "host": site.host,
        "port": str(site.port),
    }


def _fill_serve(site: Site) -> dict[str, str]:
    return {
        **_fill_unit("matterhouse-serve", site),
        "serve": quote_unit_command([find_program("matterhouse"), *site.list_serve()]),
        "api_url": quote_unit(site.api_url),
    }


def _fill_worker(site: Site) -> dict[str, str]:
    command = [find_program("prefect"), "worker", "start", "--pool", POOL]
    return {
        **_fill_unit("matterhouse-worker", site),
        "worker": quote_unit_command(command),
        "api_url": quote_unit(site.api_url),
        "allowed": quote_unit(f"{ALLOWED_VARIABLE}={_join_allowed(site)}"),
    }


def _fill_build(site: Site) -> dict[str, str]:
    command = quote_unit_command([find_program("matterhouse"), *site.list_build()])
    return {**_fill_unit("matterhouse-build", site), "build": command}


def _fill_compose(site: Site) -> dict[str, str]:
    inputs = [*site.raw, *([str(site.config)] if site.config else [])]
    mounts = [*(_mount(each, is_input=True) for each in inputs)]
    mounts.append(_mount(str(site.warehouse), is_input=False))
    user, group = site.owner
    return {
        "source": quote_compose(str(find_clone())),
        "dockerfile": quote_compose(str(Path.cwd() / "Dockerfile")),
        "uid": str(user),
        "gid": str(group),
        "serve": quote_compose(["matterhouse", *site.list_serve()]),
        "api_url": quote_compose(site.api_url),
        "ui_url": quote_compose(site.ui_url),
        "published": quote_compose(f"{_publish(site.host)}:{site.port}:4200"),
        "volumes": "\n".join(f"      - {each}" for each in mounts),
    }


def _publish(host: str) -> str:
    """The address as Docker takes it: a number, in brackets if it has colons."""
    number = LOOPBACK if host == "localhost" else host
    return f"[{number}]" if ":" in number else number


def find_clone() -> Path:
    """The clone that this code is of; the working folder if it was installed in another way."""
    above = Path(pipelines.__file__).parent.parent
    return above if (above / "pyproject.toml").exists() else Path.cwd()


def _mount(path: str, *, is_input: bool) -> str:
    """A place that has the same path inside and outside."""
    place = {"type": "bind", "source": path, "target": path, "read_only": is_input}
    return quote_compose(place)


KINDS: Final = {
    "matterhouse-server.service": Kind("systemd: the Prefect server", _fill_server),
    "matterhouse-serve.service": Kind("systemd: builds on a schedule, with Prefect", _fill_serve),
    "matterhouse-worker.service": Kind(
        "systemd: a worker for the deployments of prefect.yaml", _fill_worker
    ),
    "matterhouse-build.service": Kind("systemd: one build, without Prefect", _fill_build),
    "matterhouse-build.timer": Kind(
        "systemd: starts that build every hour", lambda site: _fill_unit("matterhouse-build", site)
    ),
    "prefect.yaml": Kind("Prefect: deployments for a process work pool", _fill_prefect_yaml),
    "compose.yaml": Kind("Docker: server, PostgreSQL and serve", _fill_compose),
    "Dockerfile": Kind("Docker: the image that compose.yaml builds", lambda _: {}),
}
