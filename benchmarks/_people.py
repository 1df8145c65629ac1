"""Who is asked about? Simulated people with proposals that every method compared here can read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators.lottery import (
    CaseMixture,
    DenseCases,
    LotterySimulator,
    advantage_curves,
    advantages,
    generate_cases,
    pack_dense,
    records,
    respond,
)

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]

#: Cases whose final wealth is never zero: elsewhere the utility has a kink at r = 1, which gradients cannot cross.
SMOOTH = CaseMixture.of({"price_list": 1.0, "two_by_two": 1.0, "matched": 1.0})


class Evidence(NamedTuple):
    """Answered cases as arrays, one row a judgment.

    payoff, probability: [n, 8, 16], probability 0 is padding.   chosen [n].   feedback [n]: 1 approve, -1 reject.
    advantage [n, K]: of the proposal, at the values of r that were asked for.
    """

    payoff: Float
    probability: Float
    chosen: NDArray[np.intp]
    feedback: Float
    advantage: Float


def answered(rng: np.random.Generator, theta: Float, at: Float | None = None) -> Evidence:
    """One judgment of each person theta [n, 2] (link scale), answered by feedback. at [K]: values of r."""
    cases = generate_cases(rng, len(theta), SMOOTH)
    packed, has_advantage = pack_dense(*cases)
    delta = np.zeros(len(theta))
    delta[has_advantage] = advantages(packed, theta[has_advantage, 0])
    approve = respond(rng, delta, np.exp(theta[:, 1])).approve
    curves = np.zeros((len(theta), 0 if at is None else at.size))
    if at is not None:
        curves[has_advantage] = advantage_curves(packed, at)
    return Evidence(cases.payoff, cases.probability, cases.chosen, np.where(approve, 1.0, -1.0), curves)


def as_records(evidence: Evidence) -> list[dict[str, Any]]:
    """The judgments as the Judgment Layer sends them: with what the prover said, so that nobody proves again."""
    wealth = np.zeros(len(evidence.chosen))
    cases = records(DenseCases(wealth, evidence.payoff, evidence.probability, evidence.chosen))
    return [
        case | {"feedback": "approve" if sign > 0 else "reject", "verdict": "proved"}
        for case, sign in zip(cases, evidence.feedback, strict=True)
    ]


def person(seed: int, count: int) -> list[dict[str, Any]]:
    """One person's judgments, as records."""
    rng = np.random.default_rng(seed)
    theta = LotterySimulator().sample_prior(rng, 1)
    return as_records(answered(rng, np.repeat(theta, count, axis=0)))


def judgments_of(raw: list[dict[str, Any]]) -> list[Judgment]:
    """The same, read."""
    return parse_judgments(raw)


def body_of(raw: list[dict[str, Any]], state: str | None = None) -> bytes:
    """The body of a request for their posterior, on top of a state."""
    return json.dumps({"judgments": raw} | ({} if state is None else {"state": state})).encode()
