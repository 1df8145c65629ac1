"""P1: how late were calls, beside bare sleeps of the same length in the same run?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaos.evidence import of
from chaos.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.evidence import Call, Evidence

ALLOWANCE = 0.005  # seconds above a bare sleep
DOUBT = 2.33  # standard deviations: one in a hundred is beyond
LEVEL, ENOUGH = 0.999, 1000  # of so many calls the slowest in a thousand is more than one
LEVEL_OF_FEW = 0.9  # of fewer: one moment in which the machine stood still is several of them
ENDLESS = 1.0  # seconds above the worst sleep that no call at all may take


def quantile(values: Sequence[float], level: float) -> float:
    """The smallest value that a share `level` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(level * len(values)) - 1)]


def surely(values: Sequence[float], level: float, doubt: float) -> float:
    """A bound on the quantile of what the values are a sample of: from below for doubt < 0, from above for > 0.

    How many of n values exceed the quantile is binomial; its normal approximation says how many may, by so many
    standard deviations (David and Nagaraja, Order Statistics, 7.1).
    """
    count = len(values)
    rank = math.ceil(level * count + doubt * math.sqrt(count * level * (1 - level)))
    return sorted(values)[min(max(rank, 1), count) - 1]


def overshoots(evidence: Evidence, calls: Sequence[Call]) -> Iterator[tuple[str, list[float], list[float]]]:
    """For threads and for event loops: how much longer than asked sleeps took, and calls that met their deadline."""
    timeouts = {}
    kinds = {}
    for event in of(evidence.callers, "caller"):
        for client in event["clients"]:
            timeouts[client], kinds[client] = event["timeout"], event["kind"]
    for kind in sorted(set(kinds.values())):
        slept = [e["took"] - e["asked"] for e in of(evidence.callers, "slept") if e["kind"] == kind]
        over = [
            call.told["ended"] - call.told["begun"] - timeouts[call.client]
            for call in calls
            if call.told is not None and kinds[call.client] == kind
        ]
        yield kind, slept, [seconds for seconds in over if seconds >= 0]


def in_time(evidence: Evidence, calls: Sequence[Call]) -> Verdict:
    """P1. Of the calls that met their deadline, p99.9 (p90 of fewer than 1000) is within 5 ms of that of sleeps.

    As far as samples of their sizes can tell.
    """
    examined, broken = 0, []
    for kind, slept, over in overshoots(evidence, calls):
        examined += len(over)
        if not over or not slept:
            continue
        level = LEVEL if len(over) >= ENOUGH else LEVEL_OF_FEW
        late, asleep = surely(over, level, -DOUBT), surely(slept, level, DOUBT)
        if late > asleep + ALLOWANCE:
            broken.append(
                f"{kind}: {level:.1%} of {len(over)} calls were at most {late * 1e3:.1f} ms late, "
                f"sleeps {asleep * 1e3:.1f} ms"
            )
        if max(over) > max(slept) + ENDLESS:
            broken.append(f"{kind}: a call was {max(over):.1f} s late, no sleep more than {max(slept):.1f} s")
    return Verdict("P1", examined, tuple(broken))
