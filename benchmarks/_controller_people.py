"""Whom is the controller asked about, and what is there to know of them?

People drawn from the prior, r and τ, who judged proposals of configs/simulators/lottery.toml; beside each the exact
posterior of `tests/reference`, what the service says, and further proposals that nobody has chosen from yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _ours import ROOT, belief_of
from _reference import Exact, posterior

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from bayesian_verifier.simulators.lottery import (
    MAX_REWARD,
    LotterySimulator,
    generate_cases,
    read_mixture,
    records,
    simulate_person,
)

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.serving import Engine

MIXTURE = read_mixture(ROOT / "configs" / "simulators" / "lottery.toml")
SIMULATOR = LotterySimulator()


class Person(NamedTuple):
    """One person: how often and how they answered, who they are, and what may be believed of them.

    new: proposals to choose from.   service: None where no engine was given.
    """

    size: int
    answered: str
    r: float
    judgments: list[Judgment]
    new: list[Judgment]
    exact: Belief
    service: Belief | None


def person(seed: int, size: int, answered: str, new: int, engine: Engine | None) -> Person:
    """The person of this seed."""
    rng = np.random.default_rng(seed)
    drawn = simulate_person(rng, SIMULATOR, MIXTURE, size, answered=answered, max_reward=MAX_REWARD)
    return Person(
        size,
        answered,
        float(drawn.theta[0]),
        drawn.judgments,
        proposals(rng, new),
        exact(drawn.judgments),
        None if engine is None else belief_of(engine, drawn.judgments),
    )


def proposals(rng: np.random.Generator, count: int) -> list[Judgment]:
    """So many unanswered proposals of the same mixture."""
    return parse_judgments(records(generate_cases(rng, count, MIXTURE)))


def exact(judgments: list[Judgment]) -> Belief:
    """What is exactly to be believed of r."""
    found: Exact = posterior([one.model_dump(mode="json", exclude_none=True) for one in judgments])
    quantiles = tuple(map(float, found.r.quantiles(QUANTILE_LEVELS)))
    return Belief(float(found.r.mean), float(found.r.sd), quantiles)
