"""Every module that declares commands. Importing this declares them all."""

from pipelines.cli import (  # noqa: F401  # They declare the commands.
    alarms,
    comparing,
    config,
    deploying,
    doctoring,
    holding,
    looking,
    planning,
    pruning,
    reading,
    replaying,
    runs,
    serving,
    verifying,
    why,
    writing,
)
