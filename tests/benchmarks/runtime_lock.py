"""The part of requirements.lock without which the product cannot be built and run.

Usage: python -m tests.benchmarks.runtime_lock   (prints it; .venv has all that is locked)
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def list_needed(roots: Iterable[Requirement]) -> set[str]:
    """The packages that `roots` need on this machine, themselves included."""
    waiting = [(root, extra) for root in roots for extra in ("", *root.extras)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, extra = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for each in map(Requirement, metadata.requires(name) or ()):
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                waiting += [(each, inner) for inner in ("", *each.extras)]
    return {name for name, _ in seen}


def select_packages(lock: str, names: set[str]) -> str:
    """The entries of `names` in `lock`, with their hashes."""
    entries = re.findall(r"(?m)^(?!\s|#).+(?:\n\s.+)*\n", lock)
    return "".join(each for each in entries if canonicalize_name(each.split("==")[0]) in names)


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    roots = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    sys.stdout.write(select_packages(lock, list_needed(map(Requirement, roots))))


if __name__ == "__main__":
    main()
