"""What would many subjects, many judgments and many side-cars take? Measured per core, and simulated from that.

    python benchmarks/bench_capacity.py               measures and simulates, some ten minutes
    python benchmarks/bench_capacity.py --quick       the same in two, for the shape alone
    python benchmarks/bench_capacity.py --simulate    simulates again from what was measured

Processor time is measured, so that a busy machine changes little. Writes results/capacity.json, from which
report_capacity.py makes docs/capacity.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _ours
import _people
from _fleets import fleets, overload, rollout, single
from _per_core import journal_times, layer_times, service_times
from _record import about, read, say, write
from _server_process import serving
from _subjects import Subject, environ_of

from bayesian_verifier import Journal
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = Subject("ours", "this service, TCP", ("bayesian-verifier", "serve"))
BELIEF = Belief(0.61, 0.18, (0.33, 0.49, 0.6, 0.72, 0.92))


class Effort(NamedTuple):
    """Requests of each kind, lines of journals, simulated seconds."""

    requests: int
    lines: tuple[int, ...]
    seconds: float


FULL = Effort(500, (10_000, 100_000), 30.0)
QUICK = Effort(50, (2_000, 10_000), 5.0)


def measured(effort: Effort, scratch: Path) -> dict[str, Any]:
    """Processor time of the service, of the layer beside it, and of what is done with journals."""
    target = SERVICE.target(scratch)
    body = _people.body_of(_people.person(32, 32))
    # compiled beforehand, as on a busy machine a service that is asked all the time while it compiles takes minutes
    _ours.engine(scratch / "compiled")
    with serving(
        SERVICE.command(target),
        target,
        environ=environ_of(scratch / "compiled"),
        cwd=SERVICE.folder,
        body=body,
        log=scratch / "service.log",
    ) as server:
        service = service_times(server, effort.requests)
        say(f"service: { {kind: one['mean_ms'] for kind, one in service['answers'].items()} }")
        layer = layer_times(f"http://127.0.0.1:{target.port}", scratch, effort.requests)
        say(f"layer: {layer}")
    journals = journal_times(scratch, recorded, effort.lines)
    say(f"journals: {journals}")
    return {"service": service, "layer": layer, "journals": journals}


def recorded(path: Path, lines: int) -> None:
    """A journal of judgments and their answers, of a hundred people."""
    case = Case.model_validate({"options": _people.person(5, 1)[0]["options"]})
    with Journal(path, fsync="never") as journal:
        for number in range(lines // 2):
            judged = journal.append_judgment(
                subject=f"person {number % 100}",
                case=case,
                chosen=0,
                verdict="proved",
                posterior=BELIEF,
                source="verifier",
                reason=None,
                model_version="2026-11-24T22-13-16Z-38332c4b2017",
                meta_comment="The verifier puts this person's risk aversion at 0.61 ± 0.18, from 24 of 24 judgments.",
            )
            journal.append_feedback(judged, "approve")


def simulated(found: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What callers would get; the generator's seed is fixed, so that the same figures give the same."""
    service = found["service"]
    result = {
        "overload": overload(service, read("overload")),
        "single": single(service, seconds),
        "fleets": fleets(service, seconds),
        "rollout": rollout(service, read("reload")),
    }
    for name, one in result.items():
        say(f"{name}: {one}")
    return result


def main() -> None:
    """Measure, simulate and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests, shorter simulations")
    parser.add_argument("--simulate", action="store_true", help="from what was measured before")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else FULL
    before = read("capacity") if asked.simulate else None
    if before is not None:
        said, found = before["about"], before["measured"]
    else:
        said = about(_ours.model_version(), quick=asked.quick)
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            found = measured(effort, Path(scratch))
    figures = {"about": said, "effort": effort._asdict(), "measured": found}
    write("capacity", figures | {"simulated": simulated(found, effort.seconds)})


if __name__ == "__main__":
    main()
