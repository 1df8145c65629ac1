"""Evidence made up by hand: a log of a run in which every promise held."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import Any

from chaos.evidence import Evidence

CLIENT, OTHER = "threads-0.0/tcp", "threads-0.1/tcp"
VERSION = "2026-01-01T00-00-00Z-0000"
SAID = {"mean": 0.61, "sd": 0.18, "quantiles": [0.3, 0.49, 0.6, 0.72, 0.92], "version": VERSION}
NOT_READY = "urn:bayesian-verifier:problem:not-ready"


def line(name: str, writer: str, seq: int, kind: str, **fields: object) -> bytes:
    """A line of a journal, its checksum as RFC 1952 has it."""
    body = json.dumps({"v": 1, "seq": seq, "id": name, "writer": writer, "kind": kind, **fields})[
        :-1
    ].encode()
    return body + b',"crc":"%08x"}' % zlib.crc32(body)


class Log:
    """Evidence that is being made up."""

    def __init__(self) -> None:
        self.proxy: list[dict[str, Any]] = []
        self.callers: list[dict[str, Any]] = []
        self.writers: list[dict[str, Any]] = []
        self.storm: list[dict[str, Any]] = []
        self.journal: list[bytes] = []
        self.numbers: Counter[str] = Counter()
        for client in (CLIENT, OTHER):
            self.say(
                self.callers, "caller", 0.0, kind="threads", timeout=0.1, open_for=0.25, clients=[client]
            )
        self.say(self.storm, "server", 0.0, what="started", pid=1)

    @staticmethod
    def say(events: list[dict[str, Any]], event: str, at: float, **fields: Any) -> None:  # noqa: ANN401 evidence
        """An event at a time."""
        events.append({"event": event, "at": at, "wall": at} | fields)

    def call(
        self,
        name: str,
        at: float,
        *,
        took: float = 0.01,
        reason: str | None = None,
        client: str = CLIENT,
        **seen: Any,  # noqa: ANN401
    ) -> None:
        """A call of the client, what the proxy saw of it, and the judgment. seen: changes to what the proxy did."""
        said = SAID if reason is None else None
        trace = f"trace-{name}"
        call = f"{client.split('/', maxsplit=1)[0]}-0-{name}"
        self.say(self.callers, "began", at, call=call)
        self.say(self.callers, "asking", at, trace=trace, client=client)
        end = at + took
        told = {
            "trace": trace,
            "client": client,
            "begun": at,
            "ended": end,
            "reason": reason,
            "posterior": said,
        }
        self.say(self.callers, "answered", end, **told)
        self.judged(name, call, end, reason)
        if reason == "circuit_open":
            return
        about = {
            "id": trace,
            "trace": trace,
            "fault": "whole",
            "sound": True,
            "up": "complete",
            "sent_up": at + 0.002,
        }
        answer = {"status": 200, "type": "application/json", "answers": trace, "problem": None}
        if reason == "overloaded":
            answer |= {"status": 503, "type": "application/problem+json", "problem": NOT_READY}
        self.say(self.proxy, "arrived", at + 0.001, id=trace, trace=trace)
        numbers = {key: SAID[key] for key in ("mean", "sd", "version")}
        out = {"first_out": at + 0.005, "sent": 900}
        self.say(self.proxy, "done", end, **about | answer | numbers | out | seen)

    def judged(self, name: str, call: str, at: float, reason: str | None) -> None:
        """The judgment that a call came to, and its line in the journal."""
        source = "verifier" if reason is None else "controller"
        said = {"source": source, "reason": reason}
        self.say(
            self.callers,
            "judged",
            at,
            call=call,
            trace=f"trace-{name}",
            id=name,
            recorded=True,
            **said | SAID,
        )
        self.append(name, "a", "judgment", trace_id=f"trace-{name}", **said)

    def append(self, name: str, writer: str, kind: str, **fields: object) -> None:
        """A line with the writer's next number."""
        self.numbers[writer] += 1
        self.journal.append(line(name, writer, self.numbers[writer], kind, **fields))

    def evidence(self) -> Evidence:
        """As the checker takes it."""
        return Evidence([[*self.journal, b""]], self.proxy, self.callers, self.writers, self.storm)


def good() -> Log:
    """Two clients; a breaker that opens, refuses, lets one probe through, and closes; a service that leaves well."""
    log = Log()
    for number in range(40):
        log.say(log.callers, "slept", 0.1 * number, kind="threads", asked=0.1, took=0.1005)
    log.call("1", 1.0)
    log.call("2", 1.1, took=0.1004, reason="timeout", sound=False, fault="silent")
    log.call("3", 1.2, reason="circuit_open", took=0.0001)
    log.call("4", 1.5, reason="overloaded")
    log.call("5", 1.6, reason="circuit_open", took=0.0001)
    log.call("6", 1.8)
    log.call("7", 1.9)
    log.call("8", 1.9, client=OTHER)
    log.say(log.callers, "fed", 2.0, judgment="1", feedback="approve", recorded=True)
    log.append("f", "a", "feedback", judgment="1", feedback="approve")
    log.say(log.writers, "written", 2.0, id="w", writer="b", number=7)
    log.append("w", "b", "trace", number=7)
    log.say(log.callers, "closed", 2.1, client=CLIENT, waiting=0, lost=0)
    log.say(log.storm, "server", 2.5, what="terminated", drain_seconds=0.3)
    log.call("9", 2.6, reason="overloaded")
    log.say(log.storm, "server", 3.0, what="exited", code=0)
    log.say(log.storm, "reader", 3.1, command="journal verify", crashed=False)
    return log


def event(events: list[dict[str, Any]], name: str, **fields: object) -> dict[str, Any]:
    """The first event of this name with these fields."""
    return next(
        one
        for one in events
        if one["event"] == name and all(one.get(key) == value for key, value in fields.items())
    )


def drop(events: list[dict[str, Any]], name: str, **fields: object) -> None:
    """Take that event away."""
    events.remove(event(events, name, **fields))
