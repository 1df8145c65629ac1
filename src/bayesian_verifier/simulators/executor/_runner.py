"""How is a plan carried out by real processes, some of which are taken away, and what does it take?

A spot worker gets a random amount of processor time before the kernel takes it away; what it had not kept is lost. All
is counted in processor time, which says the same on a machine that others share.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.simulators.executor import _worker
from bayesian_verifier.simulators.executor._runs import Run
from bayesian_verifier.simulators.executor._worker import CHUNKS, JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

#: processor time, in yardsticks, that a spot worker has on average before it is taken away
SPOT_MEAN = 1.2
#: yardsticks along the longest path after which a run is given up
LIMIT = 6.0
#: yardsticks are medians of so many runs left alone, the newest ones
_YARDSTICKS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to have a job done.

    halves: both halves at the same time, in the hope that neither is lost.   every: chunks between checkpoints, 0 for
    none.   spot: attempts on workers that may be taken away before a reserved one is paid for; None: never.
    """

    name: str
    halves: bool = False
    every: int = 0
    spot: int | None = None


PLANS = (
    Plan("spot"),
    Plan("spot_checkpointed", every=4),
    Plan("spot_halves", halves=True),
    Plan("spot_then_reserved", spot=1),
    Plan("reserved", spot=0),
)


class _Spent(NamedTuple):
    spot: float
    reserved: float
    attempts: int
    result: int | None


class JobRunner:
    """Carries out plans on this machine.   clock: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._alone: dict[str, deque[float]] = {job: deque(maxlen=_YARDSTICKS) for job in JOBS}
        self._results: dict[str, int] = {}

    def rounds(self, rng: np.random.Generator, count: int) -> Iterator[Run]:
        """Every plan `count` times, jobs in turn; the yardstick is measured again at each."""
        for number in range(count):
            job = JOBS[number % len(JOBS)]
            for plan in PLANS:
                yield self.run(rng, job, plan)

    def run(self, rng: np.random.Generator, job: str, plan: Plan) -> Run:
        """Carry out a plan once. Raises OperatorError where workers do not do what they must."""
        yardstick = self._yardstick(job)
        parts = [(0, CHUNKS // 2), (CHUNKS // 2, CHUNKS)] if plan.halves else [(0, CHUNKS)]
        seeds = rng.spawn(len(parts))
        began = self._clock()
        with ThreadPoolExecutor(len(parts)) as pool:
            done = list(
                pool.map(
                    lambda one: self._part(one[0], job, plan, one[1], yardstick),
                    zip(seeds, parts, strict=True),
                )
            )
        results = [one.result for one in done]
        finished = None not in results
        if finished and sum(r for r in results if r is not None) & 0xFFFFFFFF != self._results[job]:
            raise OperatorError(
                f"job {job!r}: plan {plan.name!r} ended in another result than the job left alone"
            )
        spot = [one.spot / yardstick for one in done] + [0.0]
        return Run(
            job=job,
            plan=plan.name,
            spot=(round(spot[0], 4), round(spot[1], 4)),
            reserved=round(sum(one.reserved for one in done) / yardstick, 4),
            attempts=sum(one.attempts for one in done),
            wall=round(self._clock() - began, 4),
            finished=finished,
        )

    def _yardstick(self, job: str) -> float:
        """Processor seconds of the job left alone, now."""
        known = self._alone[job]
        with tempfile.TemporaryDirectory() as place:
            for _ in range(1 if known else _YARDSTICKS):
                seconds, result = _worked(Path(place), job, (0, CHUNKS), 0, 0.0)
                if result is None:
                    raise OperatorError(f"job {job!r}: a worker that nobody took away did not finish")
                known.append(seconds)
                self._results[job] = result
        return statistics.median(known)

    def _part(
        self, rng: np.random.Generator, job: str, plan: Plan, part: tuple[int, int], yardstick: float
    ) -> _Spent:
        """Attempts at some chunks until they are done."""
        spot = 0.0
        attempts = 0
        with tempfile.TemporaryDirectory() as place:
            while plan.spot is None or attempts < plan.spot:
                left = LIMIT * yardstick - spot
                if left <= 0:
                    return _Spent(spot, 0.0, attempts, None)
                taken_after = min(rng.exponential(SPOT_MEAN) * yardstick, left)
                seconds, result = _worked(Path(place), job, part, plan.every, max(taken_after, 1e-4))
                spot, attempts = spot + seconds, attempts + 1
                if result is not None:
                    return _Spent(spot, 0.0, attempts, result)
            seconds, result = _worked(Path(place), job, part, plan.every, 0.0)
            return _Spent(spot, seconds, attempts + 1, result)


def _worked(
    place: Path, job: str, part: tuple[int, int], every: int, taken_after: float
) -> tuple[float, int | None]:
    """Processor seconds of one worker, and its result; None where it was taken away."""
    arguments = [job, *map(str, part), str(every), str(place / "kept"), f"{taken_after:.6f}"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own program, under our own interpreter
            [sys.executable, "-I", "-S", _worker.__file__, *arguments], stdout=said, stdin=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode()
    seconds = used.ru_utime + used.ru_stime
    if process.returncode == 0:
        return seconds, int(text)
    if process.returncode > 0:
        raise OperatorError(f"a worker of job {job!r} failed with exit code {process.returncode}")
    return seconds, None
