"""The form that Prefect shows for a flow."""

from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema

from pipelines.flows.flow import FLOWS


def describe(name: str) -> dict[str, Any]:
    """What the form knows of each parameter."""
    return parameter_schema(FLOWS[name].fn).properties


@pytest.mark.parametrize("name", FLOWS)
def test_every_parameter_is_explained(name: str) -> None:
    assert all(each["description"] for each in describe(name).values())


def test_a_number_has_its_bounds_and_a_name_its_choices() -> None:
    form = describe("build")
    assert form["mapping"]["enum"] == ["auto", "everyday", "web"]
    assert '"minimum": 0' in str(form["max_reject_share"]).replace("'", '"')
    assert "'maximum': 1" in str(form["max_reject_share"])


def test_a_month_is_a_month() -> None:
    form = describe("articles")
    assert "pattern" in str(form["months"])
    assert "pattern" in str(form["since"])
