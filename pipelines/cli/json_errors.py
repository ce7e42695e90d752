"""How the command line ends if lines of JSON are asked for: each error is one line, too."""

from typing import Any, NoReturn

import click
import typer

from pipelines.errors import MatterhouseError, PipelineError
from pipelines.processes.json_lines import describe_failure, write_line
from pipelines.reports.advice import advise


def call_app(app: typer.Typer) -> NoReturn:
    """Run a command. Wrong usage is a line like other errors."""
    try:
        code = app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except click.ClickException as error:
        write_line(error.format_message(), "error", error="UsageError")
        raise SystemExit(error.exit_code) from error
    raise SystemExit(code or 0)


def write_error(error: BaseException, line: str | None) -> None:
    """Print an error as JSON. `line` explains it in words; None if it is a bug of ours."""
    if line is None:
        write_line(str(error), "critical", **describe_failure(error))
        return
    facts: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, PipelineError) and error.record:
        record = error.record
        facts |= {"run_id": record.run_id, "job": record.job, "status": record.status}
    if isinstance(error, MatterhouseError):
        line, facts["advice"] = str(error), advise(error)
    write_line(line, "error", **facts)
