"""What does it cost people that not all their traits are counted when something is chosen for them?

    python benchmarks/traits_choice.py [--people 100] [--judgments 32] [--cases 40]

Simulated people of `traits`, drawn from the prior, answer cases of one mix; what is believed of them is exact, by
quadrature. Then options of further cases of that mix are chosen: by risk aversion alone, by all traits as the Judgment
Layer does, from their marginals, and by the joint posterior. What each choice loses of the best option's worth to that
very person, on the scale of V, mean; and how often marginals choose otherwise than the joint posterior. Last, how long
the values of a choice take.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from traits_identified import MIXES

from bayesian_verifier.judgment import feasible, parse_judgments
from bayesian_verifier.judgment_layer._expectation import expected_values
from bayesian_verifier.posterior import Belief
from bayesian_verifier.simulators.traits import TraitsSimulator, cases_of
from bayesian_verifier.training import joint_posterior

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.training import JointPosterior

SHOWN = ("varied, tries counted", "price lists", "sure or risky, all chances")
FURTHER = ("exploration", "probability_weighting")
COARSE, FINE = [15, 9, 9, 11], [27, 13, 13, 15]


class Lost(NamedTuple):
    """By risk aversion alone, by marginals, by the joint posterior; and whether the last two choose differently."""

    alone: float
    marginals: float
    joint: float
    differs: bool


def worths(case: Judgment, theta: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """U of each option, averaged over θ [n, 4], but for what all options have in common."""
    held, _ = cases_of([case])
    value = held.values(theta[:, 0], np.exp(theta[:, 2])) + np.multiply.outer(held.novelty, theta[:, 1])
    return value @ weight


def beliefs(found: JointPosterior) -> dict[str, Belief]:
    """Marginals in their own units."""
    natural = [found.axes[0], found.axes[1], np.exp(found.axes[2])]
    named = zip(("risk_aversion", *FURTHER), natural, strict=True)
    return {name: Belief.from_draws(axis, found.marginal(i)) for i, (name, axis) in enumerate(named)}


def lost(case: Judgment, person: NDArray[np.float64], found: JointPosterior, told: dict[str, Belief]) -> Lost:
    """What choosing for one person loses in one case."""
    risk, others = told["risk_aversion"], {name: told[name] for name in FURTHER}
    true = worths(case, person, np.ones(1))
    held = found.carrying
    points, weight = found.points[held], found.weight.ravel()[held]
    exact = worths(case, points, weight)
    chosen = [int(np.argmax(expected_values(case.case, risk, which))) for which in (None, others)]
    chosen.append(int(np.argmax(exact)))
    return Lost(*(float(true.max() - true[one]) for one in chosen), differs=chosen[1] != chosen[2])


def times(repeats: int) -> Table:
    """Of the values of a choice, three options of up to three outcomes."""
    table = Table("values of a choice by", "ms: median, tenth percentile")
    options = [[(4.0, 1.0)], [(9.0, 0.6), (2.0, 0.4)], [(30.0, 0.1), (20.0, 0.3), (1.0, 0.6)]]
    [case] = parse_judgments(
        [
            {
                "options": [{"outcomes": [{"payoff": x, "probability": p} for x, p in o]} for o in options],
                "chosen": 0,
                "times_tried": [7, 0, 2],
            }
        ]
    )
    risk, explores = Belief(0.6, 0.3), Belief(0.05, 0.03)
    weighs = Belief(0.8, 0.2, (0.5, 0.66, 0.78, 0.92, 1.15))
    for name, others in {
        "risk aversion": {},
        "exploration too": {"exploration": explores},
        "probability weighting too": {"exploration": explores, "probability_weighting": weighs},
    }.items():
        took = []
        for _ in range(repeats):
            start = time.perf_counter()
            expected_values(case.case, risk, others)
            took.append(time.perf_counter() - start)
        low, middle = np.quantile(took, [0.1, 0.5]) * 1e3
        table.add_row(name, f"{middle:.3f}, {low:.3f}")
    return table


def main() -> None:
    """Simulate, choose, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--judgments", type=int, default=32)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=2000)
    asked = parser.parse_args()
    simulator = TraitsSimulator()
    table = Table("cases", "risk aversion alone", "all, from marginals", "all, joint", "other choice")
    for number, mix in enumerate(SHOWN):
        all_lost = []
        for i in track(range(asked.people), mix):
            rng = np.random.default_rng([number, i])
            person = simulator.sample_prior(rng, 1)
            some, further = (parse_judgments(MIXES[mix](rng, n)) for n in (asked.judgments, asked.cases))
            said = simulator.simulate(rng, np.repeat(person, len(some), axis=0), some).approve
            answers = [
                one.model_copy(update={"feedback": "approve" if yes else "reject"})
                for one, yes in zip(some, said, strict=True)
            ]
            found = joint_posterior(simulator, answers, coarse=COARSE, fine=FINE)
            told = beliefs(found)
            all_lost += [
                lost(one, person, found, told)
                for one in further
                if feasible(one).all() and cases_of([one])[1][0]
            ]
        mean = np.mean(all_lost, axis=0)
        table.add_row(mix, *(f"{value:.4f}" for value in mean[:3]), f"{mean[3]:.1%}")
    console = Console(width=120)
    console.print(table)
    console.print(times(asked.repeats))


if __name__ == "__main__":
    main()
