"""The command that reads only rejected files again."""

from typing import Any

from pipelines.cli.app import JsonOption, app, read_job, takes_options
from pipelines.cli.writing import EngineOption, run_and_print
from pipelines.runs.job import list_options


@app.command(short_help="Read the files with errors again, and no others.")
@takes_options(list_options("replay"))
def replay(engine: EngineOption = "auto", json: JsonOption = False, **options: Any) -> None:
    """Read the raw files again that have errors now, rebuild what follows from it, and publish.

    Choose files by their errors, as with `matterhouse rejects`. All other files stay as they are,
    even if they changed. A file that is gone is taken out only if it is one of those chosen.
    """
    run_and_print(read_job("replay", options), engine, is_json=json)
