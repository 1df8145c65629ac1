"""Who does the work, one request after the other, and how many may wait?

One thread: a second one gains little on a posterior's small matrices. A request holds one place in the queue
and has the thread for one turn; one that needs many turns goes to the end of the queue after each, so that
nobody behind it waits for all of them. All but `_run` happens on the event loop, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from bayesian_verifier.serving._lull import Lull
from bayesian_verifier.serving._pace import Pace
from bayesian_verifier.serving._problems import OutOfBudgetError, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[float], Any]
    arrived: float
    deadline: float
    behind: int
    paced: bool
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Outcome(NamedTuple):
    result: Any
    error: BaseException | None
    seconds: float


class Ticket:
    """One request that has arrived whole and is on its way to a place; others must reckon with it until then."""

    __slots__ = ("_worker",)

    def __init__(self, worker: Worker) -> None:
        self._worker: Worker | None = worker
        worker.coming += 1

    def release(self) -> None:
        """It has its place now, or never will; once is enough."""
        if self._worker is not None:
            self._worker.coming -= 1
            self._worker = None


class Worker:
    """A thread with a bounded queue.

    limit: requests waiting or running, at most.   clock: seconds, monotonic.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.pending = 0
        self.coming = 0
        self._last_empty = self._last_measured = clock()
        self.pace = Pace()
        self.lull = Lull(lambda: self.pending > 0, clock)
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
        """The result of work(seconds waited), done in the thread: one place, one turn. Raises as those do."""
        with self.place():
            return await self.turn(work, arrived=arrived, deadline=deadline)

    def ticket(self) -> Ticket:
        """Reckon with one more request that will ask for a place at once."""
        return Ticket(self)

    def require_room(self, seconds: float = math.inf) -> None:
        """Raises what a request that asked now, and had so many seconds, would be refused with."""
        if (refusal := self.refusal(seconds)) is not None:
            raise refusal

    def refusal(self, seconds: float = math.inf) -> QueueFullError | OutOfBudgetError | None:
        """What a request that asked now, and had so many seconds, would be refused with; None where it has room."""
        ahead, now = self.pending + self.coming, self._clock()
        if not ahead:
            self._last_empty = now
        if not self._has_place(ahead):
            return self._full(ahead)
        if not self._pace_at(now).can_meet(seconds, ahead, now - self._last_empty):
            return _too_late(ahead)
        return None

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, kept from turn to turn. Raises QueueFullError when no more may wait."""
        if not self._has_place(self.pending):
            raise self._full(self.pending)
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1

    async def turn(
        self,
        work: Callable[[float], T],
        *,
        arrived: float,
        deadline: float = math.inf,
        left: int = 1,
        paced: bool = True,
    ) -> T:
        """The result of work(seconds waited), done in the thread by one who holds a place.

        arrived, deadline: on the worker's clock.   left: turns still needed before the deadline, with this one.
        paced: whether the turn is one posterior, whose time tells what the next will take.
        Raises OutOfBudgetError when the deadline cannot be met: at once where that is clear from the queue,
        else as soon as it has passed.
        """
        ahead = self.pending - 1
        now = self._clock()
        pace = self._pace_at(now)
        if now + pace.least_seconds(ahead) + (left - 1) * pace.shortest > deadline:
            raise _too_late(ahead)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, arrived, deadline, ahead, paced, future, loop))
        return await future

    def _pace_at(self, now: float) -> Pace:
        return self.pace.remembered(now - self._last_measured)

    def _has_place(self, ahead: int) -> bool:
        return ahead < self.limit

    def _full(self, ahead: int) -> QueueFullError:
        seconds = max(1, math.ceil(ahead * self.pace.typical))
        return QueueFullError(f"{ahead} requests are waiting already", retry_after=seconds)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            outcome = self._outcome(job)
            # the loop is closed where nobody waits any more
            with contextlib.suppress(RuntimeError):
                job.loop.call_soon_threadsafe(self._settle, job, outcome)
            self.lull.end()

    def _outcome(self, job: _Job) -> _Outcome:
        started = self._clock()
        if not self._pace_at(started).can_finish(job.deadline - started, waited=job.behind > 0):
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
        if outcome.seconds and job.paced:
            self.pace, self._last_measured = self.pace.after(outcome.seconds), self._clock()
        self.lull.put_off()
        if job.future.done():
            return
        if outcome.error is None:
            job.future.set_result(outcome.result)
        else:
            job.future.set_exception(outcome.error)


def _too_late(ahead: int) -> OutOfBudgetError:
    return OutOfBudgetError(f"with {ahead} requests ahead it cannot be answered in time")
