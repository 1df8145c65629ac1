"""The model of the executor that ships, through the door that serves, against people whose θ is known."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

import bayesian_verifier
from bayesian_verifier.serving import Question, answer, load_engine
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators._identifiability import answered

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
PEOPLE, JUDGMENTS, POOL = 100, 128, 2000


@pytest.fixture(scope="module")
def engine():
    return load_engine(SHIPPED, "executor", points=256, cache=None, many=8)


@pytest.fixture(scope="module")
def found(engine):
    """True risk aversion of people with 128 judgments each, and the belief that is served of it."""
    simulator, rng = load_simulator("executor"), np.random.default_rng(41)
    cases, theta = simulator.draw_cases(rng, POOL), simulator.sample_prior(rng, PEOPLE)
    beliefs = []
    for person in theta:
        met = [cases[i] for i in rng.integers(0, POOL, JUDGMENTS)]
        judged = answered(met, simulator.simulate(rng, np.tile(person, (JUDGMENTS, 1)), met))
        said = answer(Question(judged, None, 0, 0), engine, clock=lambda: 0.0, make_seed=int)
        beliefs.append(said.beliefs["risk_aversion"])
    return theta[:, 0], beliefs


def test_of_nobody_it_says_the_prior(engine):
    said = answer(Question([], None, 0, 0), engine, clock=lambda: 0.0, make_seed=int)
    assert said.beliefs["risk_aversion"].mean == pytest.approx(0.5, abs=0.01)
    assert said.beliefs["risk_aversion"].sd == pytest.approx(1.0, abs=0.02)
    assert said.beliefs["choice_noise"].quantiles[2] == pytest.approx(0.1, rel=0.02)


def test_it_finds_peoples_risk_aversion_again(found):
    """Correlation of mean and truth above 0.9, by Fisher's bound at 99%: (atanh ρ̂ + 2.33 / √(n - 3)) ≥ atanh 0.9."""
    truth, beliefs = found
    correlation = np.corrcoef(truth, [one.mean for one in beliefs])[0, 1]
    assert np.arctanh(correlation) + 2.33 / sqrt(PEOPLE - 3) > 0.5 * log(1.9 / 0.1)


def test_its_intervals_hold_the_truth_as_often_as_they_say(found):
    """Of 50 and 90% intervals, within 3.3 standard errors of a share."""
    truth, beliefs = found
    low, quarter, _, three_quarters, high = np.array([one.quantiles for one in beliefs]).T
    for level, least, most in ((0.5, quarter, three_quarters), (0.9, low, high)):
        held = ((least < truth) & (truth < most)).mean()
        assert held == pytest.approx(level, abs=3.3 * sqrt(level * (1 - level) / PEOPLE))
