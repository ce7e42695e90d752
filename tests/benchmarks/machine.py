"""On what was measured: the machine, the versions, and the state of the product."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

PRODUCT_PACKAGES = ("pandera", "polars", "pyarrow", "pyyaml", "rapidyaml")
YARDSTICK_PACKAGES = ("pandas", "polars", "pyarrow", "python-frontmatter", "pyyaml", "rapidyaml")
DEV_PACKAGES = ("hypothesis", "mypy", "pytest", "ruff")
"""What no user of the product has. Libraries may load it where they find it."""

_VERSIONS = """
import importlib.metadata, platform, sys
installed = {each.name.lower(): each.version for each in importlib.metadata.distributions()}
chosen = [f"{name} {installed[name]}" for name in sys.argv[1:] if name in installed]
print(", ".join([f"Python {platform.python_version()}", *chosen]))
"""
_NAMES = """
import importlib.metadata
print(*sorted({each.name.lower() for each in importlib.metadata.distributions()}))
"""
_CHECKOUT = "import pathlib, pipelines; print(pathlib.Path(pipelines.__file__).parents[1])"


def describe_machine() -> str:
    """Processor, cores, memory and kernel."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{_find_processor()}, {cores} cores, {memory:.0f} GiB, {kernel}"


def describe_product(python: Path) -> str:
    """The commit of the product that `python` has, and what it runs on."""
    checkout = _run_python(python, _CHECKOUT)
    commit = _read_output("git", "-C", checkout, "describe", "--always", "--dirty", "--abbrev=10")
    return f"{commit}; {_list_versions(python, PRODUCT_PACKAGES)}"


def describe_environment(python: Path) -> str:
    """Its folder, how many packages it has, and which of them no user has."""
    names = _run_python(python, _NAMES).split()
    unwanted = ", ".join(name for name in DEV_PACKAGES if name in names)
    dev = f"with {unwanted}" if unwanted else f"without {', '.join(DEV_PACKAGES)}"
    return f"{python.parent.parent.name}: {len(names)} packages, {dev}"


def describe_yardsticks(python: Path) -> str:
    return _list_versions(python, YARDSTICK_PACKAGES)


def _list_versions(python: Path, packages: Sequence[str]) -> str:
    return _run_python(python, _VERSIONS, *packages)


def _run_python(python: Path, code: str, *arguments: str) -> str:
    # By -P it imports what its environment has, not what lies in the working directory.
    return _read_output(str(python), "-P", "-c", code, *arguments)


def _find_processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _read_output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
