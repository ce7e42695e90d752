"""Hostile files that git cannot or should not hold, each with the outcome that it must have.

An outcome has the form that `tests/front_matter/` uses below each case: the status, then a line for
each finding.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

Outcome: TypeAlias = list[str]

LOADED: Final = ["loaded"]
HEAD: Final = b"---\ntitle: A\ntype: article\n"
POST: Final = HEAD + b"---\n"
NO_FRONT_MATTER: Final = "ignored: does not begin with front matter (---, +++ or {)"
LINK: Final = ["ignored: symbolic link, not followed"]
SPECIAL: Final = ["ignored: special file, not opened"]


class Hostile(NamedTuple):
    """A file: its bytes or a function that makes it at a path, and its name in the ledger."""

    content: bytes | Callable[[Path], None]
    outcome: Outcome
    source_path: str | None = None


def write(root: Path, name: str | bytes, hostile: Hostile) -> str:
    """Put a file below `root`, and return its source path."""
    path = root / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(hostile.content, bytes):
        path.write_bytes(hostile.content)
    else:
        hostile.content(path)
    return hostile.source_path or os.fsdecode(name)


def _rejected(*findings: str) -> Outcome:
    return ["rejected", *(f"documents {finding}" for finding in findings)]


def _with(front_matter: str | bytes, *outcome: str) -> Hostile:
    data = front_matter.encode() if isinstance(front_matter, str) else front_matter
    return Hostile(HEAD + data + b"\n---\n", list(outcome) or LOADED)


# Each is in the fourth line, in the seventh column.
BAD_UTF8: Final = {
    "continuation-first": b"\x80",
    "continuation-last": b"\xbf",
    "overlong-of-two": b"\xc0\x80",
    "overlong-of-two-last": b"\xc1\xbf",
    "overlong-of-three": b"\xe0\x80\x80",
    "overlong-of-four": b"\xf0\x80\x80\x80",
    "cut-after-one-of-two": b"\xc3",
    "cut-after-one-of-three": b"\xe2",
    "cut-after-two-of-three": b"\xe2\x82",
    "cut-after-three-of-four": b"\xf0\x9f\x98",
    "surrogate-high": b"\xed\xa0\x80",
    "surrogate-low": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond-unicode": b"\xf4\x90\x80\x80",
    "lead-of-nothing": b"\xf5\x80\x80\x80",
    "five-bytes": b"\xf8\x88\x80\x80\x80",
    "six-bytes": b"\xfc\x84\x80\x80\x80\x80",
    "fe": b"\xfe",
    "ff": b"\xff",
    "latin-1": "é".encode("latin-1"),
    "windows-1252": "\u201c".encode("cp1252"),
    "shift-jis": "見".encode("shift-jis"),
}
UNPRINTABLE: Final = [
    *(code for code in range(0x20) if chr(code) not in "\t\n\r"),
    *(code for code in range(0x7F, 0xA0) if code != 0x85),
    0xFFFE,
    0xFFFF,
]
BYTES: Final = {
    **{
        f"bytes/utf-8-{name}.md": _with(b"mood: " + data, *_rejected("4:7 is_utf8"))
        for name, data in BAD_UTF8.items()
    },
    "bytes/utf-8-bad-in-a-key.md": _with(b"mo\xffod: a", *_rejected("4:3 is_utf8")),
    "bytes/utf-8-bad-in-a-comment.md": _with("é # é".encode() + b"\xff", *_rejected("4:6 is_utf8")),
    "bytes/utf-8-bad-in-the-body.md": Hostile(POST + b"x\r\ny\xff", _rejected("6:2 is_utf8")),
    "bytes/utf-8-cut-at-the-end.md": Hostile(POST + b"\xe2\x82", _rejected("5:1 is_utf8")),
    "bytes/utf-16-little.md": Hostile("\ufeff---\n".encode("utf-16-le"), _rejected("1:1 is_utf8")),
    "bytes/utf-16-big.md": Hostile("\ufeff---\n".encode("utf-16-be"), _rejected("1:1 is_utf8")),
    "bytes/utf-16-bare.md": Hostile("---\n".encode("utf-16-le"), _rejected("1:1 is_utf8")),
    "bytes/utf-32.md": Hostile("\ufeff---\n".encode("utf-32-le"), [NO_FRONT_MATTER]),
    "bytes/ebcdic.md": Hostile(POST.decode().encode("cp500"), [NO_FRONT_MATTER]),
    "bytes/compressed.md": Hostile(b"\x1f\x8b\x08\x00---\n", [NO_FRONT_MATTER]),
    "bytes/nothing.md": Hostile(b"", ["ignored: empty file"]),
    "bytes/only-a-byte-order-mark.md": Hostile(b"\xef\xbb\xbf", ["ignored: empty file"]),
    "bytes/only-nul.md": Hostile(bytes(4096), [NO_FRONT_MATTER]),
    "bytes/only-a-fence.md": Hostile(b"---", _rejected("1:1 is_closed")),
    "bytes/fence-at-the-end.md": Hostile(HEAD + b"---", LOADED),
    "bytes/fence-at-the-end-after-cr.md": Hostile(HEAD.replace(b"\n", b"\r") + b"...", LOADED),
    **{
        f"bytes/u+{code:04x}.md": _with(f"mood: {chr(code)}", *_rejected("4:7 is_yaml"))
        for code in UNPRINTABLE
    },
    "bytes/all-of-them-in-the-body.md": Hostile(
        POST + "".join(map(chr, UNPRINTABLE)).encode(), LOADED
    ),
}


def _write_100_mb(path: Path) -> None:
    path.write_bytes(HEAD + b"mood: ")
    os.truncate(path, 100_000_000)


BOMB: Final = "a0: &a0 x\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)
)
LEVELS: Final = 100_000
NULLS: Final = 20_000
NUMBER: Final = "9" * 5_000
HEAVY: Final = {
    "heavy/bomb-of-nodes.md": _with(BOMB, *_rejected("9:45 is_within_nodes")),
    "heavy/bomb-of-text.md": _with(
        f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 100)}]", *_rejected("5:333 is_within_size")
    ),
    "heavy/bomb-of-keys.md": _with(
        f"a: &a {{k: v, b: c}}\nb: [{'*a, ' * 25_000}]", *_rejected("5:79993 is_within_nodes")
    ),
    "heavy/levels-of-lists.md": _with("a: " + "[" * LEVELS, *_rejected("4:67 is_within_levels")),
    "heavy/levels-of-mappings.md": _with(
        "a: " + "{a: " * LEVELS, *_rejected("4:253 is_within_levels")
    ),
    "heavy/levels-of-items.md": _with("a:\n" + "- " * LEVELS, *_rejected("5:127 is_within_levels")),
    "heavy/levels-of-keys.md": _with("? " * LEVELS, *_rejected("4:129 is_within_levels")),
    "heavy/levels-of-lines.md": _with(
        "\n".join(f"{' ' * level}a:" for level in range(1_000)),
        *_rejected("67:64 is_within_levels"),
    ),
    "heavy/nodes-of-one-list.md": _with(
        "topics: [" + "~," * 100_000 + "]", *_rejected("4:199996 is_within_nodes")
    ),
    "heavy/nulls.md": _with(
        "topics: [" + "~," * NULLS + "]",
        "rejected",
        *(f"articles 4:{10 + 2 * number} is_text" for number in range(NULLS)),
    ),
    "heavy/keys-unknown.md": _with("\n".join(f"k{n}: v" for n in range(10_000))),
    "heavy/text-just-within.md": _with("excerpt: " + "word " * 1_677_000),
    "heavy/text-beyond.md": _with("mood: " + "x" * 8_388_609, *_rejected("1:1 is_within_size")),
    "heavy/text-of-100-mb.md": Hostile(_write_100_mb, _rejected("is_within_size")),
    "heavy/name-of-a-key.md": _with(
        f"? {'k' * 1_000_000}\n: 1\n? {'k' * 1_000_000}\n: 2", *_rejected("6:3 is_unique_key")
    ),
    "heavy/name-of-a-tag.md": _with(f"a: !{'t' * 1_000_000} b", *_rejected("4:4 is_untagged")),
    "heavy/name-of-an-alias.md": _with(f"a: *{'a' * 1_000_000}", *_rejected("4:4 is_yaml")),
    "heavy/number.md": _with(f"heat: {'9' * 1_000_000}", "rejected", "articles 4:7 is_integer"),
    "heavy/entity-in-an-address.md": _with(f"webUrl: '/a?&#{NUMBER};'"),
    "heavy/entity-in-an-excerpt.md": _with(f"excerpt: '&#{NUMBER}; &#x{NUMBER}; &#{NUMBER}'"),
    **{
        f"heavy/tags-{number}.md": _with(
            f"excerpt: '{bait * 100_000}'\nwebUrl: '/{bait * 100_000}'"
        )
        for number, bait in enumerate(["<", "&", "<!--", "<a ", "&#", "</", "<![CDATA[", "&a"])
    },
}


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _listen(path: Path) -> None:
    # Bound from its folder, since the address of a socket has at most 108 bytes.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


def _dated(seconds: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(POST)
        os.utime(path, (seconds, seconds))

    return make


KINDS: Final = {
    "kinds/link-to-a-file-outside.md": Hostile(_link_to("/etc/passwd"), LINK),
    "kinds/link-to-a-folder-outside": Hostile(_link_to("/etc"), LINK),
    "kinds/link-to-nothing.md": Hostile(_link_to("nowhere"), LINK),
    "kinds/link-to-itself.md": Hostile(_link_to("link-to-itself.md"), LINK),
    "kinds/link-to-the-folder-above": Hostile(_link_to(".."), LINK),
    "kinds/loop-1.md": Hostile(_link_to("loop-2.md"), LINK),
    "kinds/loop-2.md": Hostile(_link_to("loop-1.md"), LINK),
    "kinds/pipe.md": Hostile(os.mkfifo, SPECIAL),
    "kinds/socket.md": Hostile(_listen, SPECIAL),
    "kinds/.hidden.md": Hostile(POST, ["ignored: hidden file"]),
    "kinds/..hidden.md": Hostile(POST, ["ignored: hidden file"]),
    "kinds/.hidden/a.md": Hostile(POST, ["ignored: hidden folder, not entered"], "kinds/.hidden/"),
    "kinds/dated-1901.md": Hostile(_dated(-(2**31)), LOADED),
    "kinds/dated-2300.md": Hostile(_dated(10_413_792_000), LOADED),
    "kinds/dated-2400.md": Hostile(_dated(13_569_465_600), LOADED),
}
NAMES: Final[dict[str | bytes, Hostile]] = {
    **{
        f"names/{name}": Hostile(POST, LOADED)
        for name in (
            *("new\nline", "tab\t", "cr\r", "esc\x1b[2J\x1b]0;x\x07", "del\x7f", "c1\x9b31m"),
            *("turned\u202eabc", "hidden\u200b", "line\u2028", "e\u0301", "é", "😀", "\ufdd0"),
            *("'", '"', "`id`", "$(id)", "%s%n%%", "{0}", "a;b", "a|b", "a&b", "<b>", "[x](y)"),
            *("*", "?", "[a]", "{a,b}", "**", "-rf", "--help", "~", "#", "=", "a=b", " ", "a b "),
            *("a..b", "c:\\d", "a...", "CON", "x" * 255),
            *("published_month=2024-01/part-0.parquet", "up.md.md"),
            *("'; DROP TABLE files; --", "\\", "\\n", "a\\", "x.parquet", "Å", "A\u030a", "a", "A"),
        )
    },
    b"names/\xff.md": Hostile(POST, LOADED, "names/\\xff.md"),
    b"names/\\xff.md": Hostile(POST, LOADED, "names/\\x5cxff.md"),
    b"names/\xed\xa0\x80.md": Hostile(POST, LOADED, "names/\\xed\\xa0\\x80.md"),
    b"names/\xe9t\xe9/\xfe": Hostile(POST, LOADED, "names/\\xe9t\\xe9/\\xfe"),
    "names/" + "deep/" * 200 + "a.md": Hostile(POST, LOADED),
}
GENERATED: Final[dict[str | bytes, Hostile]] = {**BYTES, **KINDS, **NAMES}
