"""Does the checker see what it should? Good logs pass; for each promise there are logs, made by hand, that break it."""

from __future__ import annotations

import ast
import json
import math
import zlib
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chaos.checker import check
from chaos.evidence import Evidence, evidence_in

if TYPE_CHECKING:
    from collections.abc import Callable

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


def late_once(log: Log) -> None:
    event(log.callers, "answered", trace="trace-2")["ended"] += 0.006


def late_for_ever(log: Log) -> None:
    """One in two thousand calls: p99.9 does not see it, but nobody waits for ever."""
    for number in range(2000):
        log.call(f"late-{number}", 10.0 + number, took=0.1001, reason="timeout", sound=False)
    event(log.callers, "answered", trace="trace-late-7")["ended"] += 5.0


def no_end(log: Log) -> None:
    drop(log.callers, "judged", id="7")


def two_ends(log: Log) -> None:
    log.callers.append(deepcopy(event(log.callers, "judged", id="7")))


def raised(log: Log) -> None:
    drop(log.callers, "judged", id="7")
    log.say(log.callers, "raised", 1.9, call="threads-0.0-0-7", error="OSError()")


def no_reason(log: Log) -> None:
    event(log.callers, "judged", id="2")["reason"] = None


def service_with_a_reason(log: Log) -> None:
    event(log.callers, "judged", id="7")["reason"] = "timeout"


def no_answer(log: Log) -> None:
    drop(log.callers, "answered", trace="trace-7")


def nan_mean(log: Log) -> None:
    event(log.callers, "judged", id="7")["mean"] = math.nan


def infinite_quantile(log: Log) -> None:
    event(log.callers, "judged", id="7")["quantiles"] = [0.1, 0.2, 0.3, 0.4, math.inf]


def no_spread(log: Log) -> None:
    event(log.callers, "answered", trace="trace-7")["posterior"] = SAID | {"sd": 0.0}


def answer_to_another(log: Log) -> None:
    event(log.proxy, "done", id="trace-7")["answers"] = "trace-6"


def other_numbers(log: Log) -> None:
    event(log.proxy, "done", id="trace-7")["mean"] = 0.62


def other_version(log: Log) -> None:
    event(log.proxy, "done", id="trace-7")["version"] = "2020"


def believed_a_fault(log: Log) -> None:
    event(log.proxy, "done", id="trace-7").update(fault="wrong_id", sound=False)


def never_asked(log: Log) -> None:
    drop(log.proxy, "done", id="trace-7")


def internal_error(log: Log) -> None:
    event(log.proxy, "done", id="trace-4")["status"] = 500


def unexplained_503(log: Log) -> None:
    event(log.proxy, "done", id="trace-4")["problem"] = "about:blank"


def plain_400(log: Log) -> None:
    event(log.proxy, "done", id="trace-4").update(status=400, type="text/plain")


def cut_off_in_leaving(log: Log) -> None:
    event(log.proxy, "done", id="trace-9").update(up="no reply", status=None)


def cut_off_before(log: Log) -> None:
    event(log.proxy, "done", id="trace-7").update(up="no reply", status=None)


def bad_exit(log: Log) -> None:
    event(log.storm, "server", what="exited")["code"] = -6


def two_probes_at_once(log: Log) -> None:
    log.call("4b", 1.501, reason="timeout", sound=False, fault="silent")


def two_good_probes_at_once(log: Log) -> None:
    """Both came before either could have closed it."""
    log.call("6b", 1.801)


def probe_too_soon(log: Log) -> None:
    log.call("4c", 1.65, reason="timeout", sound=False, fault="silent")


def probe_never_seen(log: Log) -> None:
    """As on a port that nobody listens on."""
    log.call("4d", 1.65, reason="unreachable")
    drop(log.proxy, "done", id="trace-4d")


def line_lost(log: Log) -> None:
    log.journal.remove(line("w", "b", 1, "trace", number=7))


def line_damaged(log: Log) -> None:
    log.journal = [one.replace(b'"number": 7', b'"number": 8') for one in log.journal]


def judgment_changed(log: Log) -> None:
    log.journal[0] = line("1", "a", 1, "judgment", trace_id="trace-1", source="controller", reason="timeout")


def line_twice(log: Log) -> None:
    log.journal.append(line("w", "b", 2, "trace", number=7))


def number_missing(log: Log) -> None:
    log.journal.append(line("x", "b", 3, "trace", number=9))


def number_again(log: Log) -> None:
    log.journal.append(line("x", "b", 1, "trace", number=9))


def feedback_lost(log: Log) -> None:
    log.say(log.callers, "fed", 2.0, judgment="2", feedback="reject", recorded=True)


def still_waiting(log: Log) -> None:
    event(log.callers, "closed")["waiting"] = 1


def given_up(log: Log) -> None:
    event(log.callers, "closed")["lost"] = 1


def waited_and_never_written(log: Log) -> None:
    """Not acknowledged then, but its process says that nothing waits any more."""
    event(log.callers, "judged", id="1").update(recorded=False, id="other")


def reader_crashed(log: Log) -> None:
    event(log.storm, "reader")["crashed"] = True


BAD: list[tuple[str, Callable[[Log], None]]] = [
    *(("P1", make) for make in (late_once, late_for_ever)),
    *(("P2", make) for make in (no_end, two_ends, raised, no_reason, service_with_a_reason, no_answer)),
    *(("P3", make) for make in (nan_mean, infinite_quantile, no_spread)),
    *(
        ("P4", make)
        for make in (answer_to_another, other_numbers, other_version, believed_a_fault, never_asked)
    ),
    *(("P5", make) for make in (internal_error, unexplained_503, plain_400)),
    *(("P7", make) for make in (cut_off_in_leaving, cut_off_before, bad_exit)),
    *(
        ("P10", make)
        for make in (two_probes_at_once, two_good_probes_at_once, probe_too_soon, probe_never_seen)
    ),
    *(
        ("P11", make)
        for make in (
            line_lost, line_damaged, judgment_changed, line_twice, number_missing, number_again, feedback_lost,
            still_waiting, given_up, waited_and_never_written, reader_crashed,
        )
    ),
]  # fmt: skip


def test_nothing_is_held_against_a_good_log() -> None:
    """And there was something to examine for every promise."""
    verdicts = check(good().evidence())
    assert [verdict.broken for verdict in verdicts] == [()] * len(verdicts)
    assert all(verdict.examined for verdict in verdicts)


@pytest.mark.parametrize(
    ("promise", "make"), BAD, ids=[f"{promise}-{make.__name__}" for promise, make in BAD]
)
def test_each_bad_log_breaks_its_promise(promise: str, make: Callable[[Log], None]) -> None:
    """With a line of evidence."""
    log = good()
    make(log)
    broken = {verdict.promise: verdict.broken for verdict in check(log.evidence()) if not verdict.held}
    assert promise in broken
    assert all(broken[promise])


def test_each_promise_has_a_bad_log() -> None:
    """All that the checker decides."""
    assert {promise for promise, _ in BAD} == {verdict.promise for verdict in check(good().evidence())}


def test_a_killed_caller_may_leave_a_call_unfinished_and_others_may_not() -> None:
    """The same log with and without the kill."""
    log = good()
    log.say(log.callers, "began", 2.2, call="threads-0.1-0-10")
    log.say(log.callers, "asking", 2.2, trace="trace-10", client=OTHER)
    assert "P2" in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}
    log.say(log.storm, "caller killed", 2.3, name="threads-0.1")
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_killed_writer_may_leave_a_damaged_line_and_its_number() -> None:
    """One for each kill."""
    log = good()
    log.journal += [line("x", "b", 2, "trace", number=8)[:20], line("y", "b", 3, "trace", number=9)]
    assert "P11" in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}
    log.say(log.writers, "killed", 2.3, pid=7)
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_service_that_was_killed_owes_no_answer() -> None:
    """Unlike one that was asked to leave."""
    log = good()
    cut_off_before(log)
    log.storm[1:1] = [
        {"event": "server", "at": 1.95, "what": "killed"},
        {"event": "server", "at": 2.0, "what": "started", "pid": 2},
    ]
    assert "P7" not in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}


def test_evidence_is_read_from_files_as_it_was_written(tmp_path: Path) -> None:
    """A line cut off at the very end of a log is no evidence; anywhere else it is an error."""
    log = good()
    (tmp_path / "judgments.jsonl").write_bytes(b"\n".join([*log.journal, b""]))
    (tmp_path / "judgments.jsonl.lock").touch()
    for name in ("proxy", "callers", "writers", "storm"):
        text = "".join(json.dumps(one) + "\n" for one in getattr(log, name))
        (tmp_path / f"{name.replace('callers', 'caller-0')}.jsonl").write_text(text + '{"event": "cut')
    assert evidence_in(tmp_path) == log.evidence()
    (tmp_path / "storm.jsonl").write_text('{"event": "cut\n')
    with pytest.raises(ValueError, match="Unterminated"):
        evidence_in(tmp_path)


@pytest.mark.parametrize("name", ["checker", "evidence", "journal_check", "lateness", "probes", "verdicts"])
def test_the_checker_knows_nothing_of_what_it_checks(name: str) -> None:
    """It imports its own files and a few of Python's."""
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {one for one in imported if one.startswith("chaos.")}
    assert own <= {f"chaos.{one}" for one in ("evidence", "journal_check", "lateness", "probes", "verdicts")}
    assert imported - own <= {
        "__future__", "bisect", "collections", "collections.abc", "itertools", "json", "math", "pathlib", "typing",
        "zlib",
    }  # fmt: skip


def test_a_request_that_is_read_late_is_no_second_probe() -> None:
    """A deaf proxy reads what was sent long before."""
    log = good()
    log.call("4e", 1.21, took=0.1, reason="timeout", sound=False, fault="silent")
    event(log.proxy, "arrived", id="trace-4e")["at"] = 1.6
    assert all(verdict.held for verdict in check(log.evidence()))
