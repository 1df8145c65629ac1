"""How much of the power of the tests that know the alternative could any single check of misfit have?

    python benchmarks/misfit_bound.py [--people 250] [--seed 7]

Seventeen ways to misfit, each beside the likelihood-ratio test that knows it to the last parameter. All meet the cases
of `configs/evaluation.toml` as they are generated, so that the cases tell nothing. Ratios are of power over the knowing
test's, all at 5% false flags, over the ways whose knowing test has power of 10% or more:

    mean at most    no check has a greater mean of ratios: that of the likelihood-ratio test of a mixture of these ways
    least at most   no check has a greater least ratio: the mean under the least favourable weights, found on half of
                    the people and taken from the other half, and the other way round
    rivals          mean of the check's own statistic, its rivals and weights, if its quantiles fitted these people
    served          mean of the shipped check as it flags
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _envelope as envelope
import _record
import numpy as np
from _misfit_world import World
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import bayesian_verifier
from bayesian_verifier.posterior import MisfitCalibration
from bayesian_verifier.posterior._misfit import mean_over_met
from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator
from bayesian_verifier.training._misfit_calibration import WEIGHTS
from bayesian_verifier.training._misfit_power import FLAG_BELOW, SIZES
from bayesian_verifier.training._misfits import WAYS

if TYPE_CHECKING:
    from bayesian_verifier.training._misfits import Way

Float = NDArray[np.float64]
ROOT = Path(__file__).resolve().parent.parent
SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models" / "bayesian-verifier"
ANSWERED = ("feedback", "both")
#: people of the null for each one of a way: they make the critical values
_HONEST = 6
_LEAST_KNOWN = 0.1


def told(world: World, people: int, progress: Progress) -> tuple[Float, Float, Float, Float]:
    """Log-evidence over the model's of the ways, of honest people and of each way's, and of the rivals likewise."""
    task = progress.add_task(world.answered, total=people * (_HONEST + len(WAYS)))

    def some(way: Way | None, count: int) -> tuple[list[Float], list[Float]]:
        ways, rivals = [], []
        for number in range(count):
            one = world.person(way, number)
            ways.append(one.ways)
            rivals.append(one.rivals)
            progress.advance(task)
        return ways, rivals

    null, null_rivals = some(None, _HONEST * people)
    there, rivals = zip(*(some(way, people) for way in WAYS), strict=True)
    return np.array(null), np.array(there), np.array(null_rivals), np.array(rivals)


def statistics(rivals: Float) -> Float:
    """The check's statistic of log-evidence [..., R]; a rival that has met none of its cases counts for nothing."""
    weights = np.log([*WEIGHTS.values()])
    return mean_over_met(rivals, weights, rivals != 0)


def flags(rivals: Float, calibration: MisfitCalibration, answered: str, size: int) -> NDArray[np.bool_]:
    """Whether the shipped check flags people with this log-evidence [..., R]."""
    met = rivals != 0
    found = statistics(rivals)
    flagged = np.zeros(found.shape, dtype=bool)
    for at in np.ndindex(found.shape):
        table = calibration.table(answered, met[at])
        flagged[at] = table.p_value(float(found[at]), size) < FLAG_BELOW
    return flagged


def cell(
    null: Float, there: Float, null_ours: Float, ours: Float, flagged: Float, rng: np.random.Generator
) -> dict[str, Any]:
    """Figures of one kind of answers and one size.

    null [N, K], there [K, M, K]: log-evidence of the ways.   null_ours [N], ours [K, M]: the check's statistic.
    flagged [K]: share flagged by the shipped check.
    """
    null, there = envelope.untied(null, rng), envelope.untied(there, rng)
    known = np.array([envelope.power(null[:, k], there[k, :, k]) for k in range(len(there))])
    kept = np.flatnonzero(known >= _LEAST_KNOWN)
    null, there, of_known = null[:, kept], there[np.ix_(kept, np.arange(there.shape[1]), kept)], known[kept]
    even = np.full(kept.size, 1 / kept.size)
    best = envelope.shares_of_known(null, there, of_known, even)
    halves = [(null[half::2], there[:, half::2]) for half in range(2)]
    weights = [envelope.least_favourable(*half, of_known) for half in halves]
    least = [
        envelope.shares_of_known(*half, of_known, found)
        for half, found in zip(halves, weights[::-1], strict=True)
    ]
    own = envelope.power(envelope.untied(null_ours, rng), envelope.untied(ours, rng))[kept] / of_known
    served = flagged[kept] / of_known
    return {
        "ways": [WAYS[k].name for k in kept],
        "known": of_known.round(3).tolist(),
        "mean_at_most": float(best.mean()),
        "least_at_most": float(np.mean([w @ r for w, r in zip(weights[::-1], least, strict=True)])),
        "least_favourable": np.mean(weights, axis=0).round(3).tolist(),
        "rivals_mean": float(own.mean()),
        "rivals_least": float(own.min()),
        "served_mean": float(served.mean()),
        "served_least": float(served.min()),
        "ratios": {
            "best": best.round(3).tolist(),
            "rivals": own.round(3).tolist(),
            "served": served.round(3).tolist(),
        },
    }


def studied(answered: str, people: int, seed: int, progress: Progress) -> dict[str, Any]:
    """All sizes of one kind of answers."""
    with (ROOT / "configs" / "evaluation.toml").open("rb") as file:
        mixture = CaseMixture.of(tomllib.load(file)["cases"])
    current = (SHIPPED / "current").read_text().strip()
    calibration = MisfitCalibration.from_json(json.loads((SHIPPED / current / "misfit.json").read_text()))
    world = World(LotterySimulator(), mixture, answered, seed)
    null, there, null_rivals, rivals = told(world, people, progress)
    rng = np.random.default_rng([seed, 2])
    cells = {}
    for s, size in enumerate(SIZES):
        flagged = flags(rivals[:, :, s], calibration, answered, size).mean(axis=1)
        statistic = statistics(null_rivals[:, s]), statistics(rivals[:, :, s])
        cells[str(size)] = cell(null[:, s], there[:, :, s], *statistic, flagged, rng) | {
            "honest_flagged": float(flags(null_rivals[:, s], calibration, answered, size).mean()),
        }
    return cells


def main() -> None:
    """Simulate, bound, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=250, help="of each way; six times as many honest ones")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with Progress() as progress:
        found = {kind: studied(kind, asked.people, asked.seed, progress) for kind in ANSWERED}
    for kind, cells in found.items():
        table = Table("judgments", "ways", "mean at most", "least at most", "rivals", "served", title=kind)
        for size, figures in cells.items():
            columns = (
                figures[key] for key in ("mean_at_most", "least_at_most", "rivals_mean", "served_mean")
            )
            table.add_row(size, str(len(figures["ways"])), *(f"{value:.2f}" for value in columns))
        Console().print(table)
    about = _record.about((SHIPPED / "current").read_text().strip(), quick=False)
    _record.write("misfit_bound", about | {"people": asked.people, "seed": asked.seed, "cells": found})


if __name__ == "__main__":
    main()
