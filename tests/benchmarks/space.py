"""Sections on memory, and on bytes on the disk."""

from tests.benchmarks.rounds import divide, interleave
from tests.benchmarks.target import Comparison, Section, Target
from tests.benchmarks.workbench import TABLES, Workbench


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
            Target("peak at 1x", 700, once, " MB"),
            Target("peak at 10x", 700, tenfold, " MB"),
            Target("peak at 10x, to that at 1x", 1.5, divide(tenfold, once)),
        ],
        Comparison(samples, "archive", "MB"),
    )


def measure_bytes(bench: Workbench, _runs: int) -> Section:
    """The finished tables against the same columns in snappy, which are the same in every round."""
    current, snappy = bench.finish(bench.archive) / "current", bench.measure_snappy(bench.archive)
    product = {
        table: sum(path.stat().st_size for path in (current / table).rglob("*.parquet"))
        for table in TABLES
    }
    notes = [
        f"{table}: {product[table]:,} bytes; in snappy {snappy['whole'][table]:,} as one file, "
        f"{snappy['by month'][table]:,} by month, as the product keeps it."
        for table in TABLES
    ]
    whole, by_month = (sum(product.values()) / sum(sizes.values()) for sizes in snappy.values())
    notes.append(f"Together {by_month:.2f} of snappy by month: a text stands in many months.")
    return Section("Bytes", [Target("bytes of the tables, to snappy", 0.6, [whole])], notes=notes)
