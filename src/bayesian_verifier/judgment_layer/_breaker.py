"""Is it worth asking the verifier now? A circuit breaker as a pure state machine.

Closed, it counts calls over a window of time, and opens when enough of them failed. Open, it refuses. Then,
half open, it lets one call through, the probe, under a lease; whoever else asks is refused until the probe
has closed it, or opened it again, or kept its lease too long. Each change of phase and each lease has a
generation of its own, so that the late result of an earlier call changes nothing.
"""

from __future__ import annotations

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

    window: seconds over which calls are counted, in tenths.   minimum_calls: fewer in it never open.
    failure_rate: share of failed calls that opens, above 0 and up to 1.   open_for: seconds before a probe.
    lease: seconds after which a probe that said nothing is given up.
    """

    window: float = 10.0
    minimum_calls: int = 5
    failure_rate: float = 0.5
    open_for: float = 1.0
    lease: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what could never open or never close."""
        if not (self.window > 0 and self.open_for > 0 and self.lease > 0):
            raise CallerError("window, open_for and lease are seconds above 0")
        if self.minimum_calls < 1 or not 0 < self.failure_rate <= 1:
            raise CallerError("expected minimum_calls of 1 or more and a failure_rate above 0, at most 1")


class Slot(NamedTuple):
    """Calls that ended in one tenth of the window, numbered since the clock began."""

    number: int
    calls: int
    failed: int


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Where the breaker stands.

    generation: of the calls whose result counts.   slots: oldest first.   until: when this phase may end.
    """

    phase: Phase = "closed"
    generation: int = 0
    slots: tuple[Slot, ...] = ()
    until: float = 0.0


class Ask(NamedTuple):
    """May a call be made?"""


class Ended(NamedTuple):
    """A call ended; failed is None if it was given up without a result."""

    generation: int
    failed: bool | None


Event = Ask | Ended


class Decision(NamedTuple):
    """What to do: make the call, under this generation, or not."""

    allowed: bool
    generation: int


def step(
    state: BreakerState, event: Event, now: float, policy: BreakerPolicy
) -> tuple[BreakerState, Decision | None]:
    """The state after an event at `now` seconds, and for Ask the decision."""
    return _asked(state, now, policy) if isinstance(event, Ask) else (_ended(state, event, now, policy), None)


def _asked(state: BreakerState, now: float, policy: BreakerPolicy) -> tuple[BreakerState, Decision]:
    if state.phase == "closed":
        return state, Decision(allowed=True, generation=state.generation)
    if now < state.until:
        return state, Decision(allowed=False, generation=state.generation)
    leased = BreakerState("half_open", state.generation + 1, until=now + policy.lease)
    return leased, Decision(allowed=True, generation=leased.generation)


def _ended(state: BreakerState, event: Ended, now: float, policy: BreakerPolicy) -> BreakerState:
    if event.generation != state.generation or state.phase == "open":
        return state
    if state.phase == "half_open":
        if event.failed is None:
            return replace(state, until=now)
        if event.failed:
            return _opened(state, now, policy)
        return BreakerState("closed", state.generation + 1)
    if event.failed is None:
        return state
    counted = replace(state, slots=_counted(state.slots, now, policy, failed=event.failed))
    calls = sum(slot.calls for slot in counted.slots)
    failures = sum(slot.failed for slot in counted.slots)
    trips = calls >= policy.minimum_calls and failures >= policy.failure_rate * calls
    return _opened(state, now, policy) if trips and event.failed else counted


def _opened(state: BreakerState, now: float, policy: BreakerPolicy) -> BreakerState:
    return BreakerState("open", state.generation + 1, until=now + policy.open_for)


def _counted(slots: tuple[Slot, ...], now: float, policy: BreakerPolicy, *, failed: bool) -> tuple[Slot, ...]:
    current = int(now // (policy.window / _SLOTS))
    recent = [slot for slot in slots if current - _SLOTS < slot.number <= current]
    last = recent.pop() if recent and recent[-1].number == current else Slot(current, 0, 0)
    return (*recent, Slot(current, last.calls + 1, last.failed + failed))


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
            self._state, decision = step(self._state, Ask(), self._clock(), self._policy)
        return decision or Decision(allowed=False, generation=-1)

    def end(self, decision: Decision, *, failed: bool | None) -> None:
        """Say how an allowed call ended; None if it was given up without a result."""
        with self._lock:
            self._state, _ = step(
                self._state, Ended(decision.generation, failed), self._clock(), self._policy
            )
