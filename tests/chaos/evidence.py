"""What is there to judge by? The journal, the proxy's log, what callers acknowledged, and what was done to them.

Reads files and knows nothing of the code that is judged: neither this file nor the checker imports it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Event = dict[str, Any]


class Evidence(NamedTuple):
    """Events in the order they were written.

    journal: the lines of each file of it, without newlines.   proxy: of the proxy.   callers: of all callers.
    writers: of processes that append.   storm: what was done to whom, and when.
    """

    journal: list[list[bytes]]
    proxy: list[Event]
    callers: list[Event]
    writers: list[Event]
    storm: list[Event]


class Call(NamedTuple):
    """One call of the client, as its caller and the proxy saw it; times on the machine's monotonic clock.

    asked, told: its events in the caller's log, `told` None where the caller died at it.
    seen: what the proxy did with each of its requests.
    """

    trace: str
    client: str
    asked: Event
    told: Event | None
    seen: list[Event]

    @property
    def reason(self) -> str | None:
        """Why it had no posterior; None where it had one, or nobody knows."""
        return None if self.told is None else self.told["reason"]


def evidence_in(directory: Path) -> Evidence:
    """The evidence that a storm left in a directory. Raises ValueError for a log that is none."""

    def events(pattern: str) -> list[Event]:
        return [event for path in sorted(directory.glob(pattern)) for event in read_events(path)]

    journals = (path for path in sorted(directory.glob("judgments*")) if path.suffix != ".lock")
    return Evidence(
        journal=[path.read_bytes().split(b"\n") for path in journals],
        proxy=events("proxy.jsonl"),
        callers=events("caller-*.jsonl"),
        writers=events("writers.jsonl"),
        storm=events("storm.jsonl"),
    )


def read_events(path: Path) -> Iterator[Event]:
    """The events of a log; only its very last line may be cut off."""
    lines = path.read_bytes().split(b"\n")
    for line in lines[:-1]:
        yield json.loads(line)


def of(events: Iterable[Event], *names: str) -> Iterator[Event]:
    """Events of these names."""
    return (event for event in events if event["event"] in names)


def calls_of(evidence: Evidence) -> list[Call]:
    """All calls of the client, in the order they were made."""
    seen: dict[str, list[Event]] = {}
    for event in of(evidence.proxy, "done"):
        seen.setdefault(event["trace"], []).append(event)
    arrived: dict[str, float] = {}
    for event in of(evidence.proxy, "arrived"):
        arrived.setdefault(event["trace"], event["at"])
    for trace, events in seen.items():
        for event in events:
            event["arrived"] = arrived.get(trace, event["at"])
    told = {event["trace"]: event for event in of(evidence.callers, "answered")}
    calls = [
        Call(event["trace"], event["client"], event, told.get(event["trace"]), seen.get(event["trace"], []))
        for event in of(evidence.callers, "asking")
    ]
    return sorted(calls, key=lambda call: call.asked["at"])


def killed_callers(evidence: Evidence) -> set[str]:
    """Names of callers that were killed, which may have left calls without an outcome."""
    return {event["name"] for event in of(evidence.storm, "caller killed")}


def show(event: Event) -> str:
    """An event as a line of evidence."""
    line = json.dumps(event)
    return line if len(line) <= 400 else line[:400] + "…"
