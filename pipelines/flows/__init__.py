"""Prefect, and nothing else: the same jobs as flows, with every step as a task."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Prefect finds a flow by its name here. It is loaded only when it is asked for."""
    if not name.startswith("_"):
        from pipelines.flows.flow import FLOWS

        if name in FLOWS:
            return FLOWS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
