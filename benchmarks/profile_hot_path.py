"""Where does the time of a posterior go, in process, stage by stage?

    python benchmarks/profile_hot_path.py            writes results/hot_path.json
    python benchmarks/profile_hot_path.py --calls    and prints the functions that take most of it (cProfile)

Beside it: how many judgments a second the simulator answers on one core, which is what training rests on.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from typing import TYPE_CHECKING, Any

import _ours
import _people
import numpy as np
from _record import about, say, write

from bayesian_verifier.simulators.lottery import (
    CaseMixture,
    LotterySimulator,
    advantages,
    generate_cases,
    pack_dense,
    respond,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.serving import Engine

SIZES = (1, 8, 32, 128, 512)
PROFILED = 200
WARM_UP, LEAST = 3, 9


def in_turn_ms(stages: Sequence[_ours.Stage], seconds: float) -> dict[str, float]:
    """Median ms of each stage, all run one after the other, round after round, so that none keeps the caches to itself.

    Three rounds do not count.
    """
    taken: dict[str, list[float]] = {stage.name: [] for stage in stages}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(taken[stages[0].name]) < LEAST:
        for name, run in stages:
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    return {name: round(1e3 * statistics.median(times[WARM_UP:]), 4) for name, times in taken.items()}


def staged(served: Engine, seconds: float) -> dict[str, dict[str, float]]:
    """Ms of each stage, by number of judgments."""
    found: dict[str, dict[str, float]] = {}
    for size in SIZES:
        say(f"{size} judgments")
        stages = _ours.stages(served, _people.body_of(_people.person(size, size)))
        for name, ms in in_turn_ms(stages, seconds).items():
            found.setdefault(name, {})[str(size)] = ms
    return found


def simulated_per_second(seconds: float) -> int:
    """Judgments a second of given cases of two lotteries with two outcomes, on one core."""
    count = 200_000
    rng = np.random.default_rng(0)
    packed, _ = pack_dense(*generate_cases(rng, count, CaseMixture.of({"two_by_two": 1.0})))
    theta = LotterySimulator().sample_prior(rng, len(packed))

    def run() -> object:
        return respond(rng, advantages(packed, theta[:, 0]), np.exp(theta[:, 1]))

    taken = in_turn_ms([_ours.Stage("simulate", run)], seconds)["simulate"]
    return round(len(packed) / (taken / 1e3))


def print_calls(served: Engine) -> None:
    """The functions in which most time is spent, at 32 judgments."""
    body = _people.body_of(_people.person(32, 32))
    profile = cProfile.Profile()
    with profile:
        for _ in range(PROFILED):
            _ours.body_to_reply(served, body)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Time every stage, write, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a fifth of the time")
    parser.add_argument("--calls", action="store_true", help="print what cProfile sees, too")
    asked = parser.parse_args()
    seconds = 1.0 if asked.quick else 5.0
    served = _ours.engine()
    figures: dict[str, Any] = {
        "about": about(served.version, quick=asked.quick),
        "stages_ms": staged(served, seconds),
        "simulated_judgments_per_second": simulated_per_second(seconds),
    }
    write("hot_path", figures)
    for name, by_size in figures["stages_ms"].items():
        print(f"{name:50}", *(f"{by_size[str(size)]:9.3f}" for size in SIZES))
    if asked.calls:
        print_calls(served)


if __name__ == "__main__":
    main()
