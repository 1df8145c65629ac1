"""Is a simulator quick enough, and do more judgments tell more?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.simulators._identifiability import identifiability as sd_left
from bayesian_verifier.simulators._kit import CASES, Said, require

if TYPE_CHECKING:
    from bayesian_verifier.simulators._kit import Kit

#: of processor time: describing as many judgments as one request may have, in seconds, and simulating one
_MOST_DESCRIBING, _MOST_SIMULATING = 0.25, 2e-3
_MOST_REQUEST = 512
#: what must be left at most of the first parameter's sd, and of what few judgments leave
_MOST_LEFT = 0.95


def speed(kit: Kit) -> Said:
    """Fast enough to be asked before every choice."""
    judged = (kit.judged() * 4)[:_MOST_REQUEST]
    describing = min(kit.seconds(lambda: kit.simulator.describe(judged)) for _ in range(3))
    cases, theta = kit.cases(), kit.simulator.sample_prior(kit.rng(2), CASES)
    simulating = min(kit.seconds(lambda: kit.simulator.simulate(kit.rng(0), theta, cases)) for _ in range(3))
    each = simulating / CASES
    said = (
        f"{1e3 * describing:.1f} ms to describe {len(judged)} judgments, {1e6 * each:.0f} µs to simulate one"
    )
    require(describing < _MOST_DESCRIBING and each < _MOST_SIMULATING, said)
    return said, {"describe_ms": 1e3 * describing, "simulate_us": 1e6 * each}


def identifiability(kit: Kit) -> Said:
    """What is not known of a person shrinks as they judge more."""
    left = sd_left(kit.simulator, kit.rng(8), kit.people)
    first = kit.simulator.parameters[0].name
    told = "; ".join(
        f"{name} " + ", ".join(f"{share:.2f} at {n}" for n, share in by_size.items())
        for name, by_size in left.items()
    )
    shares = list(left[first].values())
    require(
        shares[-1] < _MOST_LEFT * min(1.0, shares[0]),
        f"more judgments tell no more of {first}; sd left, as a share of the prior's: {told}",
    )
    return f"sd left, as a share of the prior's: {told}", {"sd_left": left}
