"""The table `[guards]` of matterhouse.toml: when a publish is refused."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from pipelines.settings.rule_names import check_any_rule
from pipelines.settings.strict import STRICT


def _check_allowance(allowed: float) -> float:
    if allowed < 0 or (allowed >= 1 and allowed != int(allowed)):
        raise ValueError(f"found {allowed:g}, expected a whole number, or a share below 1")
    return allowed


Share = Annotated[float, Field(ge=0, le=1)]
Allowance = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_check_allowance)]


class GuardSettings(BaseModel):
    """When a publish is refused, if no option says otherwise. None is the usual limit.

    `rules` are how many findings of a rule may be there: a number, or a share of the files.
    """

    model_config = STRICT

    max_reject_share: Share | None = None
    max_new_reject_share: Share | None = None
    max_delete_share: Share | None = None
    max_deletes: Annotated[int, Field(ge=0)] | None = None
    strict: bool | None = None
    rules: dict[Annotated[str, AfterValidator(check_any_rule)], Allowance] = {}
