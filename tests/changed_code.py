"""A copy of the code, to be changed by tests."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import Archive

ROOT = Path(__file__).parent.parent
RUN_FLOW = """
import sys
from pathlib import Path
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
record = run_job(Job(sys.argv[1], Path(sys.argv[2]), sys.argv[3], jobs=1))
print({table: months for table, months in record.rewritten.items() if months})
"""


class Code:
    """A copy of the code, to be changed, and run in processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in ("pipelines", "schemas"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this code. Its folder is the working directory."""
        return {**os.environ, "PYTHONPATH": str(self.folder)}

    def change(self, module: str, old: str, new: str) -> None:
        path = self.folder / module
        # It does not matter how the formatter broke the lines.
        pattern = r"\s+".join(map(re.escape, old.split()))
        text, count = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"))
        assert count == 1, f"{module}: found {old!r} {count} times, expected it once"
        self.write(module, text)

    def write(self, module: str, text: str) -> None:
        (self.folder / module).write_text(text, encoding="utf-8")

    def run(self, flow: str, archive: Archive) -> dict[str, list[str]]:
        """The partitions that a run rewrites."""
        printed = self._python(RUN_FLOW, flow, str(archive.warehouse.root), str(archive.raw))
        rewritten: dict[str, list[str]] = ast.literal_eval(printed)
        return rewritten

    def call(self, *arguments: str) -> str:
        """What `matterhouse` prints."""
        return self._python("from pipelines.cli.main import main; main()", *arguments)

    def _python(self, program: str, *arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=self.environment,
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return process.stdout
