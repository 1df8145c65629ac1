"""Who are the people of the night? Simulated ones: their θ, the cases they meet, the answers they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.judgment import Case, parse_judgments
from bayesian_verifier.posterior import Belief
from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator, generate_cases, records

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal

ANSWERS = 20  # of a newcomer: one window of 16 that say something


class Person(NamedTuple):
    """One of them. theta: risk aversion, and ln of choice noise."""

    name: str
    theta: tuple[float, float]


def people(kind: str, count: int, seed: int, moved: float = 0.0) -> list[Person]:
    """So many from the prior that the shipped model was trained with, all moved by so many of its sd."""
    simulator = LotterySimulator()
    drawn = simulator.sample_prior(np.random.default_rng(seed), count)
    drawn[:, 0] += moved * simulator.parameters[0].prior_sd
    return [Person(f"{kind}{n}", (float(r), float(noise))) for n, (r, noise) in enumerate(drawn)]


def moved(some: list[Person], sds: float) -> list[Person]:
    """The same people, all of them moved by so many prior sd."""
    step = sds * LotterySimulator().parameters[0].prior_sd
    return [one._replace(theta=(one.theta[0] + step, one.theta[1])) for one in some]


def give_answers(journal: Journal, some: list[Person], count: int, seed: int) -> int:
    """Each answers so many cases, in turns, as the layer would journal it; how many there were.

    The same θ, count and seed give the same cases and the same answers, whatever the names.
    """
    made = [_answers(one, count, seed + n) for n, one in enumerate(some)]
    for turn in range(count):
        for one, (cases, approves, rewards) in zip(some, made, strict=True):
            _append(journal, one.name, cases[turn], bool(approves[turn]), float(rewards[turn]))
    return count * len(some)


def _answers(person: Person, count: int, seed: int) -> tuple[list, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cases = parse_judgments(records(generate_cases(rng, count, CaseMixture())))
    said = LotterySimulator().simulate(rng, np.tile(person.theta, (count, 1)), cases)
    return cases, said.approve, np.clip(said.reward, -3, 3)


def _append(journal: Journal, subject: str, case, approves: bool, reward: float) -> None:  # noqa: ANN001, FBT001 a judgment
    made = journal.append_judgment(
        subject=subject,
        case=Case(wealth=case.wealth, options=case.options),
        chosen=case.chosen,
        verdict=case.verdict or "proved",
        posterior=Belief(0.5, 1.0),
        source="controller",
        reason="no_evidence",
        model_version=None,
        meta_comment="written by scripts/night.py",
    )
    journal.append_feedback(made, "approve" if approves else "reject", reward)
