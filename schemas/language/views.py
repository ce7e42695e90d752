"""The views: every file in schemas/views/ is one."""

from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

from schemas.language.view import View, parse_view

_FOLDER: Final = Path(__file__).parents[1] / "views"


@cache
def load_views() -> Mapping[str, View]:
    """Every view by its name, each after those that it reads.

    Raises:
        ValueError: A file does not say what a row is.
        CycleError: Views read each other.
    """
    paths = sorted(_FOLDER.glob("*.sql"))
    views = {each.stem: parse_view(each.stem, each.read_text(encoding="utf-8")) for each in paths}
    needs = {view.name: [name for name in views if view.reads(name)] for view in views.values()}
    return {name: views[name] for name in TopologicalSorter(needs).static_order()}
