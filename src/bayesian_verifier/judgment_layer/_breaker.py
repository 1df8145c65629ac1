"""Is it worth asking the verifier now? A circuit breaker as a pure state machine.

Closed, it counts calls over a window of time. It opens when a failed call is the last of a few failures in a
row, or when enough calls of the window failed; and when enough of them were slow. The row is what notices a
sudden death: after thousands of good calls the share of failed ones takes most of a window to grow. Open, it
refuses. Then, half open, it lets one call through, the probe, under a lease; whoever else asks is refused until
the probe has closed it, or opened it again, or kept its lease too long. Each change of phase and each lease has
a generation of its own, so that the late result of an earlier call changes nothing.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment_layer._values import Phase

_SLOTS = 10


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to stop asking, and when to try again.

    window: seconds over which calls are counted, in tenths.   minimum_calls: fewer in it never open by a rate.
    failure_rate: share of failed calls that opens, above 0 and up to 1.
    failures_in_row: that open, none a window or more after the one before.
    slow_after: seconds from which on a call is slow, whatever its reply; it counts once it has ended.
    slow_rate: share of slow calls that opens, above 0 and up to 1.   open_for: seconds before a probe.
    lease: seconds after which a probe that said nothing is given up; clients make it two of their time limits
    where that is longer.
    """

    window: float = 10.0
    minimum_calls: int = 5
    failure_rate: float = 0.5
    failures_in_row: int = 8
    slow_after: float = 1.0
    slow_rate: float = 1.0
    open_for: float = 1.0
    lease: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what could never open or never close."""
        if not all(0 < seconds < math.inf for seconds in (self.window, self.open_for, self.lease)):
            raise CallerError("window, open_for and lease are seconds above 0")
        if not (0 < self.failure_rate <= 1 and 0 < self.slow_rate <= 1 and self.slow_after > 0):
            raise CallerError("failure_rate and slow_rate are above 0 and at most 1, slow_after is above 0")
        if self.minimum_calls < 1 or self.failures_in_row < 1:
            raise CallerError("minimum_calls and failures_in_row are 1 or more")


class Slot(NamedTuple):
    """Calls that ended in one tenth of the window, numbered since the clock began."""

    number: int
    calls: int
    failed: int
    slow: int


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Where the breaker stands.

    generation: of the calls whose result counts.   slots: oldest first.   row: failures since the last success.
    until: when this phase may end.
    """

    phase: Phase = "closed"
    generation: int = 0
    slots: tuple[Slot, ...] = ()
    row: int = 0
    until: float = 0.0


class Ask(NamedTuple):
    """May a call be made?"""


class Ended(NamedTuple):
    """A call ended after so many seconds; failed is None if it was given up without a result."""

    generation: int
    failed: bool | None
    seconds: float = 0.0


Event = Ask | Ended


class Decision(NamedTuple):
    """What to do: make the call, under this generation, or not; decided at `since` seconds."""

    allowed: bool
    generation: int
    since: float


def step(
    state: BreakerState, event: Event, now: float, policy: BreakerPolicy
) -> tuple[BreakerState, Decision | None]:
    """The state after an event at `now` seconds, and for Ask the decision."""
    return _asked(state, now, policy) if isinstance(event, Ask) else (_ended(state, event, now, policy), None)


def _asked(state: BreakerState, now: float, policy: BreakerPolicy) -> tuple[BreakerState, Decision]:
    if state.phase == "closed":
        return state, Decision(allowed=True, generation=state.generation, since=now)
    if now < state.until:
        return state, Decision(allowed=False, generation=state.generation, since=now)
    leased = BreakerState("half_open", state.generation + 1, until=now + policy.lease)
    return leased, Decision(allowed=True, generation=leased.generation, since=now)


def _ended(state: BreakerState, event: Ended, now: float, policy: BreakerPolicy) -> BreakerState:
    if event.generation != state.generation or state.phase == "open":
        return state
    if event.failed is None:
        return replace(state, until=now) if state.phase == "half_open" else state
    slow = event.seconds >= policy.slow_after
    if state.phase == "half_open":
        if event.failed or slow:
            return _opened(state, now, policy)
        return BreakerState("closed", state.generation + 1)
    counted = _counted(state, now, policy, failed=event.failed, slow=slow)
    return _opened(state, now, policy) if _trips(counted, policy, failed=event.failed, slow=slow) else counted


def _trips(state: BreakerState, policy: BreakerPolicy, *, failed: bool, slow: bool) -> bool:
    """Whether the call just counted opens: a good and quick one never does."""
    if failed and state.row >= policy.failures_in_row:
        return True
    calls = sum(slot.calls for slot in state.slots)
    if calls < policy.minimum_calls:
        return False
    too_many_failed = sum(slot.failed for slot in state.slots) >= policy.failure_rate * calls
    too_many_slow = sum(slot.slow for slot in state.slots) >= policy.slow_rate * calls
    return (failed and too_many_failed) or (slow and too_many_slow)


def _opened(state: BreakerState, now: float, policy: BreakerPolicy) -> BreakerState:
    return BreakerState("open", state.generation + 1, until=now + policy.open_for)


def _counted(
    state: BreakerState, now: float, policy: BreakerPolicy, *, failed: bool, slow: bool
) -> BreakerState:
    current = int(now // (policy.window / _SLOTS))
    recent = [slot for slot in state.slots if current - _SLOTS < slot.number <= current]
    row = state.row if recent else 0
    last = recent.pop() if recent and recent[-1].number == current else Slot(current, 0, 0, 0)
    added = Slot(current, last.calls + 1, last.failed + failed, last.slow + slow)
    return replace(state, slots=(*recent, added), row=row + 1 if failed else 0)


class Breaker:
    """The state machine with a clock and a lock around its bookkeeping; no call is made under the lock."""

    def __init__(self, policy: BreakerPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState()

    @property
    def phase(self) -> Phase:
        """The phase now; it leaves "open" when somebody asks."""
        return self._state.phase

    def ask(self) -> Decision:
        """Whether to make a call; every one allowed must be ended."""
        with self._lock:
            now = self._clock()
            self._state, decision = step(self._state, Ask(), now, self._policy)
        return decision or Decision(allowed=False, generation=-1, since=now)

    def end(self, decision: Decision, *, failed: bool | None) -> None:
        """Say how an allowed call ended; None if it was given up without a result."""
        with self._lock:
            now = self._clock()
            ended = Ended(decision.generation, failed, now - decision.since)
            self._state, _ = step(self._state, ended, now, self._policy)
