"""What do callers get of many side-cars? A simulation of their queues, event by event.

A side-car answers one request after the other, and refuses at once what has no room in its queue or could not be
answered in time. Who is refused, or waits longer than the deadline, goes on with the controller. How long an answer and
a refusal take is measured; what is simulated is how requests meet. Everything follows from the generator that is given.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
#: how a request finds its side-car: the one beside its application, any, the idler of two, the idlest of all
Sharing = Literal["own", "random", "two choices", "least work"]


class Measured(NamedTuple):
    """A side-car on one core, in seconds.

    answers [n]: what answers took, to draw from.   refusal: what a refusal takes.   overhead: between caller and
    side-car, there and back.
    """

    answers: Float
    refusal: float = 0.0
    overhead: float = 0.0
    queue_limit: float = math.inf
    deadline: float = math.inf


class Slow(NamedTuple):
    """From start to end seconds, a side-car takes so many times as long; inf: it does nothing at all."""

    start: float
    end: float
    factor: float


class Traffic(NamedTuple):
    """Requests of one application: so many a second on average, Poisson, `peak` times as many for `share` of the time.

    A peak lasts `seconds`, and begins when each application's own chance has it.
    """

    rate: float
    peak: float = 1.0
    share: float = 0.1
    seconds: float = 1.0

    def times(self, rng: np.random.Generator, duration: float) -> Float:
        """When requests come in so many seconds, ascending."""
        if self.peak == 1.0:
            return np.sort(rng.uniform(0, duration, rng.poisson(self.rate * duration)))
        quiet = self.rate / (1 - self.share + self.share * self.peak)
        period = self.seconds / self.share
        starts = np.arange(-1, math.ceil(duration / period) + 1) * period + rng.uniform(0, period)
        everywhere = rng.uniform(0, duration, rng.poisson(quiet * duration))
        extra = [
            rng.uniform(start, start + self.seconds, rng.poisson(quiet * (self.peak - 1) * self.seconds))
            for start in starts
        ]
        found = np.sort(np.concatenate([everywhere, *extra]))
        return found[(found >= 0) & (found < duration)]


@dataclass(slots=True)
class Outcome:
    """What came of all requests: answered in time, answered too late, refused; seconds of the answered."""

    asked: int
    good: int
    late: int
    refused: int
    waits: Float
    busy: float

    @property
    def missed(self) -> float:
        """Share of requests for which the controller stood in."""
        return 1 - self.good / self.asked


class _Server:
    """One side-car: until when it has work, and when each request that is in it will be done."""

    def __init__(self, slowed: Sequence[Slow]) -> None:
        self.free = self.busy = 0.0
        self.inside: deque[float] = deque()
        self._slowed = deque(slowed)

    def crowd(self, now: float) -> int:
        """How many requests are in it."""
        while self.inside and self.inside[0] <= now:
            self.inside.popleft()
        return len(self.inside)

    def work(self, now: float, seconds: float) -> float:
        """When work that comes now is done, after all that came before."""
        begin = max(now, self.free)
        while self._slowed and self._slowed[0].end <= begin:
            self._slowed.popleft()
        done = begin + seconds
        for slow in self._slowed:
            if slow.start >= done:
                break
            if math.isinf(slow.factor):
                begin = max(begin, slow.start)
                done += slow.end - begin
            else:
                part = min(done, slow.end) - max(begin, slow.start)
                done += part * (slow.factor - 1)
        self.busy += seconds
        self.free = done
        return done


def play(
    rng: np.random.Generator,
    side_car: Measured,
    arrivals: Sequence[Float],
    count: int,
    sharing: Sharing,
    slowed: Sequence[Sequence[Slow]] = (),
) -> Outcome:
    """Requests of applications, a row of times each, to `count` side-cars.

    slowed: of each side-car, if any are.   With "own", application i asks side-car i.
    """
    times = np.concatenate(arrivals)
    owners = np.repeat(np.arange(len(arrivals)), [len(row) for row in arrivals])
    order = np.argsort(times, kind="stable")
    times, owners = times[order], owners[order]
    needed = rng.choice(side_car.answers, len(times))
    typical = float(side_car.answers.mean())
    servers = [_Server(slowed[i] if slowed else ()) for i in range(count)]
    first, second = rng.integers(0, count, (2, len(times)))
    waits: list[float] = []
    refused = 0
    for i, (now, seconds) in enumerate(zip(times.tolist(), needed.tolist(), strict=True)):
        if sharing == "own":
            server = servers[owners[i]]
        elif sharing == "least work":
            server = min(servers, key=lambda one: one.free)
        else:
            server = servers[first[i]]
            if sharing == "two choices":
                server = min(server, servers[second[i]], key=lambda one: one.crowd(now))
        ahead = max(0.0, server.free - now)
        full = server.crowd(now) >= side_car.queue_limit
        if full or ahead + typical + side_car.overhead > side_car.deadline:
            refused += 1
            server.work(now, side_car.refusal)
            continue
        done = server.work(now, seconds)
        server.inside.append(done)
        waits.append(done - now + side_car.overhead)
    found = np.array(waits)
    good = int((found <= side_car.deadline).sum())
    span = float(times[-1] - times[0]) if len(times) > 1 else 1.0
    busy = sum(server.busy for server in servers) / (span * count)
    return Outcome(len(times), good, len(found) - good, refused, found, busy)
