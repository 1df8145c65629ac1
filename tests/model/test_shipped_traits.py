"""The model of people with three traits that ships, through the door that serves, against quadrature."""

from __future__ import annotations

import numpy as np
import pytest

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.training._exact_joint import joint_posterior
from bayesian_verifier.training._trait_examination import judged
from model.asking import agrees, asked, engine_of, streamed

SIMULATOR = load_simulator("traits")
NAMES = ("risk_aversion", "exploration", "probability_weighting", "choice_noise")


@pytest.fixture(scope="module")
def engine():
    return engine_of("traits")


def test_of_nobody_it_says_the_prior(engine):
    """Means and sds of the normal priors; of the exponent, log-normal about 0.8."""
    said = asked(engine, []).beliefs
    for name, mean, sd in (("risk_aversion", 0.5, 1.0), ("exploration", 0.0, 0.1)):
        assert said[name].mean == pytest.approx(mean, abs=0.02 * sd)
        assert said[name].sd == pytest.approx(sd, rel=0.02)
    assert said["probability_weighting"].mean == pytest.approx(0.8 * np.exp(0.08), rel=0.02)


@pytest.mark.parametrize(("size", "kind"), [(20, "both"), (60, "feedback")])
def test_means_and_sds_are_those_of_quadrature(engine, size, kind):
    """Means within 0.05 sd; sds within 5%, of the noise, whose tail is long on its own scale, within 10%."""
    some = judged(SIMULATOR, np.random.default_rng(size), size, kind)
    said = asked(engine, some)
    exact = joint_posterior(SIMULATOR, some, coarse=(21, 17, 13, 13), fine=(33, 25, 17, 17), negligible=1e-5)
    agrees(said, exact, SIMULATOR.parameters, 0.05)


def test_a_stream_of_single_judgments_gives_the_posterior_of_all(engine):
    """Thirty of them, each with the state of the last: the same to the bit, as a state has room for so many."""
    some = judged(SIMULATOR, np.random.default_rng(3), 30, "both")
    whole, said = asked(engine, some), streamed(engine, some)
    assert said.beliefs == whole.beliefs
    assert said.correlations == whole.correlations
    assert said.counts == whole.counts
    assert said.state == whole.state


def test_whoever_overweighs_small_chances_is_told_from_whoever_loves_risk(engine):
    """A long shot rather than its mean, and the mean rather than an even chance of twice as much: α is below 1."""

    def case(chance, prize, wants):
        long = [{"probability": chance, "payoff": prize}, {"probability": 1 - chance, "payoff": 0.0}]
        sure = [{"probability": 1.0, "payoff": chance * prize}]
        options = [{"outcomes": long}, {"outcomes": sure}]
        return {"options": options, "wealth": 5.0, "chosen": 0, "feedback": "approve" if wants else "reject"}

    shots = [case(0.02, prize, True) for prize in (40.0, 60.0, 90.0)] * 4
    evens = [case(0.5, prize, False) for prize in (40.0, 60.0, 90.0)] * 4
    said = asked(engine, parse_judgments(shots + evens)).beliefs["probability_weighting"]
    assert said.quantiles[-1] < 0.8
