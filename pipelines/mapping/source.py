"""Sources: where a post says what a column holds, and how that text is reshaped."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from schemas.language.shape import Value

PLACE: Final = "@"
"""With it begin the names of what is no key, like `@heading`."""
PLACES: Final = {
    "@path": "path below the raw folder",
    "@folder": "name of the folder",
    "@slug": "name of the file without date and extension; for an index that of its folder",
    "@name": "the same as words",
    "@suffix": "language at the end of the file name, like fr in about.fr.md",
    "@heading": "first heading of the body",
    "@body": "the body",
    "@excerpt": "the body above <!-- more -->",
}
"""Where else than in a key a value may stand."""

INVERSE: Final = "!"
_SLOT: Final = re.compile(r"\{(\w*)\}")
_WHOLE_ADDRESS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|//)")


class Source(NamedTuple):
    """Where the value of a column may come from: a key or a place of `PLACES`, or a constant.

    A key may stand in a mapping, like `extra.team`. Its capitals do not matter. Each text that is
    found becomes what `pattern` finds in it, that goes into the slots of `template`, and `prefix`
    comes before what is no whole address. `split` are the texts between the names of a list.

    `is_inverse` is for flags that say the opposite. `fields` are, for images and links, the keys
    of each item by the keys of the tables: inside of it, or beside it if it is a text.
    """

    key: str = ""
    constant: str | None = None
    pattern: str | None = None
    template: str | None = None
    prefix: str | None = None
    split: tuple[str, ...] = ()
    is_inverse: bool = False
    fields: Mapping[str, str] = {}

    @property
    def is_whole(self) -> bool:
        """Whether the column holds all that the key says, so `extra` need not."""
        return self.pattern is None

    @property
    def is_place(self) -> bool:
        """Whether it is no key of the front matter."""
        return not self.key or self.key.startswith(PLACE)

    def reshape(self, value: Value) -> Value:
        """What becomes of a value; None if the pattern is not found. Mappings stay as they are."""
        if isinstance(value, list):
            return [each for each in map(self.reshape, value) if each is not None]
        if not isinstance(value, str):
            return value
        text: str | None = value
        if self.pattern is not None:
            text = self._fill(value)
        elif self.template is not None and value.strip():
            text = _SLOT.sub(lambda _: value.strip(), self.template)
        return text if text is None or self.prefix is None else add_prefix(self.prefix, text)

    def _fill(self, value: str) -> str | None:
        """What the pattern finds, in the slots of the template."""
        found = re.search(self.pattern or "", value)
        if found is None:
            return None
        whole = (found[1] if found.re.groups else found[0]) or ""
        if self.template is None:
            return whole
        return _SLOT.sub(
            lambda slot: (_find_group(found, slot[1]) if slot[1] else whole) or "", self.template
        )


def add_prefix(prefix: str, address: str) -> str:
    """`address` below `prefix`, if it is no whole address and not empty."""
    text = address.strip()
    if not text or _WHOLE_ADDRESS.match(text):
        return address
    return f"{prefix.rstrip('/')}/{text.removeprefix('./').lstrip('/')}"


def name_sources(*texts: str) -> tuple[Source, ...]:
    """A source for each key or place. `!draft` is the opposite of the flag `draft`."""
    return tuple(
        Source(text.removeprefix(INVERSE), is_inverse=text.startswith(INVERSE)) for text in texts
    )


def describe_sources(sources: Iterable[Source]) -> str:
    """`sources` in the order in which they are tried, for people."""
    return ", ".join(
        f"{INVERSE if each.is_inverse else ''}{each.key}" if each.key else f'"{each.constant}"'
        for each in sources
    )


def check_slots(pattern: str | None, template: str) -> None:
    """Check that a template asks only for what there is.

    Raises:
        ValueError: It has a slot for a group that the pattern lacks, or no slot at all.
    """
    slots = _SLOT.findall(template)
    if not slots:
        raise ValueError(f'found "{template}", expected {{}} where the value goes')
    compiled = re.compile(pattern or "")
    groups = {"", "0", *map(str, range(1, compiled.groups + 1)), *compiled.groupindex}
    if unknown := sorted(set(slots) - groups):
        raise ValueError(f"found {{{unknown[0]}}}, but the pattern has no such group")


def _find_group(found: re.Match[str], name: str) -> str | None:
    return found[int(name)] if name.isdigit() else found[name]
