"""Did each promise hold? Decided from what was written down alone.

Imports nothing of what it judges: json, zlib and math are enough. Where the evidence leaves room, it decides
for the code: a promise is called broken only if no order of events allows what was seen.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from chaos.evidence import calls_of, killed_callers, of, show
from chaos.journal_check import nothing_lost_in_the_journal
from chaos.lateness import in_time
from chaos.probes import one_probe
from chaos.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.evidence import Call, Event, Evidence

REASONS = {
    "timeout", "unreachable", "server_error", "overloaded", "circuit_open", "invalid_reply", "wide_posterior",
    "untrustworthy", "no_evidence",
}  # fmt: skip
DRAIN_MARGIN = 0.05  # seconds before the door closes that a request may still be under way to it


def check(evidence: Evidence) -> list[Verdict]:
    """A verdict on each promise that a storm can tell about, in their order."""
    calls = calls_of(evidence)
    return [
        in_time(evidence, calls),
        one_outcome(evidence),
        finite(evidence),
        belongs(calls),
        no_server_fault(evidence),
        nothing_lost_in_leaving(evidence),
        one_probe(evidence, calls),
        nothing_lost_in_the_journal(evidence),
    ]


def one_outcome(evidence: Evidence) -> Verdict:
    """P2. Each call that began ended once, with the service's word or a reason, unless its process was killed."""
    killed = killed_callers(evidence)
    ends: dict[str, list[Event]] = {}
    for event in of(evidence.callers, "judged", "raised"):
        ends.setdefault(event["call"], []).append(event)
    told = Counter(event["trace"] for event in of(evidence.callers, "answered"))
    broken = []
    examined = 0
    for event in of(evidence.callers, "began"):
        examined += 1
        came = ends.get(event["call"], [])
        if len(came) != 1 and (came or event["call"].rsplit("-", 2)[0] not in killed):
            broken.append(f"{len(came)} outcomes of {show(event)}")
        broken += [f"no outcome: {show(one)}" for one in came if not _is_outcome(one)]
    for event in of(evidence.callers, "asking"):
        count = told[event["trace"]]
        if count != 1 and (count or event["client"].split("/")[0] not in killed):
            broken.append(f"{count} answers to {show(event)}")
    return Verdict("P2", examined, tuple(broken))


def _is_outcome(event: Event) -> bool:
    if event["event"] == "raised":
        return False
    by_service = event["source"] == "verifier" and event["reason"] is None
    return by_service or (event["source"] == "controller" and event["reason"] in REASONS)


def finite(evidence: Evidence) -> Verdict:
    """P3. No number that is labelled as the service's is anything but finite, its spread above 0."""
    broken = []
    examined = 0
    for event in of(evidence.callers, "judged", "answered"):
        said = (
            event if event["event"] == "judged" and event["source"] == "verifier" else event.get("posterior")
        )
        if said is None:
            continue
        examined += 1
        numbers = [said["mean"], said["sd"], *said["quantiles"]]
        if not all(isinstance(one, float | int) and math.isfinite(one) for one in numbers) or said["sd"] <= 0:
            broken.append(show(event))
    return Verdict("P3", examined, tuple(broken))


def belongs(calls: Sequence[Call]) -> Verdict:
    """P4. Each posterior is what the service answered to that very request, of that version, and was sent on true."""
    broken = []
    examined = 0
    for call in calls:
        said = None if call.told is None else call.told["posterior"]
        if said is None:
            continue
        examined += 1
        if not any(_is_answer(event, said) for event in call.seen):
            broken.append(f"{show(call.told or {})} but the proxy saw {[show(event) for event in call.seen]}")
    return Verdict("P4", examined, tuple(broken))


def _is_answer(event: Event, said: Event) -> bool:
    return (
        event["sound"]
        and event.get("status") == 200
        and event.get("answers") == event["id"]
        and all(event.get(name) == said[name] for name in ("mean", "sd", "version"))
    )


_OF_TIME = {
    503: "urn:bayesian-verifier:problem:not-ready",
    504: "urn:bayesian-verifier:problem:out-of-budget",
}


def no_server_fault(evidence: Evidence) -> Verdict:
    """P5. The service answered no body with a 5xx: 503 and 504 speak of the service and of time, and say so.

    Every refusal is a problem document.
    """
    broken = []
    examined = 0
    for event in of(evidence.proxy, "done"):
        status = event.get("status")
        if status is None:
            continue
        examined += 1
        refused = status >= 400 and event["type"] != "application/problem+json"
        if refused or (status >= 500 and event.get("problem") != _OF_TIME.get(status, "")):
            broken.append(show(event))
    return Verdict("P5", examined, tuple(broken))


def nothing_lost_in_leaving(evidence: Evidence) -> Verdict:
    """P7. What reached the service before its door closed was answered, and it left with exit code 0."""
    broken = []
    examined = 0
    leaving: Event | None = None
    spans = []
    begun = -math.inf
    for event in of(evidence.storm, "server"):
        if event["what"] in ("started", "killed"):
            begun = math.inf if event["what"] == "killed" else event["at"]
        elif event["what"] == "terminated":
            leaving = event
        elif event["what"] == "exited" and leaving is not None:
            spans.append((begun, leaving["at"] + leaving["drain_seconds"] - DRAIN_MARGIN))
            examined += 1
            if event["code"] != 0:
                broken.append(show(event))
    for event in of(evidence.proxy, "done"):
        sent = event.get("sent_up")
        if sent is not None and any(begin <= sent <= end for begin, end in spans):
            examined += 1
            if event["up"] != "complete":
                broken.append(show(event))
    return Verdict("P7", examined, tuple(broken))
