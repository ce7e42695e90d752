"""The front matter of one file in YAML, every value as the text that was written.

libyaml decides what the text of a value is. Nobody guesses its type here: every scalar stays the
text that was written, and only a plain null becomes None.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

import yaml
from yaml._yaml import CParser

from pipelines.documents.doubts import Doubts, FrontMatter
from pipelines.documents.field_path import FieldPath
from pipelines.documents.hints import find_hint
from pipelines.documents.limits import MAX_CHARACTERS, MAX_LEVELS, MAX_NODES, shorten
from pipelines.documents.places import Lines, Place
from pipelines.documents.repeats import Entry, Keys, Repeats
from pipelines.documents.yaml_places import NodePlaces
from pipelines.errors import FrontMatterError
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, RepeatedKeys
from schemas.language.shape import Value

NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

_END_PROBLEMS: Final = frozenset(
    {
        "could not find expected ':'",
        "found unexpected document indicator",
        "found unexpected end of stream",
    }
)
"""libyaml's problems with something that has no end. It may have begun hundreds of lines before."""
_CORE_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset(
    {None, "!", *(_CORE_TAG + name for name in ("str", "int", "float", "bool", "timestamp"))}
)
_NULL_TAG = _CORE_TAG + "null"


def read_yaml(
    text: str, secret_keys: Collection[str], repeated_keys: RepeatedKeys = "reject"
) -> FrontMatter:
    """The mapping that `text` holds, empty if it holds nothing, and what is in doubt.

    No error and no doubt shows anything from below one of the `secret_keys`.

    Raises:
        FrontMatterError: It is not YAML, not a mapping, or beyond a limit.
    """
    return _Reader(text, secret_keys, repeated_keys).read()


def locate_in_yaml(text: str, paths: Iterable[FieldPath]) -> dict[FieldPath, Place]:
    """Where the values of `paths` begin. An absent value is placed where its parent begins.

    `text` must be accepted by `read_yaml`. Otherwise it may be too deep for libyaml's
    composer.
    """
    places = NodePlaces(text, _Composer(text).get_single_node())
    return {path: places.find(path) for path in paths}


class _Composer(CParser):
    """Composes nodes without guessing the types of their values, which takes half of the time."""

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Called before a node is composed."""

    def ascend_resolver(self) -> None:
        """Called after a node is composed."""

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        """The tag of a node. Nobody asks for it."""
        return ""


class _Reader:
    """Builds values from the events of libyaml, and counts levels and nodes as they come.

    Composing first and counting later would be simpler. But libyaml's composer overflows the stack
    at 100,000 levels.
    """

    def __init__(
        self, text: str, secret_keys: Collection[str], repeated_keys: RepeatedKeys
    ) -> None:
        self._text = text
        self._secret_keys = secret_keys
        self._repeated_keys = repeated_keys
        self._secret_key = ""
        self._path: list[str | int] = []
        self._doubts = Doubts(text)
        self._repeats = Repeats(text, secret_keys, self._doubts)
        self._anchors: dict[str, _Anchor | None] = {}
        self._nodes = 0
        self._characters = 0
        self._deepest = 0

    def read(self) -> FrontMatter:
        try:
            self._parser = CParser(self._text)
            values = self._read_root()
        except yaml.reader.ReaderError as error:
            position = self._text.find(chr(error.character))
            problem = f"found the character U+{error.character:04X}"
            raise self._error("is_yaml", problem, "printable characters", position) from error
        except yaml.MarkedYAMLError as error:
            problem = ", ".join(part for part in (error.context, error.problem) if part)
            hint = find_hint(self._text, self._find_position(error), error.problem or "")
            raise self._error("is_yaml", problem, hint.expected, hint.position) from error
        return FrontMatter(values, self._doubts.list_all())

    def _read_root(self) -> dict[str, Value]:
        self._parser.get_event()
        if self._parser.check_event(yaml.StreamEndEvent):
            return {}
        self._parser.get_event()
        start = self._parser.peek_event()
        root = self._read_node(self._parser.get_event(), 1)
        self._parser.get_event()
        after = self._parser.get_event()
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._error("is_one_document", "found another document", "only one", after)
        if root is None:
            return {}
        if not isinstance(root, dict):
            raise self._error("is_mapping", f"found {describe_value(root)}", "a mapping", start)
        return root

    def _read_node(self, event: Any, level: int) -> Value:
        if isinstance(event, yaml.AliasEvent):
            return self._expand_alias(event, level)
        anchor = event.anchor
        if anchor is None:
            return self._read_content(event, level)
        if anchor in self._anchors:
            raise self._error(
                "is_yaml", f"found the anchor &{anchor} again", "each anchor once", event
            )
        self._anchors[anchor] = None
        self._doubts.add_anchor(
            event, *self._get_path(), is_text=isinstance(event, yaml.ScalarEvent)
        )
        nodes, characters, deepest = self._nodes, self._characters, self._deepest
        # Reset for a while to find the deepest level inside this value. Each alias of the value
        # adds as many levels below the place where it stands.
        self._deepest = level
        value = self._read_content(event, level)
        self._anchors[anchor] = _Anchor(
            value,
            nodes=self._nodes - nodes,
            characters=self._characters - characters,
            height=self._deepest - level,
        )
        self._deepest = max(self._deepest, deepest)
        return value

    def _read_content(self, event: Any, level: int) -> Value:
        self._count(event, level, nodes=1)
        if isinstance(event, yaml.ScalarEvent):
            return self._read_scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, frozenset({None, "!", _CORE_TAG + "seq"}))
            return self._read_items(level + 1)
        self._check_tag(event, frozenset({None, "!", _CORE_TAG + "map"}))
        return self._read_entries(level + 1)

    def _read_scalar(self, event: Any) -> str | None:
        text: str = event.value
        self._doubts.add_scalar(event, *self._get_path())
        if event.tag == _NULL_TAG or (event.tag is None and event.implicit[0]):
            if text in NULLS:
                return None
        elif event.tag not in _TEXT_TAGS:
            self._check_tag(event, _TEXT_TAGS)
        self._count(event, 1, characters=len(text))
        return text

    def _get_path(self) -> tuple[FieldPath, bool]:
        """Where the reader is, and whether that is secret. The path ends with the secret key."""
        path = tuple(self._path)
        if not self._secret_key:
            return path, False
        return path[: path.index(self._secret_key) + 1], True

    def _read_items(self, level: int) -> list[Value]:
        items: list[Value] = []
        while not isinstance(event := self._parser.get_event(), yaml.SequenceEndEvent):
            self._path.append(len(items))
            items.append(self._read_node(event, level))
            self._path.pop()
        return items

    def _read_entries(self, level: int) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        keys = Keys()
        while not isinstance(event := self._parser.get_event(), yaml.MappingEndEvent):
            key = self._read_key(event, level)
            begin = _find_begin(event)
            if key in entries:
                self._repeat(key, begin, keys.drop(key, entries[key], begin))
            keys.note(key, begin)
            outer = self._secret_key
            if not outer and key in self._secret_keys:
                self._secret_key = key
            self._path.append(key)
            entries[key] = self._read_node(self._parser.get_event(), level)
            self._path.pop()
            self._secret_key = outer
        return entries

    def _repeat(self, key: str, position: int, before: Entry) -> None:
        if self._repeated_keys == "reject":
            found = f'found the key "{key}" again'
            raise self._error(REPEATED_KEY_RULE, found, "each key once", position, key)
        self._repeats.add(key, tuple(self._path), self._secret_key, position, before)

    def _read_key(self, event: Any, level: int) -> str:
        """The text of a key. Even `null` is a name here, not a null."""
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                raise self._error(
                    "is_no_merge_key", "found a merge key", "the merged keys written out", event
                )
            self._path.append(event.value)
            self._doubts.add_key(event, *self._get_path())
            self._read_node(event, level)
            self._path.pop()
            return str(event.value)
        key = self._read_node(event, level)
        if not isinstance(key, str):
            found = f"found {describe_value(key)} as a key"
            expected = "text, or quotes around what begins with { or ["
            raise self._error("is_text_key", found, expected, event)
        return key

    def _expand_alias(self, event: Any, level: int) -> Value:
        name = event.anchor
        if name not in self._anchors:
            raise self._error("is_yaml", f"found the alias *{name}", "an anchor before it", event)
        anchor = self._anchors[name]
        self._doubts.use_anchor(name)
        if anchor is None:
            raise self._error("is_yaml", f"found *{name} inside &{name}", "no recursion", event)
        self._count(event, level + anchor.height, anchor.nodes, anchor.characters)
        return anchor.value

    def _count(self, event: Any, level: int, nodes: int = 0, characters: int = 0) -> None:
        self._nodes += nodes
        self._characters += characters
        self._deepest = max(self._deepest, level)
        if level > MAX_LEVELS:
            raise self._error(
                "is_within_levels", "found more levels", f"at most {MAX_LEVELS}", event
            )
        if self._nodes > MAX_NODES:
            raise self._error(
                "is_within_nodes", "found more nodes", f"at most {MAX_NODES:,}", event
            )
        if self._characters > MAX_CHARACTERS:
            expected = f"at most {MAX_CHARACTERS:,} with all aliases expanded"
            raise self._error("is_within_size", "found more characters", expected, event)

    def _check_tag(self, event: Any, allowed: frozenset[str | None]) -> None:
        if event.tag not in allowed:
            expected = "no tag, or quotes around a value that begins with !"
            raise self._error("is_untagged", f"found the tag {event.tag}", expected, event)

    def _find_position(self, error: yaml.MarkedYAMLError) -> int:
        """The place to show: where libyaml stopped, or where the thing without an end begins."""
        marks = [mark.index for mark in (error.problem_mark, error.context_mark) if mark]
        if error.problem in _END_PROBLEMS or marks[:1] == [len(self._text)]:
            marks.reverse()
        return next(iter(marks), 0)

    def _error(
        self, rule: str, problem: str, expected: str, at: Any, value: str | None = None
    ) -> FrontMatterError:
        index = at if isinstance(at, int) else _find_begin(at)
        place = Lines(self._text).find_place(index)
        if self._secret_key:
            problem = f"found something wrong inside {self._secret_key}"
            expected, value = "valid YAML", None
        return FrontMatterError(
            rule, shorten(problem), expected, line=place.line, column=place.column, value=value
        )


def _find_begin(event: Any) -> int:
    return int(event.start_mark.index)


class _Anchor(NamedTuple):
    """An anchored value, and what each alias to it costs."""

    value: Value
    nodes: int
    characters: int
    height: int


def describe_value(value: Value) -> str:
    """The kind of value, in words."""
    if value is None:
        return "null"
    return {str: "text", list: "a list", dict: "a mapping"}[type(value)]
