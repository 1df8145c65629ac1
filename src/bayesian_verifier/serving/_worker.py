"""Who does the work, one request after the other, and how many may wait?

One thread: a second one gains little on a posterior's small matrices. All but `_run` happens on the event
loop, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from bayesian_verifier.serving._pace import Pace
from bayesian_verifier.serving._problems import OutOfBudgetError, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[float], Any]
    arrived: float
    deadline: float
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Outcome(NamedTuple):
    result: Any
    error: BaseException | None
    seconds: float


class Worker:
    """A thread with a bounded queue.

    limit: requests waiting or running, at most.   clock: seconds, monotonic.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.pending = 0
        self.pace = Pace()
        self._clock = clock
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Finish what was taken in, for at most `seconds`."""
        self._jobs.put(None)
        self._thread.join(seconds)

    async def do(self, work: Callable[[float], T], *, arrived: float, deadline: float = math.inf) -> T:
        """The result of work(seconds waited), done in the thread.

        arrived, deadline: on the worker's clock.
        Raises QueueFullError when no more may wait, and OutOfBudgetError when the deadline cannot be met:
        at once where that is clear from the queue, else as soon as it has passed.
        """
        if self.pending >= self.limit:
            seconds = max(1, math.ceil(self.pending * self.pace.typical))
            raise QueueFullError(f"{self.pending} requests are waiting already", retry_after=seconds)
        if self._clock() + self.pace.least_seconds(self.pending) > deadline:
            raise OutOfBudgetError(f"with {self.pending} requests ahead it cannot be answered in time")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self.pending += 1
        self._jobs.put(_Job(work, arrived, deadline, future, loop))
        return await future

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            outcome = self._outcome(job)
            # the loop is closed where nobody waits any more
            with contextlib.suppress(RuntimeError):
                job.loop.call_soon_threadsafe(self._settle, job, outcome)

    def _outcome(self, job: _Job) -> _Outcome:
        started = self._clock()
        if started > job.deadline:
            return _Outcome(None, OutOfBudgetError("its turn came too late"), 0.0)
        try:
            result = job.work(started - job.arrived)
        except BaseException as exc:  # noqa: BLE001 whatever it is, the caller must hear of it
            return _Outcome(None, exc, 0.0)
        finished = self._clock()
        if finished > job.deadline:
            return _Outcome(None, OutOfBudgetError("it took longer than there was time"), finished - started)
        return _Outcome(result, None, finished - started)

    def _settle(self, job: _Job, outcome: _Outcome) -> None:
        self.pending -= 1
        if outcome.seconds:
            self.pace = self.pace.after(outcome.seconds)
        if job.future.done():
            return
        if outcome.error is None:
            job.future.set_result(outcome.result)
        else:
            job.future.set_exception(outcome.error)
