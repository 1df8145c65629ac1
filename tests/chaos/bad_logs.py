"""What would the logs look like if a promise were broken? The good one, each time with one thing wrong."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING

from chaos.made_up import SAID, Log, drop, event, line

if TYPE_CHECKING:
    from collections.abc import Callable


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
