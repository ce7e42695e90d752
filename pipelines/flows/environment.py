"""The settings of Prefect that we need. Imported before Prefect, which reads them then."""

import logging
import os
from asyncio import CancelledError

from pipelines.processes.json_lines import JsonHandler
from pipelines.processes.log_format import is_json

# Prefect must not contact anybody outside, and what is logged outside of a flow is not for its
# server. A fresh home may take longer than the 20 s that a temporary server has by default.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "pipelines")
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
if is_json():
    handler = f"{JsonHandler.__module__}.{JsonHandler.__name__}"
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_CLASS", handler)

# Prefect takes over the handlers of this logger, but not its level. Without this, the log of a run
# would lack the lines about its tables.
logging.getLogger("pipelines").setLevel(logging.INFO)
# A run that ended in a state of ours has said so. Prefect would add a traceback of its own.
ENDED_AS_SAID = ("FailedRun", "CancelledRun")
logging.getLogger("prefect.flow_runs").addFilter(
    lambda record: (
        not (record.exc_info and getattr(record.exc_info[0], "__name__", "") in ENDED_AS_SAID)
    )
)


def _drop_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True


def _shorten_trouble(record: logging.LogRecord) -> bool:
    if record.exc_info and getattr(record.exc_info[0], "__module__", "").startswith("httpx"):
        record.exc_info = None
    return True


# If the server goes away, a line is enough.
logging.getLogger("prefect.flow_runs").addFilter(_shorten_trouble)
logging.getLogger("prefect.engine").addFilter(_shorten_trouble)
logging.getLogger("prefect.FlowRunSuspendingObserver").addFilter(_drop_traceback)
# It also cancels a task, and then asks it how it failed.
logging.getLogger("asyncio").addFilter(
    lambda record: not (record.exc_info and record.exc_info[0] is CancelledError)
)
# A task that returns a failed state would say so twice, the first time with "NoneType: None".
logging.getLogger("prefect.task_runs").addFilter(
    lambda record: not (record.exc_info and record.exc_info[0] is None)
)
