"""The command that shows the settings in effect."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import click
import typer
from click.core import ParameterSource

from pipelines.cli.app import JsonOption, app, read_job, takes_options
from pipelines.mapping.built_in import CHOSEN_MAPPING
from pipelines.runs.job import Job, list_options
from pipelines.runs.options import Offered
from pipelines.warehouse.layout import SETTINGS_NAME
from pipelines.warehouse.metrics_file import METRICS_VARIABLE

if TYPE_CHECKING:
    from pipelines.settings.effective import Effective, Given, Keys

_PLACES: Final = ("warehouse", "raw")
"""Options of a build that matterhouse.toml cannot set, since it lies beside the raw folder."""
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "include": ("include",),
    "exclude": ("exclude",),
    "mapping": ("base",),
    "keep": ("retention", "keep"),
    "days": ("retention", "days"),
}
"""The keys of the file that options come before."""
_OFFERED: Final = [
    each for each in list_options("build") if each.name in (*_PLACES, *_KEYS, "config")
]


@app.command(short_help="Show the settings in effect, and where each comes from.")
@takes_options(each.without_effect() for each in _OFFERED)
def config(
    idle: Annotated[
        bool,
        typer.Option(
            "--idle", help="Look at the posts, too, and name settings that do nothing for them."
        ),
    ] = False,
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Show the settings in effect for a build with these options, and where each comes from.

    Prints a matterhouse.toml to be copied, in which comments are what is not set. Exit code 1 if
    the file of settings makes no sense.
    """
    from pipelines.cli.console import print_error, print_json, print_line
    from pipelines.errors import SettingsError
    from pipelines.runs.limits import Limits
    from pipelines.settings.effective import list_effective
    from pipelines.settings.stored import locate_settings

    job = read_job("build", options)
    path = locate_settings(job.config, job.raw)
    given = dict(_list_given(job))
    try:
        is_operating_only = job.mapping != CHOSEN_MAPPING
        found = list_effective(path, given, asdict(Limits()), is_operating_only=is_operating_only)
    except SettingsError as error:
        for line in str(error).split("\n"):
            print_error(line)
        raise typer.Exit(1) from error
    found = _recall_globs(job, found)
    useless = list(_list_idle(job)) if idle else []
    if json:
        print_json(_name_settings(job, path, found, useless if idle else None))
        return
    for line in _render(job, path, found).splitlines():
        print_line(line)
    for line in useless:
        print_error(line)


def _list_given(job: Job) -> "Iterator[tuple[Keys, Given]]":
    """What comes before the file of settings, and where it was said."""
    from pipelines.settings.effective import Given

    for offered in _OFFERED:
        origin = _find_origin(offered)
        if offered.name in _KEYS and origin and getattr(job, offered.name) != CHOSEN_MAPPING:
            value = getattr(job, offered.name)
            said = list(value) if isinstance(value, tuple) else value
            yield _KEYS[offered.name], Given(said, origin)
    if file := os.environ.get(METRICS_VARIABLE):
        yield ("metrics", "file"), Given(file, METRICS_VARIABLE)


def _recall_globs(job: Job, found: "list[Effective]") -> "list[Effective]":
    """`found` with the globs of the last build, if nothing else says which files count."""
    from pipelines.errors import WarehouseError
    from pipelines.runs.job_settings import remember_globs
    from pipelines.warehouse.warehouse import Warehouse

    globs = {each.path: each.value for each in found if each.path in (("include",), ("exclude",))}
    if any(globs.values()):
        return found
    try:
        current = Warehouse(job.warehouse).current()
        known = remember_globs(current.manifest) if current else None
    except WarehouseError:
        return found
    if current is None or not known:
        return found
    origin = f"the last build, snapshot {current.number}"
    values: dict[Keys, list[str]] = {
        ("include",): list(known.include),
        ("exclude",): list(known.exclude),
    }
    return [
        each._replace(value=values[each.path], origin=origin) if values.get(each.path) else each
        for each in found
    ]


def _find_origin(offered: Offered) -> str | None:
    """The option or the variable that says a value; None if it is a default."""
    match click.get_current_context().get_parameter_source(offered.name):
        case ParameterSource.COMMANDLINE:
            return offered.flag
        case ParameterSource.ENVIRONMENT:
            return offered.option.envvar
        case _:
            return None


def _list_idle(job: Job) -> Iterator[str]:
    """A line for each setting that does nothing for the posts of the archive."""
    from pipelines.cli.console import show_progress
    from pipelines.processes.workers import Workers
    from pipelines.reports.inspection import MOST_FILES, inspect_archive

    with Workers() as workers, show_progress() as on_progress:
        facts = inspect_archive(job, workers, on_progress, MOST_FILES)
    for each in (facts["settings"] or {}).get("idle", ()):
        meant = f"; is {each['meant']} meant?" if each["meant"] else ""
        yield f"{each['setting']} does nothing: {each['problem']}{meant}"


def _render(job: Job, path: Path | None, found: "list[Effective]") -> str:
    from pipelines.reports.commands import shorten_path
    from pipelines.reports.text import escape_text
    from pipelines.settings.rendering import Line, render_lines, render_value

    head = [
        "# The settings in effect. Comments are what is not set: the default, if there is one.",
        f"# {f'{shorten_path(path)}, and what comes before it' if path else _NO_FILE}",
    ]
    for offered in _OFFERED:
        if offered.name in _PLACES:
            value = render_value(str(getattr(job, offered.name)))
            head.append(f"# {offered.name} = {value}  # {_find_origin(offered) or 'default'}")
    lines = [
        Line(each.path, each.value, escape_text(_describe_origin(each)), each.origin is not None)
        for each in found
    ]
    return render_lines(lines, "\n".join(head))


_NO_FILE: Final = f"No {SETTINGS_NAME} was found beside the raw folder, or in the working folder."


def _describe_origin(setting: "Effective") -> str:
    from pipelines.reports.commands import shorten_path

    if setting.origin is not None:
        return shorten_path(setting.origin)
    return "not set" if setting.value is None else "default"


def _name_settings(
    job: Job, path: Path | None, found: "list[Effective]", idle: list[str] | None
) -> Mapping[str, Any]:
    """The same for machines."""
    return {
        "file": path and str(path),
        **{
            each.name: {"value": str(getattr(job, each.name)), "origin": _find_origin(each)}
            for each in _OFFERED
            if each.name in _PLACES
        },
        "settings": [
            {"setting": each.name, "value": each.value, "origin": each.origin} for each in found
        ],
        **({} if idle is None else {"idle": idle}),
    }
