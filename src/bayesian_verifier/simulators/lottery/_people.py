"""Who is a simulated person: which proposals do they meet, and what do they answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.simulators.lottery._generator import generate_cases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.simulators.lottery._generator import CaseMixture, DenseCases
    from bayesian_verifier.simulators.lottery._stub import LotterySimulator

#: what a person's judgments are answered with
ANSWERS = ("feedback", "reward", "both")


class Person(NamedTuple):
    """One simulated person: θ [2] on the link scale and their judgments, as records."""

    theta: NDArray[np.float64]
    answered: str
    judgments: list[Judgment]


def simulate_person(
    rng: np.random.Generator,
    simulator: LotterySimulator,
    mixture: CaseMixture,
    count: int,
    *,
    answered: str,
    max_reward: float,
) -> Person:
    """A person drawn from the prior who judged `count` proposals, answered by one of ANSWERS.

    A reward beyond ±max_reward is left out, as no record could hold it.
    """
    theta = simulator.sample_prior(rng, 1)
    cases = parse_judgments(records(generate_cases(rng, count, mixture))) if count else []
    responses = simulator.simulate(rng, np.repeat(theta, count, axis=0), cases)
    judged = []
    for case, approve, reward in zip(cases, responses.approve, responses.reward, strict=True):
        said: dict[str, object] = (
            {} if answered == "reward" else {"feedback": "approve" if approve else "reject"}
        )
        if answered != "feedback" and abs(reward) <= max_reward:
            said["reward"] = float(reward)
        judged.append(case.model_copy(update=said))
    return Person(theta[0], answered, judged)


def records(cases: DenseCases) -> list[dict[str, object]]:
    """Cases as JSON-like judgment records without an answer."""
    result = []
    for wealth, payoff, probability, chosen in zip(*cases, strict=True):
        options = [
            {
                "outcomes": [
                    {"payoff": float(x), "probability": float(p)}
                    for x, p in zip(xs, ps, strict=True)
                    if p > 0
                ]
            }
            for xs, ps in zip(payoff, probability, strict=True)
            if (ps > 0).any()
        ]
        result.append({"wealth": float(wealth), "options": options, "chosen": int(chosen)})
    return result
