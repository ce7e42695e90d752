"""On what was measured: the machine, the versions, and the state of the product."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = str(Path(__file__).parent)
PRODUCT_PACKAGES = ("pandera", "polars", "pyarrow", "pyyaml", "rapidyaml")
YARDSTICK_PACKAGES = ("pandas", "polars", "pyarrow", "python-frontmatter", "pyyaml", "rapidyaml")

_VERSIONS = """
import importlib.metadata, platform, sys
installed = {each.name.lower(): each.version for each in importlib.metadata.distributions()}
chosen = [f"{name} {installed[name]}" for name in sys.argv[1:] if name in installed]
print(", ".join([f"Python {platform.python_version()}", *chosen]))
"""


def describe_machine() -> str:
    """Processor, cores, memory and kernel."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_find_processor()}, {cores} cores, {memory:.0f} GiB, {kernel}"


def describe_product(python: Path) -> str:
    """Its commit, and what it runs on."""
    commit = _read_output("git", "-C", HERE, "describe", "--always", "--dirty", "--abbrev=10")
    return f"{commit}; {_list_versions(python, PRODUCT_PACKAGES)}"


def describe_yardsticks(python: Path) -> str:
    return _list_versions(python, YARDSTICK_PACKAGES)


def _list_versions(python: Path, packages: Sequence[str]) -> str:
    return _read_output(str(python), "-c", _VERSIONS, *packages)


def _find_processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _read_output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
