"""The standard streams of a process, where one is closed, or nobody takes what is written."""

import os
import sys


def open_closed_streams() -> None:
    """Let what was closed, as by `>&-`, lead nowhere.

    Else the next file would get its number, and whatever is written to the stream.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Workers, too, are to have it: what is not inheritable is closed in them.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


def silence(number: int) -> None:
    """Let what is written to the stream of this number lead nowhere from now on.

    What it holds already, too: it would be written at the end of the process, and fail again.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # Where it was closed, the number may have been given to it already.
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
