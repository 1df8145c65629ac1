"""When should a breaker open? Rules beside each other, on services that die and on services that are merely bad.

No socket, no clock: the breaker is a pure state machine, and an hour of calls takes seconds.
"""

from __future__ import annotations

import random
from typing import Any

from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._breaker import Breaker

RULES = {
    "a share of the window": BreakerPolicy(failures_in_row=10**9),
    "or five in a row": BreakerPolicy(failures_in_row=5),
    "or eight in a row": BreakerPolicy(failures_in_row=8),
    "or twelve in a row": BreakerPolicy(failures_in_row=12),
}
GOOD_CALLS = 300
FAILING = (0.01, 0.05, 0.1, 0.2, 0.3)
TIMEOUT = 0.050


def rules(*, quick: bool) -> dict[str, Any]:
    """What each rule costs in an outage, and where there is none."""
    hours = 0.05 if quick else 1.0
    return {
        "good_calls_before": GOOD_CALLS,
        "timeout_s": TIMEOUT,
        "outage": {
            name: {f"{rate} calls/s": outage(policy, rate) for rate in (10, 30, 100)}
            for name, policy in RULES.items()
        },
        "no_outage": {
            name: {f"{share:.0%} fail": bad_hour(policy, share, hours) for share in FAILING}
            for name, policy in RULES.items()
        },
    }


def outage(policy: BreakerPolicy, per_second: float) -> dict[str, float]:
    """After 300 good calls every one hangs until its time limit: failed calls, and seconds, until it opens."""
    now = [0.0]
    breaker = Breaker(policy, lambda: now[0])
    for _ in range(GOOD_CALLS):
        now[0] += 1 / per_second
        breaker.end(breaker.ask(), failed=False)
    died, calls = now[0], 0
    while breaker.phase == "closed":
        now[0] += max(1 / per_second, TIMEOUT)
        breaker.end(breaker.ask(), failed=True)
        calls += 1
    return {"failed_calls": calls, "seconds": round(now[0] - died, 3)}


def bad_hour(policy: BreakerPolicy, share: float, hours: float) -> dict[str, float]:
    """Calls that fail independently, 100 a second: how often it opens, and what share of good calls is refused."""
    chance, now = random.Random(7), [0.0]
    breaker = Breaker(policy, lambda: now[0])
    opened = refused = good = 0
    for _ in range(round(hours * 360_000)):
        now[0] += 0.01
        fails = chance.random() < share
        decision = breaker.ask()
        good += not fails
        refused += not fails and not decision.allowed
        if decision.allowed:
            was = breaker.phase
            breaker.end(decision, failed=fails)
            opened += was == "closed" and breaker.phase == "open"
    return {"opened_an_hour": round(opened / hours, 2), "good_calls_refused": round(refused / good, 6)}
