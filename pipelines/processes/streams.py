"""The standard streams of a process, if one is closed or nobody reads it."""

import os
import sys


def open_closed_streams() -> None:
    """Open closed standard streams to /dev/null.

    Otherwise the next file would get the number of the stream, and everything written to it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Inheritable, so that workers have it, too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


def silence(number: int) -> None:
    """Send what is written to the stream of this number to /dev/null from now on.

    That includes what its buffer holds. It would be written at the end of the process, and fail
    again.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    # If the stream was closed, the new file may already have its number.
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
