"""Whom is the controller asked about, and what is there to know of them?

People drawn from the prior, r and τ, who judged proposals of configs/simulators/lottery.toml; beside each the exact
posterior of `tests/reference`, what the service says, and further proposals that nobody has chosen from yet.
Some of them drift: their r moves from day to day like a random walk.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _ours import ROOT, belief_of
from _reference import Exact, posterior
from _regret import Worth, worth

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

    new: what proposals nobody has chosen from yet are worth to them.
    """

    size: int
    answered: str
    r: float
    judgments: list[Judgment]
    new: list[Worth]
    exact: Belief
    service: Belief


class Drifter(NamedTuple):
    """One person on day 0, when they were trusted, and so many days later.

    trusted: the service's posterior of `before`.   since: what they answered on the later day, as who they were then.
    """

    days: float
    r: float
    before: list[Judgment]
    trusted: Belief
    since: list[Judgment]
    new: list[Worth]


def person(seed: int, size: int, answered: str, new: int, engine: Engine) -> Person:
    """The person of this seed."""
    rng = np.random.default_rng(seed)
    drawn = simulate_person(rng, SIMULATOR, MIXTURE, size, answered=answered, max_reward=MAX_REWARD)
    r = float(drawn.theta[0])
    served = belief_of(engine, drawn.judgments)
    return Person(size, answered, r, drawn.judgments, worths(rng, new, r), exact(drawn.judgments), served)


def drifter(
    seed: int, days: float, drift: float, new: int, engine: Engine, *, size: int = 32, since: int = 8
) -> Drifter:
    """The person of this seed who answered on day 0, and whose r then moved by `drift` a day, in sd."""
    rng = np.random.default_rng(seed)
    drawn = simulate_person(rng, SIMULATOR, MIXTURE, size, answered="feedback", max_reward=MAX_REWARD)
    theta = drawn.theta + np.array([drift * np.sqrt(days) * rng.standard_normal(), 0.0])
    cases = proposals(rng, since)
    said = SIMULATOR.simulate(rng, np.repeat(theta[None], since, axis=0), cases).approve
    later = [
        case.model_copy(update={"feedback": "approve" if yes else "reject", "ts": day(days)})
        for case, yes in zip(cases, said, strict=True)
    ]
    before = [one.model_copy(update={"ts": day(-1.0)}) for one in drawn.judgments]
    r = float(theta[0])
    return Drifter(days, r, before, belief_of(engine, before), later, worths(rng, new, r))


def day(days: float) -> str:
    """So many days after 1970, as a judgment states its time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)).isoformat()


def worths(rng: np.random.Generator, count: int, r: float) -> list[Worth]:
    """So many new proposals, less those in which there is nothing to choose."""
    return [found for case in proposals(rng, count) if (found := worth(case, r)) is not None]


def proposals(rng: np.random.Generator, count: int) -> list[Judgment]:
    """So many unanswered proposals of the same mixture."""
    return parse_judgments(records(generate_cases(rng, count, MIXTURE)))


def exact(judgments: list[Judgment]) -> Belief:
    """What is exactly to be believed of r."""
    found: Exact = posterior([one.model_dump(mode="json", exclude_none=True) for one in judgments])
    quantiles = tuple(map(float, found.r.quantiles(QUANTILE_LEVELS)))
    return Belief(float(found.r.mean), float(found.r.sd), quantiles)
