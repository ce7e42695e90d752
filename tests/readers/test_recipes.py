"""The program of the README for pandas runs, and so does the next step that most people take."""

import os
import re
import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

pandas = pytest.importorskip("pandas", reason="`make readers` has an environment with pandas")

ROOT = Path(__file__).parents[2]
PROGRAMS = re.findall(
    r"(?ms)^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", ["plain", "env=prod", "archive [old]"])
def test_months_can_be_compared_after_the_program_for_pandas(tmp_path: Path, name: str) -> None:
    warehouse = Path(os.environ.get("MATTERHOUSE_WAREHOUSE", ROOT / "warehouse"))
    shutil.copytree(warehouse, tmp_path / name / "warehouse", symlinks=True)
    (program,) = [code for code in PROGRAMS if "import pandas" in code]
    found: dict[str, Any] = {}
    with chdir(tmp_path / name):
        exec(program, found)
    articles = found["articles"]
    months = sorted({*articles["published_month"]})
    assert articles["published_month"].max() == months[-1]
    later = articles[articles.published_month > months[0]]
    assert {*later["published_month"]} == {*months[1:]}
    assert "env" not in articles.columns
