"""The runner: starts what is due, ends what is cancelled or hangs, and outlives its server."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import anyio
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import Abort
from prefect.runner import Runner
from prefect.settings import PREFECT_API_REQUEST_TIMEOUT, PREFECT_RUNNER_POLL_FREQUENCY
from prefect.states import Crashed, Failed
from prefect.utilities.engine import propose_state

from pipelines.flows.recorded import find_recorded_end
from pipelines.flows.registry import Registry
from pipelines.flows.trouble import TROUBLE, Trouble

logger = logging.getLogger(__name__)

NEVER_SECONDS: Final = 365 * 86_400.0
CHECKED_POLLS: Final = 6
"""After so many looks at the server, it checks its deployments, and whether runs were lost: those
that are at work on the server, and not here, since the check before."""
CANCEL_SECONDS: Final = 20.0
"""How long runs may take to end when `serve` ends. systemd and Docker do not wait for ever."""
SAY_SECONDS: Final = 8.0
PAUSE_SECONDS: Final = 8.0
_AT_WORK: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


class PatientRunner(Runner):
    """A runner that stays, whatever becomes of its server.

    The runner of Prefect ends after three failures in a row. If its server restarts, it no longer
    hears what is cancelled. Its runs are killed when it stops, and stay Running for good. So this
    one asks the server itself, on top of Prefect's own way to start and to cancel runs.
    """

    def __init__(
        self,
        registry: Registry,
        is_busy: Callable[[FlowRun], bool],
        timeout_seconds: float | None = None,
    ) -> None:
        # Prefect's observer of cancelled runs asks the server that often if its socket is closed,
        # and gives up at the third failure. So it shall not ask a second time.
        super().__init__(query_seconds=NEVER_SECONDS, pause_on_shutdown=False)
        logging.getLogger("prefect.FlowRunCancellingObserver").setLevel(logging.CRITICAL)
        self._registry = registry
        self._is_busy = is_busy
        self._timeout_seconds = timeout_seconds
        self._trouble = Trouble()
        self._polls = 0
        self._strange: set[UUID] = set()
        self._ended: set[UUID] = set()

    async def start(self, run_once: bool = False, webserver: bool | None = None) -> None:  # noqa: ARG002
        """Run what is due until somebody stops it. Then pause what it offered."""
        self._adopt()
        async with self:
            async with self._loops_task_group as loops:
                loops.start_soon(self._poll)
                if self._timeout_seconds:
                    loops.start_soon(self._end_long_runs, self._timeout_seconds)
            await self._pause()
            self._leave_observer()

    async def __aenter__(self) -> "PatientRunner":
        """Start, and do not let Prefect report a run as crashed whose record says how it ended."""
        await super().__aenter__()
        # All parts of Prefect that report a crashed run call this.
        setattr(self._state_proposer, "propose_crashed", self._propose_end)  # noqa: B010
        return self

    async def _propose_end(self, run: FlowRun, message: str) -> State[Any] | None:
        """Say how a run ended whose process did not: as its record says, or else as Crashed."""
        recorded = find_recorded_end(run)
        state = recorded.state if recorded else Crashed(message=message)
        try:
            proposed = await propose_state(self._client, state, flow_run_id=run.id)
            if recorded:
                await self._client.update_flow_run(run.id, name=recorded.name)
        except Abort:
            # It ended meanwhile.
            return None
        except TROUBLE as error:
            # `_close_lost` will say it.
            self._trouble.note(error)
            return None
        logger.warning("the run %s could not say how it ended: %s", run.name, state.message)
        return proposed

    def _adopt(self) -> None:
        for name, id_ in self._registry.ids.items():
            self._deployment_registry.register_deployment(id_, name.partition("/")[2])

    async def _poll(self) -> None:
        """Ask the server, again and again. No failure ends this, and `astop` cancels it at last."""
        while True:
            if not self.stopping:
                await self._try(self._look())
            await anyio.sleep(PREFECT_RUNNER_POLL_FREQUENCY.value())

    async def _try(self, call: Awaitable[None]) -> None:
        asked = time.monotonic()
        try:
            with anyio.fail_after(PREFECT_API_REQUEST_TIMEOUT.value()):
                await call
        except TROUBLE as error:
            self._trouble.note(error, asked)
        else:
            if self._trouble.end():
                # The server may have lost what it knew.
                self._polls = 0

    async def _look(self) -> None:
        await self._scheduled_run_poller._get_and_submit_flow_runs()
        at_work = await self._list_at_work()
        for run in at_work:
            if run.id in self._process_manager.flow_run_ids() and _is_cancelling(run):
                self._runs_task_group.start_soon(self._cancel_run, run.id)
        if self._polls % CHECKED_POLLS == 0:
            if await self._registry.restore(self._client):
                self._adopt()
            await self._close_lost(at_work)
        self._polls += 1

    async def _list_at_work(self) -> list[FlowRun]:
        """The runs of our deployments that the server takes for being at work."""
        return await self._client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=list(self._registry.ids.values())),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_AT_WORK)),
            )
        )

    async def _cancel_run(self, flow_run: Any, state_msg: str | None = None) -> None:
        """Cancel a run. If the server fails meanwhile, the next look tries again."""
        try:
            await super()._cancel_run(flow_run, state_msg)
        except TROUBLE as error:
            self._trouble.note(error)

    async def _handle_cancellation_observer_failure(self) -> None:
        """Nothing is lost: `_look` finds what is cancelled."""

    def _leave_observer(self) -> None:
        """Without this, Prefect logs the traceback of its own end, if its socket was closed."""
        observer = self._cancelling_observer
        if observer and observer._polling_task:
            observer._polling_task.remove_done_callback(observer._handle_polling_task_done)

    async def _close_lost(self, at_work: list[FlowRun]) -> None:
        """End runs whose process is gone: it was killed while the server was away."""
        mine = self._process_manager.flow_run_ids()
        mine |= self._scheduled_run_poller._submitting_flow_run_ids
        strange = {run.id: run for run in at_work if run.id not in mine}
        for id_ in strange.keys() & self._strange:
            if not self._is_busy(strange[id_]):
                await self._close(strange[id_])
        self._strange = set(strange)

    async def _close(self, run: FlowRun) -> None:
        if _is_cancelling(run):
            message = "The process of this run had ended when it was to be cancelled."
            await self._state_proposer.propose_cancelled(run, {"message": message})
            logger.warning("the run %s was lost: %s", run.name, message)
        else:
            message = "The process of this run ended, and could not tell the server how."
            await self._propose_end(run, message)

    async def _end_long_runs(self, timeout_seconds: float) -> None:
        """End the runs that take too long, even if the server is away."""
        began: dict[UUID, float] = {}
        while True:
            now = time.monotonic()
            began = {id_: began.get(id_, now) for id_ in self._process_manager.flow_run_ids()}
            for id_, since in began.items():
                if now - since >= timeout_seconds and id_ not in self._ended:
                    self._ended.add(id_)
                    self._runs_task_group.start_soon(self._time_out, id_, timeout_seconds)
            await anyio.sleep(1)

    async def _time_out(self, id_: UUID, timeout_seconds: float) -> None:
        """Say that a run timed out, then kill it. It may hang, so it is not asked."""
        message = f"It took longer than {timeout_seconds:g} s (--timeout), and was ended."
        state: State[Any] = Failed(name="TimedOut", message=message)
        try:
            with anyio.fail_after(PREFECT_API_REQUEST_TIMEOUT.value()):
                await self._client.set_flow_run_state(id_, state)
        except TROUBLE as error:
            self._trouble.note(error)
        logger.warning("the run %s took longer than %g s: it is ended", id_, timeout_seconds)
        await self._process_manager.kill(id_, force=True)

    def handle_sigterm(self, number: int, _: object = None) -> None:
        """Stop. Stop at once if nothing runs yet, or at the second signal."""
        if not self.started:
            sys.exit(128 + number)
        self.execute_in_background(self.astop)

    async def astop(self) -> None:
        """Cancel the runs, then stop. What cannot be cancelled in time is killed."""
        self.started = False
        self.stopping = True
        self._scheduled_run_poller.stopping = True
        with anyio.move_on_after(CANCEL_SECONDS):
            await self.cancel_all()
        await self._kill_rest()
        self._loops_task_group.cancel_scope.cancel()

    async def _kill_rest(self) -> None:
        """Kill what could not be cancelled in time, and say so first, or it would be a crash."""
        rest = self._process_manager.flow_run_ids()
        try:
            with anyio.fail_after(SAY_SECONDS):
                for id_ in rest:
                    run = await self._client.read_flow_run(id_)
                    await self._state_proposer.propose_cancelled(run, {"message": "serve ended."})
        except TROUBLE as error:
            self._trouble.note(error)
        for id_ in rest:
            await self._process_manager.kill(id_, force=True)

    async def _pause(self) -> None:
        try:
            with anyio.fail_after(PAUSE_SECONDS):
                await self._registry.stop(self._client)
        except TROUBLE as error:
            logger.warning("the deployments could not be paused: %s", error)


def _is_cancelling(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_cancelling()
