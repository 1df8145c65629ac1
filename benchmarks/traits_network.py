"""How far is a network of several traits from the exact joint posterior?

    python benchmarks/traits_network.py explorer|traits [--learn 60000] [--steps 12000] [--people 64] [--into DIRECTORY]

Trains one, exports it, and compares it with quadrature on simulated people of 0 to 256 judgments, some
of whose options were never tried, some often, some uncounted: KL(exact ‖ network) of all parameters together, nats, and
how far its mean and sd are off, in exact sd.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from traits_identified import VARIED, answered, mixed

from bayesian_verifier.artifact import PosteriorFunction
from bayesian_verifier.posterior import base_points
from bayesian_verifier.simulators.traits import ExplorerSimulator, TraitsSimulator
from bayesian_verifier.training import (
    Lesson,
    build_traits,
    export_function,
    fit_traits,
    joint_posterior,
    read_weights,
    write_weights,
)

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

SIZES = {3: ([21, 13, 15], [41, 21, 25]), 4: ([17, 11, 13, 13], [37, 13, 25, 15])}
STRATA = ((0, 3), (4, 15), (16, 63), (64, 256))
AT_ONCE = 16_384


def somebody(simulator: TraitsSimulator, seed: int, size: int) -> list[Judgment]:
    """A person whose cases have counts of tries in seven of ten."""
    rng = np.random.default_rng([seed, size])
    counted = round(0.7 * size)
    some = [
        answered(simulator, rng, mixed(VARIED, tries=tries), n)
        for tries, n in ((True, counted), (False, size - counted))
        if n
    ]
    return [one for part in some for one in part]


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("simulator", choices=["explorer", "traits"])
    parser.add_argument("--learn", type=int, default=60_000)
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--people", type=int, default=64)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--weights", type=Path)
    asked = parser.parse_args()
    simulator = TraitsSimulator() if asked.simulator == "traits" else ExplorerSimulator()
    approximator, began = build_traits(simulator), time.monotonic()
    if asked.weights:
        read_weights(approximator, asked.weights)
    else:
        lesson = Lesson(asked.learn, 256, asked.steps, 1e-3, 20_000)
        fit_traits(approximator, simulator, VARIED, lesson, 0, lambda *said: print(*said, flush=True))
    print(f"trained in {time.monotonic() - began:.0f} s", flush=True)
    if asked.into:
        write_weights(approximator, asked.into / f"{simulator.name}.npz")
    p = len(simulator.parameters)
    function = PosteriorFunction(
        export_function(approximator, simulator.sums_size, p), sums_size=simulator.sums_size, parameters=p
    )
    noise, rng, rows = base_points(512, p), np.random.default_rng(9), []
    for i in range(asked.people):
        low, high = STRATA[i % len(STRATA)]
        size = int(rng.integers(low, high + 1))
        judgments = somebody(simulator, i, size)
        exact = joint_posterior(simulator, judgments, coarse=SIZES[p][0], fine=SIZES[p][1])
        sums = simulator.describe(judgments).evidence.sums[None]
        query = exact.points[exact.carrying].astype(np.float32)
        density = []
        for start in range(0, len(query), AT_ONCE):
            part = query[start : start + AT_ONCE]
            padded = np.concatenate([part, np.zeros((AT_ONCE - len(part), p), np.float32)])
            density.append(
                np.asarray(function(sums, noise[:1], padded).query_density, np.float64)[0, : len(part)]
            )
        drawn = np.asarray(function(sums, noise).theta, np.float64)[0]
        off = (drawn.mean(axis=0) - exact.mean) / exact.sd
        rows.append(
            (
                i % len(STRATA),
                exact.divergence(np.concatenate(density)),
                off,
                drawn.std(axis=0) / exact.sd - 1,
            )
        )
    table = Table(
        "judgments",
        "people",
        "KL mean",
        "KL median",
        "KL worst",
        *(f"{one.name}: mean off, sd off (rms)" for one in simulator.parameters),
    )
    for stratum in (*range(len(STRATA)), None):
        some = [row for row in rows if stratum is None or row[0] == stratum]
        kl = np.array([row[1] for row in some])
        off, wide = (np.sqrt(np.mean([row[k] ** 2 for row in some], axis=0)) for k in (2, 3))
        name = "all" if stratum is None else "{}–{}".format(*STRATA[stratum])
        table.add_row(
            name,
            str(len(some)),
            *(f"{v:.4f}" for v in (kl.mean(), np.median(kl), kl.max())),
            *(f"{a:.3f}, {b:.3f}" for a, b in zip(off, wide, strict=True)),
        )
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
