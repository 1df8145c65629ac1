"""P10: does at most one call at a time go through a half-open breaker? Counted where it matters, at the service."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

from faulty_server import FaultyServer, Request, answering, silent, status
from people import safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._breaker import Breaker

if TYPE_CHECKING:
    import socket

    from bayesian_verifier.judgment_layer import Outcome

PEOPLE = safe_times(4)
CROWD = 24
POLICY = BreakerPolicy(failures_in_row=1, open_for=0.1, lease=0.001)


class Counting:
    """A behaviour that fails slowly, and counts how many requests it has at a time."""

    def __init__(self) -> None:
        self.most = self.now = self.calls = 0
        self._lock = threading.Lock()
        self._fails = status("500 Internal Server Error")

    def __call__(self, client: socket.socket, request: Request, stop: threading.Event) -> bool:
        """Take longer than the lease the policy asks for."""
        with self._lock:
            self.calls, self.now = self.calls + 1, self.now + 1
            self.most = max(self.most, self.now)
        time.sleep(0.05)
        with self._lock:
            self.now -= 1
        return self._fails(client, request, stop)


def test_p10_threads_send_one_probe() -> None:
    """24 threads ask as fast as they can for six times as long as it stays open: one probe at a time.

    And on until there was one, should none of them have had a turn by then.
    """
    service = Counting()
    outcomes: list[Outcome] = []
    with FaultyServer(service) as server, VerifierClient(server.url, 2.0, breaker=POLICY) as client:
        assert client.posterior(PEOPLE).reason == "server_error"
        end = time.monotonic() + 6 * POLICY.open_for

        def work() -> None:
            while time.monotonic() < end or service.calls < 2:
                outcomes.append(client.posterior(PEOPLE))
                time.sleep(0.001)

        threads = [threading.Thread(target=work) for _ in range(CROWD)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert service.most == 1
    assert 1 <= service.calls - 1 <= 6
    assert [outcome.reason for outcome in outcomes].count("server_error") == service.calls - 1
    assert {outcome.reason for outcome in outcomes} <= {"server_error", "circuit_open"}


def test_p10_tasks_send_one_probe() -> None:
    """The same in an event loop, all asking at the very moment it may be tried again."""
    service = Counting()

    async def main(url: str) -> list[Outcome]:
        async with aio.VerifierClient(url, 2.0, breaker=POLICY) as client:
            await client.posterior(PEOPLE)
            found: list[Outcome] = []
            for _ in range(4):
                await asyncio.sleep(POLICY.open_for * 1.2)
                found += await asyncio.gather(*(client.posterior(PEOPLE) for _ in range(CROWD)))
            return found

    with FaultyServer(service) as server:
        outcomes = asyncio.run(main(server.url))
    assert service.most == 1
    assert service.calls == 5
    reasons = [outcome.reason for outcome in outcomes]
    assert (reasons.count("server_error"), reasons.count("circuit_open")) == (4, 4 * (CROWD - 1))


def test_p10_a_probe_keeps_its_lease_for_as_long_as_its_call_may_take() -> None:
    """Whatever lease the policy states: the probe hangs for 0.6 s, and nobody else goes until it is over.

    Who goes hangs for as long: to end within twice that after the probe began, it went while the probe was under way.
    """
    seconds, begun = 0.6, []
    with FaultyServer(silent) as server, VerifierClient(server.url, seconds, breaker=POLICY) as client:
        assert client.posterior(PEOPLE).reason == "timeout"
        time.sleep(POLICY.open_for * 1.1)

        def ask() -> None:
            begun.append(time.monotonic())
            client.posterior(PEOPLE)

        probe = threading.Thread(target=ask)
        probe.start()
        server.wait_asked(2)
        while probe.is_alive():
            reason = client.posterior(PEOPLE).reason
            assert reason == "circuit_open" or time.monotonic() > begun[0] + 2 * seconds
            time.sleep(0.005)
        probe.join()


def test_a_probe_that_is_cancelled_hands_its_lease_on() -> None:
    """The next to ask goes at once, and closes the breaker."""

    async def main(server: FaultyServer) -> list[str | None]:
        async with aio.VerifierClient(
            server.url, 2.0, breaker=BreakerPolicy(failures_in_row=1, open_for=0.1)
        ) as client:
            found = [(await client.posterior(PEOPLE)).reason]
            server.behaviour = silent
            await asyncio.sleep(0.15)
            probe = asyncio.create_task(client.posterior(PEOPLE))
            await asyncio.sleep(0.05)
            found.append((await client.posterior(PEOPLE)).reason)
            probe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await probe
            server.behaviour = answering()
            found.append((await client.posterior(PEOPLE)).reason)
            assert client.breaker == "closed"
            return found

    with FaultyServer(status("500 Internal Server Error")) as server:
        assert asyncio.run(main(server)) == ["server_error", "circuit_open", None]


def test_threads_that_end_probes_while_others_ask_never_let_two_through() -> None:
    """The bare breaker, without a network to slow it down: no probe succeeds, so all that go are probes."""
    now = [0.0]
    breaker = Breaker(BreakerPolicy(failures_in_row=1, open_for=1e-3, lease=1e9), lambda: now[0])
    breaker.end(breaker.ask(), failed=True)
    counted = threading.Lock()
    under_way, most, probes = 0, 0, 0

    def work(seed: int) -> None:
        nonlocal under_way, most, probes
        for count in range(4000):
            now[0] += 1e-4
            decision = breaker.ask()
            if not decision.allowed:
                continue
            with counted:
                under_way, probes = under_way + 1, probes + 1
                most = max(most, under_way)
            time.sleep(0)
            with counted:
                under_way -= 1
            breaker.end(decision, failed=None if (count + seed) % 3 else True)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads meet in the middle of a decision
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert most == 1
    assert probes > 100
