"""The queries that the page of the catalog offers for pandas and Spark run as they are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def read_query(matterhouse: Callable[..., str], warehouse: Path, engine: str) -> str:
    facts = json.loads(matterhouse("catalog", "--json", "--warehouse", str(warehouse)))
    (query,) = [each["text"] for each in facts["queries"] if each["engine"] == engine]
    return str(query)


def test_the_query_for_pandas_runs(
    matterhouse: Callable[..., str], warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pandas", reason="the readers have their own environment")
    exec(read_query(matterhouse, warehouse, "pandas"), {})
    assert "2024-03" in capsys.readouterr().out


def test_the_query_for_spark_runs(
    matterhouse: Callable[..., str],
    warehouse: Path,
    spark: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spark
    exec(read_query(matterhouse, warehouse, "Spark"), {})
    assert "|        2024-03|" in capsys.readouterr().out
