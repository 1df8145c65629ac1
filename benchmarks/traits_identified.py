"""Which mix of cases tells which trait? By simulation, with exact posteriors.

    python benchmarks/traits_identified.py [--people 24] [--judgments 64] [--simulator traits]

People are drawn from the prior and answer cases of one mix. For each parameter: posterior sd over prior sd (root of the
mean square; 1: nothing was learned), and the correlation of risk aversion with each other trait, mean over people.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators.lottery import CaseMixture, generate_cases, records
from bayesian_verifier.simulators.traits import ExplorerSimulator, TraitsSimulator, draw_tries
from bayesian_verifier.training import joint_posterior

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Judgment

Record = dict[str, object]
VARIED = CaseMixture.of({"price_list": 1, "certain_or_risky": 1, "two_by_two": 1, "many": 1, "matched": 1})


def mixed(mixture: CaseMixture, *, tries: bool) -> Callable[[np.random.Generator, int], list[Record]]:
    """Cases of a mixture, with or without counts of tries."""

    def some(rng: np.random.Generator, n: int) -> list[Record]:
        made = records(generate_cases(rng, n, mixture))
        return [one | {"times_tried": draw_tries(rng, one)} for one in made] if tries else made

    return some


def even_chances(rng: np.random.Generator, n: int) -> list[Record]:
    """A sure amount or an even chance of more: w(1/2) and the curve of utility do the same."""
    made = []
    for _ in range(n):
        sure = {"outcomes": [{"payoff": float(rng.uniform(5, 60)), "probability": 1.0}]}
        coin = {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]}
        made.append({"options": [sure, coin], "chosen": int(rng.integers(2))})
    return made


def same_twice(rng: np.random.Generator, n: int) -> list[Record]:
    """The same lottery twice, one of them tried more often."""
    made = []
    for _ in range(n):
        p = float(rng.uniform(0.1, 0.9))
        one = {"outcomes": [{"payoff": 100.0, "probability": p}, {"payoff": 0.0, "probability": 1.0 - p}]}
        case: Record = {"options": [one, one], "chosen": int(rng.integers(2))}
        made.append(case | {"times_tried": draw_tries(rng, case)})
    return made


MIXES = {
    "varied, tries counted": mixed(VARIED, tries=True),
    "varied, tries not counted": mixed(VARIED, tries=False),
    "price lists": mixed(CaseMixture.of({"price_list": 1}), tries=False),
    "sure or risky, all chances": mixed(CaseMixture.of({"certain_or_risky": 1}), tries=False),
    "sure or an even chance": even_chances,
    "wealth far above stakes, tries counted": mixed(CaseMixture.of({"wealthy": 1}), tries=True),
    "the same lottery twice, tries counted": same_twice,
}


def answered(
    simulator: TraitsSimulator, rng: np.random.Generator, some: Callable[..., list[Record]], n: int
) -> list[Judgment]:
    """N cases, and what somebody drawn from the prior said of each."""
    cases = parse_judgments(some(rng, n))
    theta = np.repeat(simulator.sample_prior(rng, 1), n, axis=0)
    said = simulator.simulate(rng, theta, cases).approve
    return [
        case.model_copy(update={"feedback": "approve" if yes else "reject"})
        for case, yes in zip(cases, said, strict=True)
    ]


def main() -> None:
    """Simulate, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--judgments", type=int, default=64)
    parser.add_argument("--simulator", choices=["explorer", "traits"], default="traits")
    asked = parser.parse_args()
    simulator = TraitsSimulator() if asked.simulator == "traits" else ExplorerSimulator()
    sizes = {3: ([17, 11, 13], [31, 17, 21]), 4: ([15, 9, 9, 11], [27, 13, 13, 15])}[
        len(simulator.parameters)
    ]
    names = [p.name for p in simulator.parameters]
    prior = np.array([p.prior_sd for p in simulator.parameters])
    table = Table("cases", *(f"sd {name}" for name in names), *(f"corr r, {name}" for name in names[1:-1]))
    for number, (mix, some) in enumerate(MIXES.items()):
        squares, correlations = [], []
        for i in track(range(asked.people), mix):
            judgments = answered(simulator, np.random.default_rng([number, i]), some, asked.judgments)
            found = joint_posterior(simulator, judgments, coarse=sizes[0], fine=sizes[1])
            squares.append((found.sd / prior) ** 2)
            correlations.append(found.correlation[0, 1:-1])
        row = [*np.sqrt(np.mean(squares, axis=0)), *np.mean(correlations, axis=0)]
        table.add_row(mix, *(f"{value:.2f}" for value in row))
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
