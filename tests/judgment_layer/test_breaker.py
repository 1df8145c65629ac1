"""Does the breaker open when it should, let one probe through, and never listen to yesterday's calls?"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._breaker import Ask, Breaker, BreakerState, Decision, Ended, step


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class BreakerBesideItsDefinition(RuleBasedStateMachine):
    """Any calls, in any order, at any pace: the breaker and a plain account of every call agree.

    The account keeps all calls for ever and goes through them anew each time.
    """

    @initialize(
        minimum=st.integers(1, 4),
        rate=st.sampled_from([0.25, 0.5, 1.0]),
        window=st.sampled_from([1.0, 10.0]),
        row=st.sampled_from([1, 2, 3, 1000]),
        slow_rate=st.sampled_from([0.5, 1.0]),
    )
    def start(self, minimum: int, rate: float, window: float, row: int, slow_rate: float) -> None:
        self.policy = BreakerPolicy(
            window=window,
            minimum_calls=minimum,
            failure_rate=rate,
            failures_in_row=row,
            slow_after=1.0,
            slow_rate=slow_rate,
            open_for=2.0,
            lease=3.0,
        )
        self.clock = Clock()
        self.breaker = Breaker(self.policy, self.clock)
        self.running: list[tuple[Decision, int, int, float]] = []
        self.epoch = 0  # counts the times the breaker closed
        self.phase = "closed"
        self.calls: list[
            tuple[float, bool, bool]
        ] = []  # of this epoch: when it ended, whether badly, whether late
        self.waits_until = 0.0
        self.probe = -1  # number of the call that is the probe
        self.asked = 0

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.3, 1.0, 1.99, 2.0, 3.0, 9.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def somebody_asks(self) -> None:
        decision = self.breaker.ask()
        probing = self.phase != "closed" and self.clock.now >= self.waits_until
        assert decision.allowed == (self.phase == "closed" or probing)
        self.asked += 1
        if probing:
            self.phase, self.probe = "half_open", self.asked
            self.waits_until = self.clock.now + 3.0
        if decision.allowed:
            self.running.append((decision, self.asked, self.epoch, self.clock.now))

    @rule(data=st.data(), failed=st.sampled_from([True, False, None]))
    def a_call_ends(self, data: Any, failed: bool | None) -> None:  # noqa: ANN401
        if not self.running:
            return
        decision, number, epoch, begun = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.breaker.end(decision, failed=failed)
        slow = self.clock.now - begun >= 1.0
        if self.phase == "closed" and epoch == self.epoch and number > self.probe:
            self._count(failed, slow)
        elif self.phase == "half_open" and number == self.probe:
            self._settle(failed, slow)

    def _count(self, failed: bool | None, slow: bool) -> None:
        if failed is None:
            return
        self.calls.append((self.clock.now, failed, slow))
        recent = [call for call in self.calls if self._is_recent(call[0], self.clock.now)]
        if failed and self._row() >= self.policy.failures_in_row:
            self._open()
        elif len(recent) >= self.policy.minimum_calls:
            bad = sum(call[1] for call in recent) / len(recent)
            late = sum(call[2] for call in recent) / len(recent)
            if (failed and bad >= self.policy.failure_rate) or (slow and late >= self.policy.slow_rate):
                self._open()

    def _is_recent(self, at: float, now: float) -> bool:
        tenth = self.policy.window / 10
        return now // tenth - at // tenth < 10

    def _row(self) -> int:
        """Failures at the end of the account, counted backwards to a success or to a pause of a window."""
        count, later = 0, self.clock.now
        for at, failed, _ in reversed(self.calls):
            if not failed or not self._is_recent(at, later):
                break
            count, later = count + 1, at
        return count

    def _settle(self, failed: bool | None, slow: bool) -> None:
        if failed is None:
            self.waits_until = self.clock.now
        elif failed or slow:
            self._open()
        else:
            self.phase, self.calls = "closed", []
            self.epoch += 1

    def _open(self) -> None:
        self.phase, self.waits_until = "open", self.clock.now + 2.0
        self.epoch += 1

    @invariant()
    def the_phases_agree(self) -> None:
        assert self.breaker.phase == self.phase


BreakerBesideItsDefinition.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestBreakerBesideItsDefinition = BreakerBesideItsDefinition.TestCase


def test_one_caller_of_many_gets_the_probe() -> None:
    """Fifty threads ask a breaker that may probe: one goes."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(minimum_calls=1), clock)
    breaker.end(breaker.ask(), failed=True)
    for _ in range(20):
        clock.now += 1.0
        barrier = threading.Barrier(50)
        allowed: list[Decision] = []

        def ask(barrier: threading.Barrier = barrier, allowed: list[Decision] = allowed) -> None:
            barrier.wait()
            if (decision := breaker.ask()).allowed:
                allowed.append(decision)

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(allowed) == 1
        breaker.end(allowed[0], failed=True)


def test_a_probe_that_says_nothing_is_given_up() -> None:
    """After its lease another goes; what the first says later changes nothing."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(minimum_calls=1, open_for=1.0, lease=5.0), clock)
    breaker.end(breaker.ask(), failed=True)
    clock.now += 1.0
    lost = breaker.ask()
    clock.now += 4.9
    assert not breaker.ask().allowed
    clock.now += 0.1
    second = breaker.ask()
    assert (lost.allowed, second.allowed) == (True, True)
    breaker.end(lost, failed=False)
    assert breaker.phase == "half_open"
    breaker.end(second, failed=False)
    assert breaker.phase == "closed"


def test_good_calls_outweigh_a_few_failures() -> None:
    """49 of 100 in the window are borne, half of them are not; those that left the window do not count."""
    clock = Clock()
    policy = BreakerPolicy(minimum_calls=5, failure_rate=0.5, failures_in_row=1000, window=10.0)
    breaker = Breaker(policy, clock)
    for failed in [False] * 51 + [True] * 49:
        breaker.end(breaker.ask(), failed=failed)
    assert breaker.phase == "closed"
    clock.now += 20.0
    for _ in range(4):
        breaker.end(breaker.ask(), failed=True)
    assert breaker.phase == "closed"
    breaker.end(breaker.ask(), failed=True)
    assert breaker.phase == "open"


def test_the_step_is_pure() -> None:
    """The same state, event and time give the same result, and the state given is left as it was."""
    policy = BreakerPolicy(minimum_calls=1)
    state = BreakerState()
    opened, _ = step(state, Ended(0, failed=True), 5.0, policy)
    assert state == BreakerState()
    assert opened.phase == "open"
    assert step(opened, Ask(), 5.5, policy) == step(opened, Ask(), 5.5, policy)
    with pytest.raises(AttributeError):
        state.phase = "open"  # type: ignore[misc]


def test_a_sudden_death_after_many_good_calls_is_noticed_at_once() -> None:
    """Eight failures in a row open, however good the window was; a success among them begins the row anew."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(), clock)
    for failed in [False] * 3000 + [True] * 7 + [False] + [True] * 7:
        breaker.end(breaker.ask(), failed=failed)
    assert breaker.phase == "closed"
    breaker.end(breaker.ask(), failed=True)
    assert breaker.phase == "open"


def test_failures_far_apart_are_no_row() -> None:
    """One a window, with nothing between."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(minimum_calls=100), clock)
    for _ in range(50):
        breaker.end(breaker.ask(), failed=True)
        clock.now += 11.0
    assert breaker.phase == "closed"


def test_calls_that_are_all_slow_open_and_a_slow_probe_opens_again() -> None:
    """Each of them good; a quick one among the last of the window keeps it closed."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(slow_after=0.5, slow_rate=1.0, minimum_calls=3, window=100.0), clock)

    def call(seconds: float) -> None:
        decision = breaker.ask()
        assert decision.allowed
        clock.now += seconds
        breaker.end(decision, failed=False)

    for seconds in (0.1, 0.6, 0.6, 0.6):
        call(seconds)
    assert breaker.phase == "closed"
    clock.now += 200.0
    for seconds in (0.5, 0.5, 0.5):
        call(seconds)
    assert breaker.phase == "open"
    clock.now += 1.0
    call(0.5)
    assert breaker.phase == "open"
    clock.now += 1.0
    call(0.4)
    assert breaker.phase == "closed"


def test_a_clock_that_stands_still_opens_no_door_twice() -> None:
    """With no time passing the breaker opens, stays open, and lets nobody through."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(), clock)
    for _ in range(5):
        breaker.end(breaker.ask(), failed=True)
    assert [breaker.ask().allowed for _ in range(1000)] == [False] * 1000


def test_a_clock_that_leaps_lets_one_probe_through() -> None:
    """A machine that slept for a year: one caller goes, the rest wait for it."""
    clock = Clock()
    breaker = Breaker(BreakerPolicy(), clock)
    for _ in range(5):
        breaker.end(breaker.ask(), failed=True)
    clock.now += 3.2e7
    assert [breaker.ask().allowed for _ in range(1000)].count(True) == 1
