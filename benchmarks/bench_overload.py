"""How many callers get their posterior in time when more ask than can be answered?

    python benchmarks/bench_overload.py            1 to 10 times the capacity, about three minutes
    python benchmarks/bench_overload.py --quick    the ends alone, a few seconds each

Beside the service, the same application without its admission (serve_unguarded.py). Both run at once and are asked in
turn, one rate after the other. Writes results/overload.json.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _ours
import _people
import h11
from _open_loop import CONNECTIONS, rush
from _record import about, say, spread, write
from _server_process import Server, cpu_seconds, serving
from _subjects import HERE, Subject, environ_of
from load import Target, many_clients, request_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGMENTS = 32
BUDGET_MS = 50
#: Closed loops that find out what a server can do at all.
CLIENTS = 16
SUBJECTS = (
    Subject("ours", "this service", ("bayesian-verifier", "serve")),
    Subject("unguarded", "the same application without admission", (str(HERE / "serve_unguarded.py"),)),
)


class Effort(NamedTuple):
    """Rates, as multiples of the capacity, and seconds of each."""

    multiples: tuple[float, ...]
    seconds: float
    rounds: int


FULL = Effort((0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0), 5.0, 3)
QUICK = Effort((1.0, 10.0), 2.0, 1)


def request_of(target: Target, body: bytes) -> bytes:
    """What each caller sends: a posterior within the budget."""
    plain = request_bytes(h11.Connection(h11.CLIENT), target, body)
    line, _, rest = plain.partition(b"\r\n")
    return b"%b\r\nX-Request-Timeout-Ms: %d\r\n%b" % (line, BUDGET_MS, rest)


def capacity_of(server: Server, body: bytes, effort: Effort) -> float:
    """Posteriors a second, when nobody asks before the last answer is there."""
    return max(
        many_clients(server.target, body, effort.seconds, CLIENTS).per_second for _ in range(effort.rounds)
    )


def measured(server: Server, body: bytes, rate: float, effort: Effort) -> dict[str, Any]:
    """What callers get at one rate: the median round by goodput."""
    request = request_of(server.target, body)
    ours, theirs = time.process_time(), cpu_seconds(server.process.pid)
    rounds = [
        rush(server.target, request, per_second=rate, seconds=effort.seconds) for _ in range(effort.rounds)
    ]
    ours, theirs = time.process_time() - ours, cpu_seconds(server.process.pid) - theirs
    seconds = effort.seconds * effort.rounds
    good = [one.good_per_second(BUDGET_MS / 1e3) for one in rounds]
    told = sorted(rounds, key=lambda one: one.good_per_second(BUDGET_MS / 1e3))[len(rounds) // 2]
    answered, refused = told.waits(200), told.waits(429) + told.waits(504)
    return {
        "asked_per_second": round(rate, 1),
        "good_per_second": round(sorted(good)[len(good) // 2], 1),
        "good_of_rounds": [round(one, 1) for one in good],
        "statuses": told.statuses(),
        # callers and server share the machine: what is measured is the server as long as its callers need no core whole
        "cores_of_callers": round(ours / seconds, 2),
        "cores_of_server": round(theirs / seconds, 2),
        "answered": spread(answered) if answered else None,
        "refused": spread(refused) if refused else None,
    }


def run(effort: Effort, scratch: Path, chosen: Sequence[Subject]) -> dict[str, Any]:
    """All rates of all servers."""
    body = _people.body_of(_people.person(JUDGMENTS, JUDGMENTS))
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        servers = {}
        for subject in chosen:
            target = subject.target(scratch)
            servers[subject] = stack.enter_context(
                serving(
                    subject.command(target),
                    target,
                    environ=environ_of(scratch / "compiled"),
                    cwd=subject.folder,
                    body=body,
                    log=scratch / f"{subject.name}.log",
                )
            )
        for subject, server in servers.items():
            found[subject.name] = {
                "title": subject.title,
                "capacity_per_second": round(capacity_of(server, body, effort), 1),
                "by_multiple": {},
            }
        capacity = max(one["capacity_per_second"] for one in found.values())
        for multiple in effort.multiples:
            for subject, server in servers.items():
                row = measured(server, body, multiple * capacity, effort)
                row["good_share_of_capacity"] = round(row["good_per_second"] / capacity, 3)
                found[subject.name]["by_multiple"][f"{multiple:g}"] = row
                say(f"{subject.title}, {multiple:g}x: {row}")
    return {"capacity_per_second": capacity, "subjects": found}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two rates, two seconds each")
    parser.add_argument("--only", choices=[s.name for s in SUBJECTS], help="this server alone")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else FULL
    chosen = [s for s in SUBJECTS if asked.only in (None, s.name)]
    said = about(_ours.model_version(), quick=asked.quick)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        found = run(effort, Path(scratch), chosen)
    figures = {
        "about": said,
        "judgments": JUDGMENTS,
        "budget_ms": BUDGET_MS,
        "connections": CONNECTIONS,
        "effort": effort._asdict(),
    } | found
    write("overload", figures)


if __name__ == "__main__":
    main()
