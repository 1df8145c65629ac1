"""P1: is there an outcome by the deadline, whatever the service, its network and its name service do?

The server is a process of its own. Every call is followed by a bare sleep of the same length, which says what this
machine could do at that moment.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from people import safe_times
from slow_faults import SOUND, UNANSWERED, UNREAD, apart, slow_faults

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.judgment_layer import Outcome
    from stalls import Stalls

TIMEOUT = 0.020
CALLS = 14
# P1: seconds above a bare sleep.
EPSILON = 0.005
# What a machine that stalls for no longer may add to a single call.
MARGIN = 0.3
NAME_SERVICE = "the name service hangs"
# Never opens: each call is to meet the fault.
PATIENT = BreakerPolicy(minimum_calls=10**9, failures_in_row=10**9)

Found = list[tuple["Outcome", float, float]]
Ask = Callable[..., Found]
Lookup = Callable[..., list[Any]]


def longest_judgments() -> list[Judgment]:
    """The longest body there can be: 512 judgments of 8 options with 16 outcomes each."""
    outcomes = [{"payoff": 1.0 + k / 7, "probability": 1 / 16} for k in range(16)]
    (one,) = parse_judgments([{"options": [{"outcomes": outcomes}] * 8, "chosen": 1, "feedback": "approve"}])
    return [one] * 512


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with apart(TIMEOUT) as found:
        yield found | {NAME_SERVICE: "http://verifier.internal:8080"}


@pytest.fixture(scope="module")
def hanging() -> Iterator[Lookup]:
    """A name service that hangs until the tests are over."""
    over = threading.Event()

    def lookup(*_: object, **__: object) -> list[Any]:
        over.wait()
        return []

    yield lookup
    over.set()


def _blocking(
    url: str,
    judgments: list[Judgment],
    calls: int,
    **settings: Any,  # noqa: ANN401
) -> Found:
    """Each outcome, seconds beyond the deadline, and seconds a bare sleep went beyond it."""
    found = []
    with VerifierClient(url, TIMEOUT, breaker=PATIENT, **settings) as client:
        for _ in range(calls):
            begun = time.perf_counter()
            outcome = client.posterior(judgments)
            ended = time.perf_counter()
            time.sleep(TIMEOUT)
            found.append((outcome, ended - begun - TIMEOUT, time.perf_counter() - ended - TIMEOUT))
    return found


def _in_a_loop(
    url: str,
    judgments: list[Judgment],
    calls: int,
    **settings: Any,  # noqa: ANN401
) -> Found:
    async def ask() -> Found:
        found = []
        async with aio.VerifierClient(url, TIMEOUT, breaker=PATIENT, **settings) as client:
            for _ in range(calls):
                begun = time.perf_counter()
                outcome = await client.posterior(judgments)
                ended = time.perf_counter()
                await asyncio.sleep(TIMEOUT)
                found.append((outcome, ended - begun - TIMEOUT, time.perf_counter() - ended - TIMEOUT))
        return found

    return asyncio.run(ask())


FAULTS = [*slow_faults(TIMEOUT), UNREAD, UNANSWERED, NAME_SERVICE]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("ask", [_blocking, _in_a_loop], ids=["blocking", "asyncio"])
def test_p1_an_outcome_comes_by_the_deadline(
    ask: Ask,
    fault: str,
    urls: dict[str, str],
    hanging: Lookup,
    stalls: Stalls,
) -> None:
    """The better calls end no more than 5 ms later than bare sleeps do, in one of three rounds; and none much later.

    A client that is late is always late; a machine with other work adds to some calls. What it adds to the worst, and
    p99.9, is for an idle machine to say: benchmarks/bench_faults.py.
    """
    judgments = longest_judgments() if fault == UNREAD else safe_times(4)
    # writing megabytes takes time of a processor that others may be using
    epsilon = 4 * EPSILON if fault == UNREAD else EPSILON
    beyond: list[float] = []
    while not beyond or (min(beyond) > epsilon and len(beyond) < 3):
        begun = time.monotonic()
        found = ask(urls[fault], judgments, CALLS, lookup=hanging)
        assert {outcome.reason for outcome, _, _ in found} <= {"timeout", "invalid_reply"}
        ours, bare = ([row[column] for row in found] for column in (1, 2))
        # a sleeper waits once for its turn on a busy machine, a call for the other process, for the loop and for itself
        beyond.append(float(np.quantile(ours, 0.25) - 2 * np.median(bare)))
        assert max(ours) <= max(bare) + MARGIN + stalls.lost(begun)
    assert min(beyond) <= epsilon


def test_the_sound_server_among_them_is_heard(urls: dict[str, str]) -> None:
    """Or nothing above means anything."""
    ((outcome, _, _),) = _blocking(urls[SOUND], safe_times(4), 1)
    assert outcome.reason in (None, "timeout")
