"""The parameters of a flow: the options of its job, with what the form of Prefect needs to know."""

from collections.abc import Iterator
from inspect import Parameter, Signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field

from pipelines.runs.job import list_options
from pipelines.runs.options import Offered, Option


def make_signature(name: str) -> Signature:
    """The parameters of the flow of the job `name`, with their bounds and choices."""
    return Signature([_make_parameter(each) for each in list_options(name)])


def describe_parameters(name: str) -> str:
    """What each parameter means, as a docstring, from where Prefect takes it."""
    lines = [f"    {each.name}: {each.help}" for each in list_options(name)]
    return "\n".join([f"{name}.", "", "Args:", *lines])


def _make_parameter(offered: Offered) -> Parameter:
    kind = Parameter.POSITIONAL_OR_KEYWORD
    annotation = _annotate(offered.option.type, offered.option)
    return Parameter(offered.name, kind, default=offered.default, annotation=annotation)


def _annotate(kind: Any, option: Option) -> Any:
    """The type of the values, with the limits of `option`. None and lists keep their shape."""
    if get_origin(kind) in (Union, UnionType):
        return Union[tuple(_annotate(each, option) for each in get_args(kind))]  # noqa: UP007
    if kind is NoneType:
        return None
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return list[_annotate(item, option)]  # type: ignore[misc]  # It is made at run time.
    if option.choices:
        return Literal[option.choices]
    limits = dict(_list_limits(kind, option))
    return Annotated[kind, Field(**limits)] if limits else kind


def _list_limits(kind: Any, option: Option) -> Iterator[tuple[str, Any]]:
    if kind in (int, float):
        yield "allow_inf_nan", False
        if option.minimum is not None:
            yield "ge", option.minimum
        if option.maximum is not None:
            yield "le", option.maximum
    elif kind is str and option.pattern:
        yield "pattern", f"^({option.pattern})$"
