"""Measure the product against its yardsticks and its targets, and write the report.

Usage: make bench [OPTIONS="--runs 7 --only archive growth"], or --help
"""

import argparse
import logging
import shlex
import signal
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.machine import (
    describe_environment,
    describe_machine,
    describe_product,
    describe_yardsticks,
)
from tests.benchmarks.report import render_report
from tests.benchmarks.sections import APART, SECTIONS
from tests.benchmarks.target import Section
from tests.benchmarks.workbench import Workbench

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PROFILE = HERE / "PROFILE.md"
QUICK_STEP = 10

INTRO = """\
Written by `make bench`. Seconds are of whole processes, from start to end; the floor alone has a
clock of its own, which leaves out its start and the reading of the tables that it writes. In a
round everything is measured once, and only values of one round are divided by each other: the
speed of the machine drifts. Shown are the median of all rounds, the least and the greatest. A
first round warms up and does not count. Memory is never taken from a run that is timed."""
SMOKE = "**A smoke run on a tenth of the files: its verdicts mean nothing.**"

logger = logging.getLogger(__name__)


def main() -> None:
    """Write the report, whatever the verdicts are."""
    options = read_options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # A run that is ended from outside must not leave its folder either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begin = datetime.now(UTC)
    facts = {
        "date": f"{begin:%Y-%m-%d %H:%M} UTC",
        "command": f"`{render_command()}`",
        "rounds": f"{options.runs}; three times as many of what takes about a second",
        "machine": describe_machine(),
        "product": describe_product(options.product),
        "environment of the product": describe_environment(options.product),
        "yardsticks": describe_yardsticks(options.yardsticks),
    }
    if options.before:
        facts["before"] = describe_product(options.before)
        facts["environment of before"] = describe_environment(options.before)
    with tempfile.TemporaryDirectory(prefix="matterhouse-bench-") as folder:
        sections = measure_sections(options, Path(folder))
    minutes = (datetime.now(UTC) - begin).total_seconds() / 60
    facts["date"] += f", {minutes:.0f} minutes"
    intro = f"{SMOKE}\n\n{INTRO}" if options.quick else INTRO
    profile = PROFILE.read_text(encoding="utf-8") if PROFILE.exists() else None
    report = render_report(intro, facts, sections, profile)
    options.output.write_text(report, encoding="utf-8")
    sys.stdout.write(report)


def measure_sections(options: argparse.Namespace, folder: Path) -> list[Section]:
    """Measure what was asked for; all that it needs is written into `folder`."""
    raw = options.raw or unpack_corpus(options.corpus, folder / "corpus")
    step = QUICK_STEP if options.quick else 1
    bench = Workbench(
        folder,
        raw,
        product=options.product,
        yardsticks=options.yardsticks,
        before=options.before,
        step=step,
    )
    sections = []
    for name in options.only or (name for name in SECTIONS if name not in APART):
        logger.info("%s", name)
        sections.append(SECTIONS[name](bench, options.runs))
    return sections


def unpack_corpus(corpus: Path, folder: Path) -> Path:
    with tarfile.open(corpus) as tar:
        tar.extractall(folder, filter="data")
    return folder


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure, and write RESULTS.md.")
    parser.add_argument("--corpus", type=Path, help="the archive as a tar file")
    parser.add_argument("--raw", type=Path, help="or, before that, as a folder; it is only read")
    parser.add_argument("--runs", type=int, help="rounds that count (default: 5; 2 if quick)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="measure these alone")
    parser.add_argument("--quick", action="store_true", help="try it on a tenth of the files")
    parser.add_argument("--product", type=Path, required=True, help="the Python that has it")
    parser.add_argument("--yardsticks", type=Path, required=True, help="their Python")
    parser.add_argument("--before", type=Path, help="the Python of an earlier version")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the report goes")
    options = parser.parse_args()
    if not (options.raw or options.corpus):
        parser.error("--raw or --corpus is needed")
    if not options.raw and not options.corpus.is_file():
        parser.error(f"{options.corpus}: no such archive, expected one of front-matter files")
    options.runs = options.runs or (2 if options.quick else 5)
    return options


def render_command() -> str:
    """How to do it again; where things lie on this machine is of no use elsewhere."""
    words = [f".../{Path(word).name}" if word.startswith("/") else word for word in sys.argv[1:]]
    return shlex.join(["python", "-m", "tests.benchmarks.bench", *words])


if __name__ == "__main__":
    main()
