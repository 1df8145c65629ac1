"""P10: did more than one call at a time get through a breaker that was not closed?"""

from __future__ import annotations

import bisect
import itertools
import math
from typing import TYPE_CHECKING

from chaos.evidence import of, show
from chaos.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.evidence import Call, Evidence

NO_FAILURE = (None, "server_error")  # reasons of calls after which a breaker may close


def one_probe(evidence: Evidence, calls: Sequence[Call]) -> Verdict:
    """P10. While a client's breaker cannot have been closed, its calls are at least its pause apart.

    A refusal proves that the breaker was not closed. From then on, until the service's next answer could have
    closed it, whatever call gets through is a probe; the next may come only after a pause.
    """
    pauses = {client: e["open_for"] for e in of(evidence.callers, "caller") for client in e["clients"]}
    broken = []
    examined = 0
    for client in sorted({call.client for call in calls}):
        probes = sorted(_probes([call for call in calls if call.client == client]), key=_passed)
        examined += len(probes)
        for first, second in itertools.pairwise(probes):
            if _passed(second) - first.asked["at"] < pauses[client]:
                broken.append(f"{show(first.asked)} and {show(second.asked)}: both got through")
    return Verdict("P10", examined, tuple(broken))


def _probes(calls: Sequence[Call]) -> list[Call]:
    """The calls of one client that got through while its breaker cannot have been closed."""
    refusals = [call for call in calls if call.reason == "circuit_open" and call.told is not None]
    refusals.sort(key=_passed)
    ends = [_passed(call) for call in refusals]
    closings = [span for call in calls if (span := _closing(call)) is not None]
    probes = []
    for call in calls:
        before = bisect.bisect_right(ends, call.asked["at"])
        if not before or not _got_through(call):
            continue
        start, end = refusals[before - 1].asked["at"], _passed(call)
        if not any(first <= end and last >= start for first, last in closings):
            probes.append(call)
    return probes


def _got_through(call: Call) -> bool:
    """Whether the breaker certainly let a call through: one may also run out of time before it is asked."""
    return bool(call.seen) or (call.told is not None and call.reason not in ("circuit_open", "timeout"))


def _passed(call: Call) -> float:
    """A moment by which the breaker had let a call through, or refused it.

    A request may be read long after it was sent, by a proxy that was deaf.
    """
    return min([event["arrived"] for event in call.seen] + [(call.told or {"ended": math.inf})["ended"]])


def _closing(call: Call) -> tuple[float, float] | None:
    """Between which moments the reply to a call may have closed the breaker; None if it cannot have."""
    sent = [event["first_out"] for event in call.seen if event.get("first_out") is not None]
    if not sent or call.reason not in NO_FAILURE:
        return None
    return min(sent), math.inf if call.told is None else call.told["ended"]
