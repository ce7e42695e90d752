"""A parent whose workers are killed while they hand over their results.

It gives `ROUNDS` tasks to a worker, one after another, and prints what became of each. Before a
result is sent, its worker prints its own number and waits until `folder` has a file for this round.
"""

import math
import os
import sys
import time
from pathlib import Path

from pipelines.processes.workers import Workers

ROUNDS = 20
SIZES = (1_000, 1_000_000)
"""A result that is sent at once, and one that no pipe holds as a whole."""


class Result:
    """It is pickled when its worker is about to send it."""

    def __init__(self, go: Path, size: int) -> None:
        self.go = go
        self.size = size

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        sys.stdout.write(f"{os.getpid()}\n")
        sys.stdout.flush()
        while not self.go.exists():
            time.sleep(0.001)
        return bytes, (b"x" * self.size,)


def main(folder: Path) -> None:
    with Workers(1) as workers:
        for number in range(ROUNDS):
            go, size = folder / str(number), SIZES[number % len(SIZES)]
            error = workers.submit(Result, go, size).exception()
            sys.stdout.write(f"{type(error).__name__}\n")
            sys.stdout.flush()
        sys.stdout.write(f"{workers.submit(math.factorial, 4).result()}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
