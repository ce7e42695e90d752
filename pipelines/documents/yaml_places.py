"""Places of values in YAML, found in the nodes that libyaml composes."""

from typing import Any

from pipelines.documents.field_path import FieldPath
from pipelines.documents.places import Lines, Place


class NodePlaces:
    """The places of many fields below the node `root`, found in time linear in both."""

    def __init__(self, text: str, root: Any) -> None:
        self._root = root
        self._lines = Lines(text)
        self._entries: dict[int, dict[str, tuple[Any, Any]]] = {}

    def find(self, path: FieldPath) -> Place:
        """Where the value at `path` begins. An absent one is placed where its parent begins."""
        node = self._root
        for step in path:
            child = self._find_child(node, step)
            if child is None:
                break
            node = child
        return self._lines.find_place(node.start_mark.index if node else 0)

    def _find_child(self, node: Any, step: str | int) -> Any:
        if isinstance(step, int):
            has_item = node.id == "sequence" and step < len(node.value)
            return _find_last(node, node.value[step]) if has_item else None
        entry = self._list_entries(node).get(step)
        return _find_last(*entry) if entry else None

    def _list_entries(self, node: Any) -> dict[str, tuple[Any, Any]]:
        """The nodes of the keys and values of a mapping, by key."""
        if node.id != "mapping":
            return {}
        entries = self._entries.get(id(node))
        if entries is None:
            entries = self._entries[id(node)] = {entry[0].value: entry for entry in node.value}
        return entries


def _find_last(node: Any, value: Any) -> Any:
    """The node that begins last: `value`, or the key or the list that it stands in.

    Usually that is the value. But an alias is composed into the node of its anchor, which stands
    further up. Then the key or the list is closer to the alias.
    """
    return value if value.start_mark.index > node.start_mark.index else node
