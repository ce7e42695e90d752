"""Random edits of a raw folder, like those that editors, exports and accidents make."""

import os
import random
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipelines.sources.folder import TICK_NS
from tests.conftest import post
from tests.yaml_documents import write_file

FOLDERS: Final = ("", "_news/", "_news/", "_learning/courses/")
STEMS: Final = ("a", "b", "c", "d", "e", "Ä", "x y", "2024-03-05-f", ".hidden")
DATES: Final = (
    *("2024-03-05T10:00:00Z", "2024-03-05", "2024-03-31T23:30:00-01:00", "2024-04-01 08:00:00"),
    *("2024-04-30", "2023-12-31T23:59:59.5Z", "2025-01-01T00:30:00+01:00"),
)
IMAGES: Final = ("{url: /1}", "{url: ' /2 ', width: 0, isCached: yes}", "{title: t}", "{url: x}")
LINKS: Final = (
    *("{webUrl: /r, title: t}", "{webUrl: /r}", "{webUrl: 'https://example.org/a#b'}"),
    *("{webUrl: /s, images: [{url: /3}, {url: x}], provider: {images: [{url: /4}]}}", "{title: u}"),
    "{webUrl: /q, quality: high, publishedDateTime: soon}",
)
WRONG: Final[tuple[dict[str, str | None], ...]] = (
    *({"title": None}, {"type": "~"}, {"heat": "hot"}, {"images": "text"}, {"webUrl": "x"}),
    *({"publishedDateTime": "soon"}, {"publishedDateTime": None}, {"related": "[[]]"}),
)
UNREADABLE: Final = (
    *(
        b"---\na: [\n---\n",
        b"---\ntitle: x\n",
        b"---\ntitle: \xff\n---\n",
        b"---\na: 1\na: 2\n---\n",
        b"---\ntitle: x\ntype: y\ntitle: z\n---\n",
    ),
    *(b"---\n- a\n---\n", b"\xff\xfe-\0-\0-\0\n\0", b"---\na: *b\n---\n"),
)
IGNORED: Final = (b"", b"no fence", b"+++\ntitle = 'x'\n+++\n", b'{"title": "x"}\n')


class Editor:
    """Edits the files below `raw` at random."""

    def __init__(self, raw: Path, chance: random.Random) -> None:
        self.raw = raw
        self.chance = chance
        self.edits: tuple[Callable[[], object], ...] = (
            *(self.add, self.add, self.repair, self.repair, self.spoil, self.unfence, self.break_),
            *(self.delete, self.rename, self.change_case, self.swap, self.copy, self.change_date),
            *(self.change_secret, self.change_secret, self.touch, self.age, self.change_heat),
            *(
                self.link,
                self.write_any_yaml,
                self.write_any_yaml,
                self.move_down,
                self.drop_folder,
            ),
        )

    def edit(self) -> str:
        """Make one edit, and return what it was."""
        edit = self.chance.choice(self.edits)
        edit()
        return edit.__name__

    def list_posts(self) -> list[Path]:
        found = (path for path in self.raw.rglob("*") if path.is_file() and not path.is_symlink())
        return sorted(found)

    def write(self, data: bytes, path: Path | None = None) -> None:
        path = path or self.pick_name()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)

    def pick_name(self) -> Path:
        stem = self.chance.choice(STEMS)
        return (
            self.raw / f"{self.chance.choice(FOLDERS)}{stem}{self.chance.choice(['.md', '.html'])}"
        )

    def pick_post(self) -> Path:
        posts = self.list_posts()
        return self.chance.choice(posts) if posts else self.pick_name()

    def make_post(self, change: dict[str, str | None]) -> bytes:
        """A post with `change`. Some of its items are broken."""
        several = {
            "category": self.chance.choice(["news", "news", "letter", None]),
            "publishedDateTime": self.chance.choice(DATES),
            "title": self.chance.choice(["A title", "'It''s <b>12:30</b>'", "no", "007"]),
            "topics": self.chance.choice([None, "[]", "[b, a]", "~"]),
            "provider": self.chance.choice([None, "{name: n, images: [{url: /p}, {url: x}]}"]),
            "images": self.pick_items(IMAGES),
            "related": self.pick_items(LINKS),
            "mood": self.chance.choice([None, None, "good"]),
            "secured": self.make_secret(),
        }
        body = self.chance.choice(["", "Text.\n", " \n", "---\nmore\n"])
        return post(several | change, body).encode()

    def make_secret(self) -> str:
        """All of one length, so the size of a file does not give its edit away."""
        return f"c{self.chance.randrange(10**6):06}"

    def pick_items(self, items: tuple[str, ...]) -> str | None:
        picked = self.chance.choices(items, k=self.chance.randrange(4))
        return f"[{', '.join(picked)}]" if picked else None

    def add(self) -> None:
        self.write(self.make_post({}))

    def repair(self) -> None:
        self.write(self.make_post({}), self.pick_post())

    def spoil(self) -> None:
        self.write(self.make_post(self.chance.choice(WRONG)), self.pick_post())

    def break_(self) -> None:
        self.write(self.chance.choice(UNREADABLE), self.pick_post())

    def unfence(self) -> None:
        self.write(self.chance.choice(IGNORED), self.pick_post())

    def write_any_yaml(self) -> None:
        self.write(write_file(self.chance.randrange))

    def delete(self) -> None:
        self.pick_post().unlink(missing_ok=True)

    def rename(self) -> None:
        self.move(self.pick_post(), self.pick_name())

    def change_case(self) -> None:
        path = self.pick_post()
        self.move(path, path.with_name(path.name.swapcase()))

    def move(self, old: Path, new: Path) -> None:
        new.parent.mkdir(parents=True, exist_ok=True)
        if old.exists():
            old.rename(new)

    def swap(self) -> None:
        one, other = self.pick_post(), self.pick_post()
        if one.exists() and other.exists() and one != other:
            self.move(one, self.raw / "swapped")
            self.move(other, one)
            self.move(self.raw / "swapped", other)

    def copy(self) -> None:
        path = self.pick_post()
        if path.exists():
            self.write(path.read_bytes())

    def change_date(self) -> None:
        self.change_line(b"publishedDateTime", self.chance.choice(DATES).encode())

    def change_secret(self) -> None:
        self.change_line(b"secured", self.make_secret().encode())

    def change_heat(self) -> None:
        self.change_line(b"heat", str(self.chance.randrange(-9, 99)).zfill(2).encode())

    def change_line(self, key: bytes, value: bytes) -> None:
        """Give one key of a post another value."""
        path = self.pick_post()
        data = path.read_bytes() if path.exists() else b""
        line = key + b": " + value
        changed, count = re.subn(rb"(?m)^" + key + rb": .*$", line, data, count=1)
        if not count and data.startswith(b"---\n"):
            changed = b"---\n" + line + b"\n" + data[4:]
        self.write(changed, path)

    def move_down(self) -> None:
        path = self.pick_post()
        data = path.read_bytes() if path.exists() else b""
        self.write(data.replace(b"---\n", b"---\n# moved down\n", 1), path)

    def touch(self) -> None:
        path = self.pick_post()
        if path.exists():
            os.utime(path, ns=(0, self.chance.randrange(10**18)))

    def age(self) -> None:
        """Give all posts another time. The build after the next one need not read them."""
        for path in self.list_posts():
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 3_600 * 10**9))
        time.sleep(2 * TICK_NS / 10**9)

    def link(self) -> None:
        path = self.pick_post()
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to("elsewhere")

    def drop_folder(self) -> None:
        if self.chance.randrange(4) == 0:
            shutil.rmtree(self.raw / self.chance.choice(FOLDERS[1:]), ignore_errors=True)
