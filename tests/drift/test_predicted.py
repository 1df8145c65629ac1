"""The chance of an approval, against quadrature of the model of docs/model.md."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from bayesian_verifier.drift import chance_of_approval, mean_log_loss
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import Belief
from reference import traits as reference
from reference.model import approval

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


@pytest.mark.parametrize(
    "named", [("exploration",), ("probability_weighting",), ("exploration", "probability_weighting")]
)
def test_further_traits_are_averaged_over_too(named):
    """Of three options, by the reference's formulas at even quantiles of each trait with each of the others."""
    long = {"outcomes": [{"payoff": 60.0, "probability": 0.05}, {"payoff": 1.0, "probability": 0.95}]}
    record = RECORD | {"options": [*RECORD["options"], long], "chosen": 2, "times_tried": [7, 2, 0]}
    (judgment,) = parse_judgments([record])
    risk, explores, (mean, sd) = Belief(0.4, 0.3), Belief(0.08, 0.05), (-0.4, 0.3)
    middle = math.exp(mean + sd**2 / 2)
    others = {
        "exploration": explores,
        "probability_weighting": Belief(middle, middle * math.sqrt(math.expm1(sd**2))),
    }
    even = (np.arange(60) + 0.5) / 60
    axes = [
        norm.ppf(even, risk.mean, risk.sd),
        norm.ppf(even, explores.mean, explores.sd) if "exploration" in named else np.zeros(1),
        np.exp(norm.ppf(even, mean, sd)) if "probability_weighting" in named else np.ones(1),
    ]
    worths = reference.worths(record, *np.array(list(itertools.product(*axes))).T)
    expected = approval(worths[2] - worths[:2].max(axis=0), 0.1).mean()
    found = chance_of_approval(judgment, risk, 0.1, {name: others[name] for name in named})
    assert found == pytest.approx(expected, abs=3e-3)


def test_traits_that_a_judgment_does_not_depend_on_change_nothing():
    """A taste for what is new where nobody counted, and names that nobody knows: the same bits."""
    (judgment,) = parse_judgments([RECORD])
    others = {"exploration": Belief(0.1, 0.1), "choice_noise": Belief(0.1, 0.1), "weather": Belief(9.0, 1.0)}
    plain = chance_of_approval(judgment, Belief(0.2, 0.3), 0.1)
    assert chance_of_approval(judgment, Belief(0.2, 0.3), 0.1, others) == plain


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
