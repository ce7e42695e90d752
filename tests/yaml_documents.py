"""Random front matter for parsers: a grammar that leaves every choice to a die.

It serves two: hypothesis, which minimises what it finds, and `tests/fuzz.py`, which is fast.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from schemas.documents import ARCHIVE

SHAPE: Final[dict[str, Any]] = dict(ARCHIVE.shape)
"""The keys of a post, nested."""
T = TypeVar("T")
Roll: TypeAlias = Callable[[int], int]
"""`roll(6)` is one of 0 to 5. hypothesis prefers 0, so the plainest choice comes first."""
Writer: TypeAlias = Callable[["Pen"], str]


def _split(text: str) -> list[str]:
    return text.split()


NULLS = ["null", "", "'null'", '""', "''", "nUll", "nullx", "Null", "NULL", "~", "~x", '"~"']
NUMBERS = _split("""
    1 .5 007 +1 -1 1.10 -.5 1. 0x1f 0o7 0b1 1e3 1e -0 1_000 12:30 nan .nan NaN .NaN inf .inf -inf
    -inf -.inf +.inf infinity . -. 2020-01-01 2020-01-01T10:00:00Z true False yes no y
""")
WORDS = _split("""
    x x:y x::y x:?y x:? x#y x?y -x - x- http://x/y?z=1&w#v ... << = x} x'y' x"y" x\\ x\\ny x\\"
    x& x* x! x| x> - -- --- ?x :x {x [x x[y] x] x,y %x @x `x !x &x *x | > x: x:- x:# 'x "x
""")
PHRASES = [
    "x y" * 400,
    *("a b", "x ?y", "x ? y", "x - y", "x -y", "x :y", "x :?", "x &y", "x *y", "x !y", "x |"),
    *("x 'y'", "x ", "x  y", "2020-01-01 10:00:00", "x, y", "x: y", "x ::", "x #y", "- x", "x :"),
]
CHARACTERS = "xab 1-_.:?#,'&*!|>%@`~=/()<>+$^;[]{}\\\""
ODD_CHARACTERS = (
    "\xa0é\u0301\u2027\u202a\u2003\u3000\ud7ff\ue000\ufdd0\ufefe\ufffd\U0001f600\U0010ffff\x7f\x80"
    "\x85\x9f\u2028\u2029\ufeff\ufffe\uffff\t\r\n\x00\x01\x0b\x0c\x1b"
)
ESCAPES = _split(r"""
    \" \\ \/ \n \r \t \u00e9 \u00A0 \u2028 \u2029 \uFEFF \uFFFD \uFFFE \uFFFF \uD7ff \uE000 \u0100
""")
ODD_ESCAPES = [
    *_split(r"""
        \x41 \x00 \x7f \xe9 \U0001F600 \U00110000 \N \_ \L \P \0 \a \b \e \v \f \' \q \u12 \u0000
        \u001f \u007f \u0080 \u0085 \u009f \ud800 \uDFFF \ud83d\ude00 \x4 \U0001
    """),
    *("\\ ", "\\\t", "\\\n", "\\\n  ", "\n", "\n\n  ", " \n "),
]
KEYS = _split("a b c d e A title a-b a1 _ y null true NaN extra e1 k-- __proto__")
ODD_KEYS = [
    *_split("""
        nan inf infinity Inf INF .nan Null NULL False no 1 .5 -1 0x1 ~
        << "a" 'a' '' "a\\n" "a:" "<<" é a.b a:b a&b -a [a] {a:b} ?a &k !t *k a, % @
    """),
    *("a b", "a ", " ", "", "? a", "&k a", "!!str a", "k" * 100, "k" * 101, "k" * 1100),
]
INDENTS = [0, 2, 2, 0, 4, 1, 3, 5, 6]
STEPS = [0, 2, 2, -2, 1, 4, -1, 3, -4]
NOISE = ["", "# c", "#", "  ", "  # c", "      # c: d", "#- x"]
ODD_NOISE = ["\t", "  \t# c", "---", "...", "%YAML 1.2", "-", "- ", "?", ":", "x", "  x", "- - x"]
ENDS = ["\r\n", "\r", "\x85", "\u2028", "\n\n", " \n", "\t\n", ""]
FENCES = ["---\n", "", "--- \t\n", "--- # c\n", "---\r\n", "--- x\n", "\ufeff---\n", "%TAG\n---\n"]
SMALL_LINES = [
    " " * indent + line
    for indent in range(5)
    for line in ("{}:", "{}: x", "- {}:", "- {}: x", "- x", "-  {}: x")
] + ["", "# c", "   # c", " - 'x'", "  - [x]", "- Null", "- null", "   - null", "  {}: ~"]
SEEDS = [
    "---\na:\n- b\n  - c\n- d: e\n  f: g\n",
    "---\na:\n  - b: c\n    d: [null, 'e', \"f\\u00e9\", .5]\n  - g\nh: null\n",
    '---\ntitle: "A \\"title\\": it\'s"\npublished: true\nprovider:\n  name: N\n  images:\n'
    "    - url: /a.jpg\n      width: 50\n\ntopics:\n  - Azure\n\nimages:\n  - url: /b.jpg\n"
    "    title: B\nrelated:\n  - title: C\n    provider:\n      images:\n      - url: /c.jpg\n",
]


class Pen:
    """Makes the choices of one document, about one in `sanity` of them odd."""

    def __init__(self, roll: Roll, sanity: int) -> None:
        self.roll = roll
        self.sanity = sanity

    def pick(self, options: Sequence[T]) -> T:
        return options[self.roll(len(options))]

    def is_odd(self) -> bool:
        return self.roll(self.sanity) == self.sanity - 1

    def has(self, sides: int) -> bool:
        """Once in `sides` times."""
        return self.roll(sides) == sides - 1

    def repeat(self, write: Callable[[], T], least: int, most: int) -> list[T]:
        return [write() for _ in range(least + self.roll(most - least + 1))]


def write_document(roll: Roll) -> str:
    """Front matter of any sort, with its opening fence (mostly)."""
    return _write(roll, [write_lines, write_tree, write_post, write_listing, write_mutant])


def write_simple_document(roll: Roll) -> str:
    """Front matter that is simple, or nearly so."""
    pen = Pen(roll, 1000)
    return "---\n" + pen.pick([write_tree, write_lines, write_post, write_listing])(pen)


def write_file(roll: Roll) -> bytes:
    """A whole post, or sometimes something else."""
    text = (write_simple_document, write_document)[roll(2)](roll)
    pen = Pen(roll, 25)
    fence = "" if text.startswith("---") or pen.is_odd() else "---\n"
    end = pen.pick(["---", "...\n", "----\n", ""] if pen.is_odd() else ["---\n", "---\nBody.\n"])
    data = (fence + text + end).encode()
    if pen.is_odd():
        at = pen.roll(len(data) + 1)
        data = data[:at] + pen.pick([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00"]) + data[at:]
    if pen.is_odd():
        data = pen.pick([b"\xef\xbb\xbf", b"\n", b"+++\n", b"\xff\xfe"]) + data
    return data.replace(b"\n", b"\r\n") if pen.is_odd() else data


def documents(write: Callable[[Roll], T]) -> st.SearchStrategy[T]:
    """What `write` makes if hypothesis rolls the die."""

    @st.composite
    def strategy(draw: st.DrawFn) -> T:
        return write(lambda sides: draw(_die(sides)))

    return strategy()


def list_small_documents(line_count: int, lines: Sequence[str] = SMALL_LINES) -> Iterator[str]:
    """Every document of a first line and `line_count` of `lines`, without repeated keys."""
    for first in ("a:", "a: x"):
        for rest in product(lines, repeat=line_count):
            named = [line.format(key) for line, key in zip(rest, "bcdefg", strict=False)]
            yield "\n".join([first, *named, ""])


@cache
def _die(sides: int) -> st.SearchStrategy[int]:
    return st.integers(0, sides - 1)


def _write(roll: Roll, writers: Sequence[Writer]) -> str:
    pen = Pen(roll, (1000, 60, 20, 6)[roll(4)])
    text = pen.pick(writers)(pen)
    if pen.is_odd():
        lines = text.removesuffix("\n").split("\n")
        text = "".join(line + (pen.pick(ENDS) if pen.has(3) else "\n") for line in lines)
    if pen.is_odd():
        text = text.replace("\n", pen.pick(ENDS))
    fence = pen.pick(FENCES) if pen.is_odd() else "---\n"
    return text if text.startswith("---\n") else fence + text


def write_lines(pen: Pen) -> str:
    """Lines with any indent and any dash, independent of each other."""
    indent = 0
    lines = [_write_line(pen, 0, "")]
    for _ in range(pen.roll(9)):
        if pen.has(8):
            lines.append(pen.pick(ODD_NOISE if pen.is_odd() else NOISE))
        else:
            indent = pen.pick(INDENTS) if pen.has(3) else max(0, indent + pen.pick(STEPS))
            lines.append(_write_line(pen, indent, pen.pick(["", "- ", "", "- ", "-  ", "-    "])))
    return "\n".join([*lines, ""])


def _write_line(pen: Pen, indent: int, dash: str) -> str:
    if dash and pen.has(2):
        return " " * indent + dash + _write_scalar(pen, indent)
    value = "" if pen.has(2) else " " + _write_scalar(pen, indent)
    return f"{' ' * indent}{dash}{_write_key(pen)}:{value}{'  ' if pen.has(30) else ''}"


def write_tree(pen: Pen) -> str:
    """A mapping of mappings and lists, indented in any valid way."""
    return "\n".join([*_write_mapping(pen, {}, 0, 0), ""])


def write_post(pen: Pen) -> str:
    """A mapping with the keys of a post, mostly in their shapes."""
    return "\n".join([*_write_mapping(pen, SHAPE, 0, 0), ""])


def write_listing(pen: Pen) -> str:
    """A post with many related items, some of them repeated."""
    shape = {key: inner for key, inner in SHAPE.items() if key != "related" or pen.is_odd()}
    indent = pen.pick([2, 2, 0, 4, 1])
    items = pen.repeat(lambda: _write_related(pen, indent), 1, 3)
    listed = pen.repeat(lambda: pen.pick(items), 1, 6)
    parts = [_write_mapping(pen, shape, 0, 0), ["related:"], *listed]
    if pen.has(2):
        parts.append([pen.pick(["", "", "# c", "  "]), *_write_mapping(pen, shape, 0, 0)])
    return "\n".join([*(line for part in parts for line in part), ""])


def _write_related(pen: Pen, indent: int) -> list[str]:
    if pen.has(10):
        return _write_list(pen, SHAPE["related"][0], indent, 1)
    url = pen.pick(["/a", "/b", "/a"])
    end = [pen.pick(["", " " * indent, "#", "x", "- x", f"{' ' * indent} x: y"])]
    return [f"{' ' * indent}- webUrl: {url}", *(end if pen.is_odd() or pen.has(20) else [])]


def _write_mapping(pen: Pen, shape: dict[str, Any], indent: int, depth: int) -> list[str]:
    lines = []
    keys = pen.repeat(lambda: _write_known_key(pen, shape), 1, 6 if shape else 4)
    for key in keys if pen.is_odd() else dict.fromkeys(keys):
        lines += _write_entry(pen, key, shape.get(key), indent, depth)
        if pen.has(12):
            lines.append(pen.pick(ODD_NOISE if pen.is_odd() else NOISE))
    return lines


def _write_entry(pen: Pen, key: str, shape: Any, indent: int, depth: int) -> list[str]:
    start = " " * indent + key + ":"
    if shape is None or pen.has(16):
        shape = pen.pick(["text", "text", {}, ["text"], "text", [{}]])
    if isinstance(shape, str) or depth > 3:
        return [f"{start} {'  ' if pen.has(20) else ''}{_write_scalar(pen, indent)}".rstrip(" ")]
    if isinstance(shape, dict):
        inner = indent + pen.pick([2, 2, 4, 1, 3, 5])
        return [start, *_write_mapping(pen, shape, inner, depth + 1)]
    if shape[0] == "text" and pen.has(3):
        return [f"{start} {_write_flow(pen)}"]
    return [start, *_write_list(pen, shape[0], indent + pen.pick([2, 0, 2, 0, 4, 1]), depth + 1)]


def _write_list(pen: Pen, shape: Any, indent: int, depth: int) -> list[str]:
    lines = []
    width = pen.pick([2, 2, 2, 3, 4, 5])
    for _ in range(1 + pen.roll(3)):
        dash = " " * indent + "-".ljust(width)
        is_nested = isinstance(shape, dict) != pen.has(16)
        if is_nested and pen.is_odd():
            rows = _write_list(pen, "text", indent + width, depth + 1)
            lines += [dash + rows[0][indent + width :], *rows[1:]]
        elif is_nested:
            inner = shape if isinstance(shape, dict) else {}
            rows = _write_mapping(pen, inner, indent + width, depth + 1)
            lines += [dash + rows[0][indent + width :], *rows[1:]]
        else:
            lines.append(dash + (_write_scalar(pen, indent) or "x"))
    return lines


def _write_known_key(pen: Pen, shape: dict[str, Any]) -> str:
    return pen.pick(list(shape)) if shape and not pen.has(12) else _write_key(pen)


def _write_key(pen: Pen) -> str:
    return pen.pick(ODD_KEYS if pen.is_odd() else KEYS)


def _write_scalar(pen: Pen, indent: int) -> str:
    if pen.is_odd():
        return _write_odd_scalar(pen, indent)
    kind = pen.roll(9)
    if kind < 4:
        return pen.pick((WORDS[:25], NUMBERS, PHRASES[:16], NULLS[:7])[kind])
    if kind < 5:
        return " ".join(pen.repeat(lambda: _write_text(pen, CHARACTERS[:11]), 1, 3))
    if kind < 6:
        return pen.pick(NULLS if pen.has(4) else NULLS[:2])
    write = (_write_double_quoted, _write_single_quoted, _write_flow)[kind - 6]
    return write(pen)


def _write_text(pen: Pen, alphabet: str) -> str:
    odd = ODD_CHARACTERS if pen.is_odd() else ODD_CHARACTERS[:13]
    text = "".join(pen.repeat(lambda: pen.pick(odd if pen.has(6) else alphabet), 1, 4))
    return text if pen.is_odd() else "x" + text.rstrip(":")


def _write_double_quoted(pen: Pen) -> str:
    def write_part() -> str:
        if pen.is_odd():
            return pen.pick(ODD_ESCAPES)
        if pen.has(12):
            return pen.pick(ODD_CHARACTERS if pen.is_odd() else ODD_CHARACTERS[:13])
        return pen.pick(ESCAPES) if pen.has(4) else pen.pick(CHARACTERS[:-2])

    return '"' + "".join(pen.repeat(write_part, 0, 6)) + '"'


def _write_single_quoted(pen: Pen) -> str:
    text = "".join(pen.repeat(lambda: pen.pick(CHARACTERS), 0, 6))
    return "'" + (text if pen.is_odd() else text.replace("'", "''")) + "'"


def _write_flow(pen: Pen, depth: int = 0) -> str:
    items = pen.repeat(lambda: _write_item(pen, depth), 0, 4)
    opening, closing = pen.pick(["{}", "[]"] if pen.is_odd() else ["[]"])
    end = pen.pick([",", " ,", " #", "]", ","]) if pen.is_odd() else pen.pick(["", "", " "])
    return opening + pen.pick(["", " "]) + pen.pick([", ", ",", " , "]).join(items) + end + closing


def _write_item(pen: Pen, depth: int) -> str:
    if pen.is_odd():
        if depth < 3 and pen.has(2):
            return _write_flow(pen, depth + 1)
        return pen.pick(["", "a: b", "a:", "? a", "*k", "&k x", "!!str x", "x\n   y", '"a":b', ":"])
    kind = pen.roll(5)
    if kind > 2:
        return (_write_double_quoted if kind == 3 else _write_single_quoted)(pen)
    return pen.pick((WORDS[:14], NUMBERS, NULLS[2:] if pen.has(4) else NULLS[:1])[kind])


def _write_odd_scalar(pen: Pen, indent: int) -> str:
    inner = "\n" + " " * max(0, indent + pen.pick([2, 1, 4, 0, -1]))
    kind = pen.roll(6)
    if kind == 0:
        return pen.pick(WORDS + PHRASES)
    if kind == 1:
        header = pen.pick("|>") + pen.pick(["", "-", "+", "2", "1-", "+3", " # c", "0", "-x"])
        return header + "".join(pen.repeat(lambda: inner + pen.pick(["x", " y", "", "# z"]), 0, 4))
    if kind == 2:
        quote = pen.pick(["", "", "'", '"'])
        rows = pen.repeat(lambda: pen.pick(["x", "y z", "", "- x", "#c", "x: y", "'"]), 2, 4)
        return quote + inner.join(rows) + quote
    if kind == 3:
        marks = [
            "&k x",
            "*k",
            "!!str x",
            "!!null x",
            "! x",
            "!!int 7",
            "!t x",
            "&k",
            "{a: b}",
            "{}",
        ]
        return pen.pick(marks)
    if kind == 4:
        return pen.pick(["x # c", "'x' # c", "[x] # c", "- x", "- - x", "? x", "x\t", "\tx", "# c"])
    return _write_text(pen, CHARACTERS)


def write_mutant(pen: Pen) -> str:
    """Another document with a few lines or characters changed."""
    write = pen.pick([write_tree, write_post, write_listing, lambda pen: pen.pick(SEEDS)])
    text = write(pen)
    for _ in range(pen.pick([1, 1, 2, 3])):
        text = pen.pick([_change_indent, _change_lines, _change_character])(pen, text)
    return text


def _change_indent(pen: Pen, text: str) -> str:
    lines = text.split("\n")
    at = pen.roll(len(lines))
    step = pen.pick([1, 2, -1, -2, 4, -4])
    end = at + 1 + (pen.roll(4) if pen.has(2) else 0)
    for n in range(at, min(end, len(lines))):
        lines[n] = " " * step + lines[n] if step > 0 else _dedent(lines[n], -step)
    return "\n".join(lines)


def _dedent(line: str, width: int) -> str:
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def _change_lines(pen: Pen, text: str) -> str:
    lines = text.split("\n")
    at, other = pen.roll(len(lines)), pen.roll(len(lines))
    changed: list[Any] = [
        [*lines[:at], *lines[at + 1 :]],
        [*lines[: at + 1], *lines[at:]],
        [*lines[:other], lines[at], *lines[other:]],
        [*lines[:at], pen.pick(NOISE), *lines[at:]],
        [*lines[:at], " ".join(lines[at : at + 2]), *lines[at + 2 :]],
    ]
    return "\n".join(pen.pick(changed))


def _change_character(pen: Pen, text: str) -> str:
    at = pen.roll(len(text) + 1)
    new = pen.pick(CHARACTERS + "\n" + (ODD_CHARACTERS if pen.has(4) else ""))
    return pen.pick(
        [text[:at] + text[at + 1 :], text[:at] + new + text[at + 1 :], text[:at] + new + text[at:]]
    )
