"""The chance of an approval, against quadrature of the model of docs/model.md."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad
from scipy.stats import norm

from bayesian_verifier.drift import chance_of_approval, mean_log_loss
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import Belief

RECORD = {
    "options": [
        {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
        {"outcomes": [{"payoff": 10.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
    ],
    "chosen": 0,
    "feedback": "approve",
}


@pytest.mark.parametrize(("mean", "sd", "noise"), [(0.2, 0.1, 0.1), (0.3, 0.4, 0.2), (-0.5, 0.2, 0.05)])
def test_it_is_the_model_averaged_over_the_belief(mean, sd, noise):
    """A sure 4 against a coin toss for 10 at wealth 0: utilities y^(1-r) over 10^(1-r), for r < 1."""
    (judgment,) = parse_judgments([RECORD])

    def approves(r):
        lead = 0.4 ** (1 - r) - 0.5
        return norm(mean, sd).pdf(r) * (0.01 + 0.98 / (1 + math.exp(-lead / noise)))

    expected, _ = quad(approves, mean - 8 * sd, min(mean + 8 * sd, 0.999999), limit=200)
    expected += norm(mean, sd).sf(1.0) * (0.01 + 0.98 / (1 + math.exp(-0.5 / noise)))
    assert chance_of_approval(judgment, Belief(mean, sd), noise) == pytest.approx(expected, abs=2e-3)


def test_log_loss_is_of_what_was_said_and_of_nothing_where_nothing_was():
    approved, rejected, paid = parse_judgments(
        [RECORD, RECORD | {"feedback": "reject"}, {**RECORD, "feedback": None, "reward": 0.2}]
    )
    belief = Belief(0.2, 0.3)
    chance = chance_of_approval(approved, belief, 0.1)
    assert mean_log_loss([approved, rejected, paid], belief, 0.1) == pytest.approx(
        -(math.log(chance) + math.log(1 - chance)) / 2
    )
    assert mean_log_loss([paid], belief, 0.1) is None
