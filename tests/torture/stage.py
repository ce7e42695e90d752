"""A stage: a warehouse with one state of an archive, and raw files that differ by now."""

import hashlib
import shutil
from pathlib import Path

from pipelines.warehouse import Snapshot
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.layout import READER_FILES
from pipelines.warehouse.runs import RESERVE_NAME
from schemas.language.registry import load_tables
from tests.conftest import DERIVED_FROM_RAW, Archive, post
from tests.torture.nursery import Nursery, Outcome

CHILDREN = {"images": "[{url: /i}]", "related": "[{webUrl: /r}]"}
MARCH, APRIL, MAY, JUNE = ({"publishedDateTime": f"2024-0{month}-05"} for month in (3, 4, 5, 6))

OLD = {
    "a.md": post(MARCH | CHILDREN),
    "b.md": post(MARCH),
    "c.md": post(APRIL | CHILDREN),
    "rejected.md": post(APRIL | CHILDREN | {"title": None}),
    "d.md": post(MAY | CHILDREN),
    "broken.md": "---\ntitle: x\n",
    "notes.txt": "not a post",
}
"""So few files that the guards do not apply."""

NEW = {
    "a.md": post(MARCH | CHILDREN | {"heat": "5"}),
    "b.md": post(MARCH),
    "c.md": post(JUNE | CHILDREN),
    "rejected.md": post(APRIL | CHILDREN | {"title": None}),
    "broken.md": post(APRIL),
    "new.md": post(JUNE | CHILDREN),
    "notes.txt": "not a post",
}

ROOT_NAMES = {
    *("current", "runs", "snapshots", "staging", ".lock"),
    *load_tables(),
    *READER_FILES,
}

Content = dict[str, object]


class Stage:
    """The old and the new state, each with the content that an undisturbed run made of it."""

    def __init__(self, folder: Path, nursery: Nursery, body: str = "") -> None:
        self.nursery = nursery
        self.archive = Archive(folder)
        self.root = self.archive.warehouse.root
        self._templates: dict[str, Path] = {}
        self.contents: dict[str, Content | None] = {"nothing": None}
        self._keep("nothing")
        for name, files in (("old", OLD), ("new", NEW)):
            self._write(files, body)
            self.archive.run()
            self._keep(name)
            self.contents[name] = describe(self.archive.snapshot)
        assert self.contents["new"] != self.contents["old"]

    def set(self, name: str) -> None:
        """Restore the warehouse. The raw files are the new ones."""
        if self.root.exists():
            shutil.rmtree(self.root)
        if self._templates[name].exists():
            shutil.copytree(self._templates[name], self.root, symlinks=True)

    def run(self, command: str, *arguments: object, **options: object) -> Outcome:
        """Let a child run one command on the warehouse."""
        return self.nursery.run(*self.complete(command, *arguments), **options)

    def complete(self, command: str, *arguments: object) -> list[object]:
        """The whole command line."""
        raw = ("--raw", self.archive.raw) if command in ("build", "run") else ()
        return [command, *arguments, "--warehouse", self.root, *raw]

    def see(self) -> str:
        """The name of the state that readers see. Every snapshot that they may hold is whole."""
        for number in self.archive.warehouse.numbers():
            assert list_damages(self.archive.warehouse.snapshot(number).folder) == []
        current = self.archive.warehouse.current()
        content = describe(current) if current else None
        names = [name for name, known in self.contents.items() if known == content]
        assert names, "neither the old nor the new state"
        return names[0]

    def repair(self) -> None:
        """Check that the next build needs no help, ends with the new state, and sweeps staging."""
        self.archive.run()
        assert self.see() == "new"
        assert {path.name for path in self.root.iterdir()} == ROOT_NAMES
        assert list((self.root / "staging").iterdir()) == []
        records = [each for each in (self.root / "runs").iterdir() if each.name != RESERVE_NAME]
        assert {path.suffix for path in records} == {".json"}
        for table in load_tables():
            assert (self.root / table).resolve() == self.archive.snapshot.folder / table

    def _keep(self, name: str) -> None:
        template = self._templates[name] = self.root.with_name(f"template-{name}")
        if self.root.exists():
            shutil.copytree(self.root, template, symlinks=True)

    def _write(self, files: dict[str, str], body: str) -> None:
        shutil.rmtree(self.archive.raw)
        for name, text in files.items():
            self.archive.write(name, text + body)
        self.archive.age()


def describe(snapshot: Snapshot) -> Content:
    """The bytes of all tables without times, and the status of each raw file."""
    content: Content = {
        path.relative_to(snapshot.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for table in DERIVED_FROM_RAW
        for path in snapshot.list_files(table).values()
    }
    files = snapshot.read("files").select("source_path", "content_sha256", "status", "reason")
    return content | {"files": files.rows()}
