"""The flow that reads the files of a warehouse again: a disk can lose a bit without a word."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from pathlib import Path

from prefect import State, flow

from pipelines.errors import DamagedError, MatterhouseError
from pipelines.flows.allowed import check_warehouse_allowed
from pipelines.flows.endings import is_of_deployment, tell_ending
from pipelines.flows.states import Ending, Report, make_state
from pipelines.runs.job import Job
from pipelines.runs.verifying import verify_and_repair
from pipelines.runs.verifying import verify_snapshots
from pipelines.warehouse.runs import RunRecord

VERIFY = "verify"


@flow(
    name=VERIFY,
    description="Read every file again and compare it with its manifest. Fails if one is damaged.",
    flow_run_name=VERIFY,
    persist_result=True,
    result_serializer="json",
)
def verify(
    warehouse: str = str(Job.warehouse),
    all_snapshots: bool = True,
    repair: bool = False,
    wait_seconds: float = 0,
) -> State[Report]:
    """Verify a warehouse.

    Args:
        warehouse: Folder of the tables.
        all_snapshots: Read the files of every snapshot, not only those of the current one.
        repair: Put back damaged files from what is whole, under the lock.
        wait_seconds: Seconds that a repair waits for another run to end.
    """
    job = Job(VERIFY, Path(warehouse))
    ending = _verify(job, all_snapshots, repair, wait_seconds)
    tell_ending(ending)
    return make_state(ending)


def _verify(job: Job, all_snapshots: bool, is_repaired: bool, wait_seconds: float) -> Ending:
    root = job.warehouse
    try:
        if is_of_deployment():
            check_warehouse_allowed(root)
        if is_repaired:
            _, record = verify_and_repair(root, is_all=all_snapshots, wait_seconds=wait_seconds)
        else:
            _, record = verify_snapshots(root, is_all=all_snapshots)
    except MatterhouseError as error:
        return Ending(VERIFY, job, getattr(error, "record", None), error)
    return Ending(VERIFY, job, record, _find_error(root, record))


def _find_error(root: Path, record: RunRecord) -> DamagedError | None:
    """Damage that is left makes the run fail, so that somebody is called."""
    return DamagedError(str(record.message), root) if record.status == "damaged" else None
