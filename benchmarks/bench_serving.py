"""How fast is the service, beside the bare door, beside what a user would write, and beside other servers?

    python benchmarks/bench_serving.py            every server, about fifteen minutes
    python benchmarks/bench_serving.py --quick    the same in less than three, with wide error bars
    python benchmarks/bench_serving.py --only ours constant

All servers run at once and are asked in turn, round after round, so that a busy moment of the machine hits all of
them alike; a server that is not asked does nothing. Writes results/serving.json, after every measure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _ours
import _people
from _peers import SkippedError
from _record import about, say, spread, write
from _rounds import idle_cpu, latency_of, throughput_of
from _server_process import Server, ServerError, memory_mb, serving
from _subjects import SUBJECTS, Subject, environ_of
from _targets import judged
from load import in_rotation, many_clients, one_client, wrk, wrk_version

if TYPE_CHECKING:
    from collections.abc import Callable

JUDGMENTS = 32
SIZES = (1, 8, 32, 128, 512)
#: those whose latency is also asked for by number of judgments
SIZED = ("ours", "constant", "approximator-1000", "bentoml", "litserve")


class Effort(NamedTuple):
    """How much is measured: rounds, seconds of a measure, starts with a warm cache, clients at saturation.

    cold_peers: whether every server is also started with nothing compiled, or the first alone.
    """

    rounds: int
    seconds: float
    starts: int
    clients: tuple[int, ...]
    cold_peers: bool


FULL = Effort(rounds=5, seconds=3.0, starts=5, clients=(4, 16, 48), cold_peers=True)
QUICK = Effort(rounds=1, seconds=1.0, starts=1, clients=(16,), cold_peers=False)


class Bench:
    """One run: figures grow subject by subject and are written after each measure."""

    def __init__(self, effort: Effort, subjects: tuple[Subject, ...], scratch: Path, *, quick: bool) -> None:
        self.effort, self.subjects, self.scratch = effort, subjects, scratch
        self.cache = scratch / "compiled"
        self.outside = wrk_version()
        self.people = {n: _people.person(n, n) for n in SIZES}
        self.bodies = {n: _people.body_of(raw) for n, raw in self.people.items()}
        self.figures: dict[str, Any] = {
            "about": about(_ours.model_version(), quick=quick),
            "wrk": self.outside,
            "judgments": JUDGMENTS,
            "effort": effort._asdict(),
            "subjects": {s.name: {"title": s.title} for s in subjects},
            "streaming": {},
        }
        if self.outside is None:
            say("wrk IS NOT INSTALLED: only our own loop in Python measures (on Debian: apt-get install wrk)")

    def run(self) -> dict[str, Any]:
        """Measure everything that can be measured."""
        ready = [s for s in self.subjects if self.guarded(s, "version", s.version)]
        ready = [
            s for s in ready if not s.timed_start or self.guarded(s, "start", lambda s=s: self.starts(s))
        ]
        with ExitStack() as stack:
            servers = {}
            for subject in ready:
                if self.guarded(subject, "server", lambda s=subject: servers.update({s: self.up(s, stack)})):
                    self.of(subject).pop("server")
            for subject, server in servers.items():
                self.guarded(subject, "idle_cpu_share", lambda s=server: idle_cpu(s))
                self.guarded(subject, "latency", dict)
                self.guarded(subject, "throughput", dict)
            self.in_turn(servers)
            self.by_judgments({s: server for s, server in servers.items() if s.name in SIZED})
            self.streaming({s.name: server for s, server in servers.items()})
            for subject, server in servers.items():
                self.guarded(subject, "memory", lambda s=server: memory_mb(s.process.pid))
        self.figures["targets"] = judged(self.figures)
        self.save()
        return self.figures

    def of(self, subject: Subject) -> dict[str, Any]:
        """The figures of a subject."""
        found: dict[str, Any] = self.figures["subjects"][subject.name]
        return found

    def save(self) -> None:
        """Write what there is so far."""
        write("serving", self.figures)

    def guarded(self, subject: Subject, key: str, measure: Callable[[], object]) -> bool:
        """Keep what a measure gives under key; where it fails, say so, and go on without it."""
        try:
            self.of(subject)[key] = measure()
        except SkippedError as error:
            self.of(subject)["skipped"] = str(error)
            say(f"SKIPPED {subject.title}: {error}")
            return False
        except (ServerError, OSError, ValueError, RuntimeError, subprocess.SubprocessError) as error:
            self.of(subject).setdefault("failed", {})[key] = f"{type(error).__name__}: {error}"
            say(f"FAILED {subject.title}, {key}: {error}")
            return False
        else:
            self.save()
            return True

    def starts(self, subject: Subject) -> dict[str, Any]:
        """Seconds to the first posterior, with nothing compiled and with what the first start compiled."""
        cold: float | None = None
        if self.effort.cold_peers or not self.cache.exists():
            fresh = self.cache if not self.cache.exists() else self.scratch / f"cold-{subject.name}"
            cold = self.start(subject, fresh)
        again = subject.keeps_cache or cold is None
        warm = [self.start(subject, self.cache) for _ in range(self.effort.starts if again else 0)]
        found = {
            "cold_s": cold,
            "warm_s": round(statistics.median(warm), 2) if warm else cold,
            "warm_all_s": warm,
        }
        say(f"{subject.title}: first answer after {found['cold_s']} s cold, {found['warm_s']} s warm")
        return found

    def start(self, subject: Subject, cache: Path) -> float:
        """Seconds from a start to the first posterior."""
        with ExitStack() as stack:
            return round(self.up(subject, stack, cache).first_answer_s, 2)

    def up(self, subject: Subject, stack: ExitStack, cache: Path | None = None) -> Server:
        """The subject's server, until the stack closes."""
        target = subject.target(self.scratch)
        return stack.enter_context(
            serving(
                subject.command(target),
                target,
                environ=environ_of(cache or self.cache),
                cwd=subject.folder,
                body=self.bodies[JUDGMENTS],
                log=self.scratch / f"{subject.name}.log",
            )
        )

    def in_turn(self, servers: dict[Subject, Server]) -> None:
        """Latency of one client and throughput of many, each server in turn, round after round."""
        seen: dict[Subject, list[dict[str, Any]]] = {subject: [] for subject in servers}
        for number in range(self.effort.rounds):
            for subject, server in servers.items():
                say(f"round {number + 1} of {self.effort.rounds}: {subject.title}")
                self.guarded(subject, "last_round", lambda s=server: self.one_round(s))
                if last := self.of(subject).pop("last_round", None):
                    seen[subject].append(last)
        for subject, rounds in seen.items():
            if rounds:
                self.guarded(subject, "latency", lambda r=rounds: latency_of(r))
                self.guarded(subject, "throughput", lambda r=rounds: throughput_of(r))

    def one_round(self, server: Server) -> dict[str, Any]:
        """One server: our own loop, then wrk where it is there and can reach it."""
        body, seconds = self.bodies[JUDGMENTS], self.effort.seconds
        clients = self.effort.clients[-1]
        one = one_client(server.target, body, seconds)
        many = many_clients(server.target, body, seconds, clients)
        found: dict[str, Any] = {
            "python": spread(one.seconds) | {"failed": one.failed},
            "python_many": {
                "clients": clients,
                "per_second": round(many.per_second, 1),
                "failed": many.failed,
            },
        }
        if self.outside and server.target.port is not None:
            found["wrk"] = wrk(server.target, body, seconds, 1)
            found["wrk_many"] = [wrk(server.target, body, seconds, many) for many in self.effort.clients]
        return found

    def by_judgments(self, servers: dict[Subject, Server]) -> None:
        """Latency of one client against the number of judgments."""
        for subject, server in servers.items():
            say(f"by number of judgments: {subject.title}")
            self.guarded(subject, "by_judgments", lambda s=server: self.sized(s))
            if subject.name == "ours":
                alone = _ours.network_ms(self.people, self.effort.seconds)
                for size, row in self.of(subject).get("by_judgments", {}).items():
                    row["network_ms"] = alone[int(size)]

    def sized(self, server: Server) -> dict[str, Any]:
        """By our own loop."""
        asked = in_rotation(server.target, self.bodies, self.seconds_of_sizes)
        return {str(size): spread(loop.seconds) for size, loop in asked.items()}

    @property
    def seconds_of_sizes(self) -> float:
        """For all sizes together, of one server."""
        return 2.5 * self.effort.rounds * self.effort.seconds

    def streaming(self, servers: dict[str, Server]) -> None:
        """One new judgment on top of the state of 1 to 512 earlier ones."""
        if (server := servers.get("ours")) is None:
            return
        say("one judgment on top of a state")
        asked = in_rotation(server.target, self.bodies, 0)
        states = {size: json.loads(loop.replies[0])["state"] for size, loop in asked.items()}
        bodies = {size: _people.body_of(self.people[1], state) for size, state in states.items()}
        loops = in_rotation(server.target, bodies, self.seconds_of_sizes)
        self.figures["streaming"] = {str(size): spread(loop.seconds) for size, loop in loops.items()}
        self.save()


def main() -> None:
    """Measure, write, and print what was promised beside what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round, a second a measure")
    parser.add_argument("--only", nargs="+", choices=[s.name for s in SUBJECTS], help="these servers alone")
    asked = parser.parse_args()
    chosen = asked.only or [s.name for s in SUBJECTS if s.in_quick or not asked.quick]
    subjects = tuple(s for s in SUBJECTS if s.name in chosen)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        bench = Bench(QUICK if asked.quick else FULL, subjects, Path(scratch), quick=asked.quick)
        figures = bench.run()
    for row in figures["targets"]:
        verdict = {True: "met", False: "MISSED", None: "not measured"}[row["met"]]
        say(f"{verdict:12} {row['what']}: {row['figure']} (wanted {row['wanted']})")


if __name__ == "__main__":
    main()
