"""What would many subjects, many judgments and many side-cars take? Measured on one core, and simulated from that.

    python benchmarks/bench_capacity.py               measures journals and simulates fleets, some minutes
    python benchmarks/bench_capacity.py --quick       the same in two, for the shape alone
    python benchmarks/bench_capacity.py --simulate    simulates again

What the service and the layer take is what results/serving.json, overload.json and judgment_layer.json say. Writes
results/capacity.json, from which report_capacity.py makes docs/capacity.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _people
from _fleets import fleets, overload, rollout, service_of, single
from _per_core import journal_times
from _record import about, read, say, write

from bayesian_verifier import Journal
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Mapping

BELIEF = Belief(0.61, 0.18, (0.33, 0.49, 0.6, 0.72, 0.92))
COMMENT = "The verifier puts this person's risk aversion at 0.61 ± 0.18, from 24 of 24 answered judgments."


class Effort(NamedTuple):
    """Lines of journals, simulated seconds."""

    lines: tuple[int, ...]
    seconds: float


FULL = Effort((10_000, 100_000), 20.0)
QUICK = Effort((2_000, 10_000), 20.0)


def measured(effort: Effort, scratch: Path) -> dict[str, Any]:
    """What is done with journals, and how long their lines are."""
    one = recorded(scratch / "one.jsonl", 2)
    by_kind = {json.loads(line)["kind"]: len(line) + 1 for line in one.read_bytes().splitlines()}
    return {
        "judgment_bytes": by_kind["judgment"],
        "feedback_bytes": by_kind["feedback"],
        "journals": journal_times(scratch, recorded, effort.lines),
    }


def recorded(path: Path, lines: int) -> Path:
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
                model_version="2026-11-30T17-43-20Z-38332c4b2017",
                meta_comment=COMMENT,
            )
            journal.append_feedback(judged, "approve")
    return path


def simulated(seconds: float) -> dict[str, Any]:
    """What callers would get; the generator's seed is fixed, so that the same figures give the same."""
    found = {name: read(name) for name in ("serving", "overload", "reload", "judgment_layer")}
    missing = [name for name, one in found.items() if one is None]
    if missing:
        raise SystemExit(f"measure first: {', '.join(missing)}")
    known: Mapping[str, Any] = {name: one for name, one in found.items() if one is not None}
    service = service_of(known["serving"], known["overload"])
    calls = known["judgment_layer"]["calls"]
    result = {
        "service": service,
        "choice_ms": calls["judge, with Z3 and its line"]["p50_ms"]
        + calls["VerifierClient, 10 judgments"]["p50_ms"]
        + calls["append, fsync interval"]["p50_ms"],
        "measured_on": known["serving"]["about"],
        "overload": overload(service, known["overload"]),
        "single": single(service, seconds),
        "fleets": fleets(service, seconds),
        "rollout": rollout(service, known["reload"]),
    }
    for name, one in result.items():
        say(f"{name}: {one}")
    return result


def main() -> None:
    """Measure, simulate and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter journals and simulations")
    parser.add_argument("--simulate", action="store_true", help="with the journals measured before")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else FULL
    before = read("capacity") if asked.simulate else None
    if before is not None:
        said, found = before["about"], before["measured"]
    else:
        said = about("none", quick=asked.quick)
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            found = measured(effort, Path(scratch))
    figures = {"about": said, "effort": effort._asdict(), "measured": found}
    write("capacity", figures | {"simulated": simulated(effort.seconds)})


if __name__ == "__main__":
    main()
