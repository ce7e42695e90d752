"""The application, and the options that commands share."""

import inspect
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import click
import typer

from pipelines.errors import UsageError
from pipelines.processes.log_format import FORMAT_OPTION, FORMAT_VARIABLE
from pipelines.runs.job import Job, list_options
from pipelines.runs.options import Offered
from pipelines.warehouse.metrics_file import METRICS_VARIABLE, check_metrics_file

C = TypeVar("C", bound=Callable[..., None])

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Start with `matterhouse inspect` and `matterhouse build`, then look with "
        "`matterhouse status`, `matterhouse rejects` and `matterhouse query`."
    ),
)


def print_version(is_asked: bool) -> None:
    """Print the version of what is installed, and end."""
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"matterhouse {version('matterhouse')}")
        raise typer.Exit


LogFormatOption = Annotated[
    Literal["text", "json"],
    typer.Option(
        FORMAT_OPTION,
        envvar=FORMAT_VARIABLE,
        help="How messages and log lines are written to standard error: as text, or as one JSON "
        "object a line.",
    ),
]
"""It counts before the command line is read: see `pipelines.processes.log_format`."""


@app.callback()
def main(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=print_version, help="Print the version."),
    ] = False,
    _log_format: LogFormatOption = "text",
) -> None:
    """Turn an archive of front-matter files into Parquet tables that people trust."""


class TableName(click.ParamType):
    """The name of a table. The tables are loaded only when a name is checked or listed."""

    name = "table"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        names = self.list_names()
        if value not in names:
            self.fail(f'found "{value}", expected one of {", ".join(names)}', param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return f"[{'|'.join(self.list_names())}]"

    def list_names(self) -> list[str]:
        """The names that are accepted."""
        from schemas.language.registry import load_tables

        return list(load_tables())


class FlowName(TableName):
    """The name of a flow that can be run by hand."""

    name = "flow"

    def list_names(self) -> list[str]:
        from schemas.language.registry import list_derived

        return ["ingest", *list_derived()]


class Line(click.ParamType):
    """A text. An environment variable has one on each line, since a text may contain spaces."""

    name = "text"
    envvar_list_splitter = "\n"


def takes_options(options: Iterable[Offered]) -> Callable[[C], C]:
    """Give a command these options of a job. It gets their values as keyword arguments."""
    generated = [
        inspect.Parameter(
            offered.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=offered.default,
            annotation=Annotated[offered.option.type, make_option(offered)],
        )
        for offered in options
    ]

    def decorate(command: C) -> C:
        written = inspect.signature(command).parameters.values()
        own = [each for each in written if each.kind is not inspect.Parameter.VAR_KEYWORD]
        required = [each for each in own if each.default is inspect.Parameter.empty]
        optional = [each for each in own if each.default is not inspect.Parameter.empty]
        signature = inspect.Signature([*required, *generated, *optional])
        setattr(command, "__signature__", signature)  # noqa: B010  # mypy knows no such attribute.
        command.__annotations__ = {
            name: each.annotation for name, each in signature.parameters.items()
        }
        return command

    return decorate


def make_option(offered: Offered, **settings: Any) -> Any:
    """An option of a job as Typer has it, with more `settings`."""
    described = offered.option
    if described.envvar and described.type == list[str] | None:
        settings["click_type"] = Line()
    is_undecided = described.type == bool | None
    return typer.Option(
        f"{offered.flag}/--no-{offered.flag.removeprefix('--')}" if is_undecided else offered.flag,
        help=offered.help,
        metavar=described.metavar,
        envvar=described.envvar,
        min=described.minimum,
        max=described.maximum,
        **settings,
    )


def read_job(name: str, parameters: dict[str, Any]) -> Job:
    """The job that was asked for.

    Raises:
        click.BadParameter: A value makes no sense. Exit code 2.
    """
    try:
        return Job.read(name, parameters)
    except UsageError as error:
        hint = f"'{error.flag}'" if error.flag else None
        context = click.get_current_context()
        raise click.BadParameter(error.problem, context, param_hint=hint) from error


def check_number(value: float | None) -> float | None:
    """Refuse NaN, which passes every range. None was not given."""
    if value is not None and math.isnan(value):
        raise typer.BadParameter("found nan, expected a number")
    return value


def use_metrics_file(file: str | None) -> str | None:
    """Tell this process, and those below it, where figures go."""
    if file:
        try:
            os.environ[METRICS_VARIABLE] = str(check_metrics_file(file).absolute())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    return file


def refuse_together(**given: bool) -> None:
    """Refuse options that exclude each other if more than one is given."""
    flags = [f"--{name}" for name, is_given in given.items() if is_given]
    if len(flags) > 1:
        raise typer.BadParameter(f"{' and '.join(flags)} exclude each other")


def read_folder(text: str) -> Path:
    """A folder. An empty path comes from a variable that is not set."""
    if not str(text).strip():
        raise typer.BadParameter("found nothing, expected a folder")
    return Path(text)


OFFERED = {offered.name: offered for offered in list_options()}
DEFAULT_RAW = str(OFFERED["raw"].default)
RAW_VARIABLE = OFFERED["raw"].option.envvar
DEFAULT_WAREHOUSE = Path(OFFERED["warehouse"].default)

WarehouseOption = Annotated[Path, make_option(OFFERED["warehouse"], parser=read_folder)]
WaitOption = Annotated[float, make_option(OFFERED["wait_seconds"], callback=check_number)]
SnapshotOption = Annotated[
    int | None, typer.Option("--snapshot", help="Read this snapshot; the current one by default.")
]
ConfigOption = Annotated[str | None, make_option(OFFERED["config"])]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
MetricsOption = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="FILE",
        envvar=METRICS_VARIABLE,
        callback=use_metrics_file,
        help="Write figures for Prometheus into this file at the end of the run. Its name must end "
        "in .prom. By default the file of [metrics] in matterhouse.toml, if there is one.",
    ),
]
TableOption = Annotated[
    str | None,
    typer.Option("--table", click_type=TableName(), help="Only findings of this table."),
]
