"""Bad data is a failure. Bad code stops the run."""

import polars as pl
import pytest
from pandera.config import ValidationDepth, config_context

from pipelines.errors import SchemaMismatchError
from pipelines.tables.validation import check_rows, find_failures
from schemas.files import FILES


def files(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(FILES.columns) | row for row in rows], schema=FILES.dtypes)


@pytest.mark.parametrize(
    "frame",
    [
        files({"source_path": "a", "status": "loaded"}).drop("reason"),
        files({"source_path": "a", "status": "loaded"}).with_columns(extra=pl.lit(1)),
        files({"source_path": "a", "status": "loaded"}).cast({"size_bytes": pl.String}),
        files({"source_path": "a", "status": "loaded"}).select(*reversed(list(FILES.columns))),
        files({"source_path": "a", "status": "loaded"}, {"source_path": "a", "status": "ignored"}),
    ],
    ids=["missing", "extra", "mistyped", "disordered", "repeated key"],
)
def test_a_frame_that_is_not_the_table_stops_the_run(frame: pl.DataFrame) -> None:
    with pytest.raises(SchemaMismatchError, match=r"^files: "):
        find_failures(frame, FILES)


def test_a_row_of_ours_that_breaks_a_rule_stops_the_run() -> None:
    with pytest.raises(SchemaMismatchError, match="broken by our own rows"):
        check_rows(files({"source_path": "a", "status": "loaded", "size_bytes": -1}), FILES)


def test_no_setting_of_pandera_switches_rules_off() -> None:
    wrong = files({"source_path": "a", "status": "loaded", "size_bytes": -1})
    with config_context(validation_enabled=False, validation_depth=ValidationDepth.SCHEMA_ONLY):
        assert find_failures(wrong, FILES)["rule"].to_list() == ["is_not_negative"]
