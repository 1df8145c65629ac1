"""Does a third trait foretell what people choose? Exact posteriors, no network.

    python benchmarks/traits_people.py PEOPLE.jsonl [MORE.jsonl.gz …] [--seed 0] [--halves 4]

Each person's choices are split at random into halves; what the one half says of them foretells the other. Log-loss in
nats a choice, with chances weighed as they are and with an exponent of the person's own, and by a coin; then a paired
test over people (sign flips of each person's mean difference, one-sided) of whether the third trait foretells better.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier.simulators import log_prior
from bayesian_verifier.simulators.traits import Told, TraitsSimulator, case_log_likelihoods
from bayesian_verifier.training import read_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
#: values of risk aversion, exponent and noise, to so many prior sd from the mean
SIZES, REACH = (61, 25, 25), 5.0
#: with less than this to learn from and to foretell, a person says little
LEAST = 4
FLIPS = 100_000


class Losses(NamedTuple):
    """Mean log-loss of each person [n] without and with the third trait, and how many choices were foretold."""

    without: Float
    with_it: Float
    choices: int


def grid(simulator: TraitsSimulator, exponents: int) -> Float:
    """θ [N, 4] with exploration at 0, since no study tells how often an option was tried; one exponent is α = 1."""
    axes = [
        np.linspace(p.prior_mean - REACH * p.prior_sd, p.prior_mean + REACH * p.prior_sd, size)
        for p, size in zip(simulator.parameters, (SIZES[0], 1, exponents, SIZES[2]), strict=True)
    ]
    axes[1] = np.zeros(1)
    if exponents == 1:
        axes[2] = np.zeros(1)
    return np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=1)


def foretold(
    theta: Float, simulator: TraitsSimulator, told: Told, rng: np.random.Generator, halves: int
) -> float:
    """Mean log-loss of one person's choices, each foretold by the half that it is not in."""
    rows = np.concatenate(list(case_log_likelihoods(told, theta)))
    prior, losses = log_prior(simulator.parameters, theta), []
    for _ in range(halves):
        order = rng.permutation(len(rows))
        for known, asked in ((order[::2], order[1::2]), (order[1::2], order[::2])):
            log_weight = prior + rows[known].sum(axis=0)
            weight = np.exp(log_weight - log_weight.max())
            losses.append(-np.log(np.exp(rows[asked]) @ (weight / weight.sum())))
    return float(np.concatenate(losses).mean())


def losses_of(people: Sequence[Sequence[Judgment]], seed: int, halves: int) -> Losses:
    """Of everybody, the same halves with and without."""
    simulator = TraitsSimulator()
    plain, bent = grid(simulator, 1), grid(simulator, SIZES[1])
    without, with_it, choices = [], [], 0
    for number, own in enumerate(track(people, "people")):
        description = simulator.describe(own)
        if description.informative < 2 * LEAST:
            continue
        [told] = description.evidence.parts
        without.append(foretold(plain, simulator, told, np.random.default_rng([seed, number]), halves))
        with_it.append(foretold(bent, simulator, told, np.random.default_rng([seed, number]), halves))
        choices += description.informative
    return Losses(np.array(without), np.array(with_it), choices)


def chance_of_luck(gain: Float, seed: int) -> float:
    """How often flipped signs of the gains [n] have as great a mean."""
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, (FLIPS, gain.size), dtype=np.int8) * 2 - 1
    return float((1 + ((signs @ gain) >= gain.sum()).sum()) / (1 + FLIPS))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("people", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--halves", type=int, default=4)
    asked = parser.parse_args()
    table = Table("file", "people", "choices", "without", "with it", "gain ± se", "people better off", "p")
    for file in asked.people:
        known, _ = read_people(file)
        found = losses_of(list(known.values()), asked.seed, asked.halves)
        gain = found.without - found.with_it
        error = gain.std(ddof=1) / np.sqrt(gain.size)
        table.add_row(
            file.name,
            str(gain.size),
            str(found.choices),
            f"{found.without.mean():.4f}",
            f"{found.with_it.mean():.4f}",
            f"{gain.mean():.4f} ± {error:.4f}",
            f"{(gain > 0).mean():.0%}",
            f"{chance_of_luck(gain, asked.seed):.5f}",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
