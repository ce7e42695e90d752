"""Sections on memory, and on bytes on the disk."""

from pathlib import Path
from typing import Final

from tests.benchmarks.rounds import divide, interleave
from tests.benchmarks.target import Comparison, Section, Target
from tests.benchmarks.workbench import TABLES, Workbench, describe_archive

MONTH_COPIES: Final = 3
"""How often a large month may lie on the disk: as posts, in the files of workers, in tables."""

LEDGER_BYTES_A_FILE: Final = 80
"""What a row of the ledger takes on the disk, with its identity."""


def measure_memory(bench: Workbench, runs: int) -> Section:
    """The most that all processes of a build from nothing hold together."""
    samples = interleave(
        {
            "archive": lambda: bench.find_peak(bench.archive),
            "ten times the archive": lambda: bench.find_peak(bench.tenfold),
        },
        runs,
    )
    once, tenfold = samples.values()
    return Section(
        "Memory of a build: peak of all processes together (PSS)",
        [
            Target("peak at 1x", 500, once, " MB"),
            Target("peak at 10x", 600, tenfold, " MB"),
            Target("peak at 10x, to that at 1x", 1.5, divide(tenfold, once)),
        ],
        Comparison(samples, "archive", "MB"),
    )


def measure_month(bench: Workbench, runs: int) -> Section:
    """The same where one month has all posts."""
    title = "Memory of a build of one month"
    if lack := bench.find_lack(MONTH_COPIES * bench.month_bytes):
        return Section(title, [], notes=[f"Not measured: {lack}."])
    samples = interleave({"peak": lambda: bench.find_peak(bench.full_month)}, runs)
    return Section(
        f"{title}: {describe_archive(bench.full_month)}",
        [Target("peak of one month of 1.4 GB", 900, samples["peak"], " MB")],
        Comparison(samples, "peak", "MB"),
    )


def measure_ledger(bench: Workbench, runs: int) -> Section:
    """The memory of a run in which one file changed, with a synthetic ledger of very many.

    One file is too little for a worker, so it is the memory of the driver alone.
    """
    title = f"Memory of the driver: a ledger of {bench.ledger_files:,} files, one changed"
    # Every round publishes one more snapshot.
    if lack := bench.find_lack(LEDGER_BYTES_A_FILE * bench.ledger_files * (runs + 3)):
        return Section(title, [], notes=[f"Not measured: {lack}."])
    samples = interleave({"peak": bench.find_driver_peak}, runs)
    gigabytes = [megabytes / 1000 for megabytes in samples["peak"]]
    return Section(
        title,
        [Target("peak of the driver, 10,000,000 files", 1.5, gigabytes, " GB")],
        Comparison(samples, "peak", "MB"),
    )


def measure_bytes(bench: Workbench, _runs: int) -> Section:
    """The finished tables against the same columns in snappy, and documents by themselves.

    They are the same in every round.
    """
    current, snappy = bench.finish(bench.archive) / "current", bench.measure_snappy(bench.archive)
    product = {table: _sum_parquet(current / table) for table in TABLES}
    documents = _sum_parquet(current / "documents")
    notes = [
        f"{table}: {product[table]:,} bytes; in snappy {snappy['whole'][table]:,} as one file, "
        f"{snappy['by month'][table]:,} by month, as the product keeps it."
        for table in TABLES
    ]
    whole, by_month = (sum(product.values()) / sum(sizes.values()) for sizes in snappy.values())
    notes.append(f"Together {by_month:.2f} of snappy by month: a text stands in many months.")
    notes.append(f"documents: {documents:,} bytes. No yardstick has such a table.")
    return Section(
        "Bytes",
        [
            Target("bytes of the tables, to snappy", 0.6, [whole]),
            Target("bytes of documents", 5, [documents / 1e6], " MB"),
        ],
        notes=notes,
    )


def _sum_parquet(folder: Path) -> int:
    """The bytes of all Parquet files of a table."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))
