"""Places of values in YAML, found in the nodes that libyaml composes."""

from collections.abc import Iterable
from typing import Any

from pipelines.documents.field_path import FieldPath
from pipelines.documents.places import Lines, Place


class NodePlaces:
    """The places of many fields below the node `root`, found in time linear in both."""

    def __init__(self, text: str, root: Any) -> None:
        self._root = root
        self._lines = Lines(text)
        self._children: dict[int, dict[str | int, Any]] = {}

    def find(self, path: FieldPath) -> Place:
        """Where the value at `path` begins. An absent one is placed where its parent begins."""
        node = self._root
        for step in path:
            child = self._list_children(node).get(step)
            if child is None:
                break
            node = child
        return self._lines.find_place(node.start_mark.index if node else 0)

    def _list_children(self, node: Any) -> dict[str | int, Any]:
        children = self._children.get(id(node))
        if children is None:
            children = {}
            if node.id == "mapping":
                children = {key.value: _last((key, value)) for key, value in node.value}
            elif node.id == "sequence":
                children = dict(enumerate(_last((node, item)) for item in node.value))
            self._children[id(node)] = children
        return children


def _last(nodes: Iterable[Any]) -> Any:
    """The node that begins last.

    Usually that is the value. But an alias is composed into the node of its anchor, which stands
    further up. Then the key or the list is closer to the alias.
    """
    return max(nodes, key=lambda node: node.start_mark.index)
