"""relink: what DuckDB cannot do is said in one line."""

import shutil
from pathlib import Path

from tests.conftest import Archive, Run


def test_a_path_that_duckdb_cannot_write_is_named(
    run: Run, varied: Archive, tmp_path: Path
) -> None:
    # DuckDB takes what comes after a question mark for options of the file.
    folder = tmp_path / "what?"
    shutil.copytree(varied.warehouse.root, folder / "warehouse", symlinks=True)
    outcome = run("relink", "--warehouse", str(folder / "warehouse"))
    assert outcome.code == 1
    assert "/snapshots/000001/warehouse.duckdb: DuckDB cannot write it: " in outcome.err
    assert "Traceback" not in outcome.err
