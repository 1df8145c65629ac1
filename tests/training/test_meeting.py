"""Real models meet: the shipped one passes, and the same one with its weights poisoned is rejected."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from bayesian_verifier.artifact import ModelStore, PosteriorFunction, load_model
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import Belief, wide_points
from bayesian_verifier.retraining import Prior, RetrainingSettings, fitted_prior, foreseen, verdict
from bayesian_verifier.settings import PACKAGE
from bayesian_verifier.settings_file import read_table
from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator, simulate_person
from bayesian_verifier.training import (
    DRAWS,
    Cases,
    EvaluationSettings,
    Network,
    TrainingSettings,
    build_approximator,
    chances,
    meet,
    read_weights,
    seed_of_pair,
)
from bayesian_verifier.training._exact import exact_posterior
from bayesian_verifier.training._export import export_function
from reference import exact
from reference.model import advantage, approval
from training.test_fit import CONFIGS

pytestmark = pytest.mark.timeout(900)
GATE = read_table(RetrainingSettings, CONFIGS / "retraining.toml").gate
POINTS = wide_points(DRAWS, 2)
STORE = ModelStore(PACKAGE / "shipped_models")
SHIPPED = STORE.path("bayesian-verifier", STORE.current("bayesian-verifier"))
FEW = read_table(EvaluationSettings, CONFIGS / "evaluation.toml").model_copy(
    update={"sets": 8, "largest": 64, "calibration_sets": 6, "pool": 512}
)
LISTS = parse_judgments(
    [
        {
            "options": [
                {"outcomes": [{"payoff": 2.0, "probability": p}, {"payoff": 1.6, "probability": 1 - p}]},
                {"outcomes": [{"payoff": 3.85, "probability": p}, {"payoff": 0.1, "probability": 1 - p}]},
            ],
            "chosen": chosen,
            "feedback": "approve",
        }
        for p in (0.2, 0.4, 0.5, 0.6, 0.8)
        for chosen in (0, 1)
    ]
)


def under(mean, sd):
    first, *others = LotterySimulator.parameters
    return LotterySimulator((replace(first, prior_mean=mean, prior_sd=sd), *others))


@pytest.fixture(scope="module")
def model():
    return load_model(SHIPPED)


@pytest.fixture(scope="module")
def champion(model):
    return Network(model.function, LotterySimulator(), POINTS)


@pytest.fixture(scope="module")
def approximator():
    network = read_table(TrainingSettings, CONFIGS / "training.toml").network
    return build_approximator(LotterySimulator(), network)


def overconfident(name, value):
    """Potentials that take every answer for two and a half."""
    return 2.5 * value if "potential/" in name or "network/reward" in name else value


def biased(name, value):
    """A flow whose first standardisation is off by a third of an sd."""
    # Keras numbers the layers of the second network that a process builds
    return value + 0.33 if re.search(r"act_norm(_\d+)?/bias$", name) else value


def broken(name, value):
    """One weight that is no number."""
    return np.full_like(value, np.nan) if name.endswith("context_0/bias") else value


def poisoned(approximator, poison):
    """The shipped weights, altered and exported."""
    read_weights(approximator, SHIPPED / "weights.npz")
    before = [np.asarray(variable.value) for variable in approximator.trainable_variables]
    after = [poison(one.path, old) for one, old in zip(approximator.trainable_variables, before, strict=True)]
    assert any(not np.array_equal(*pair) for pair in zip(before, after, strict=True))
    for variable, value in zip(approximator.trainable_variables, after, strict=True):
        variable.assign(value)
    simulator = LotterySimulator()
    blob = export_function(approximator, simulator.sums_size, 2)
    return Network(PosteriorFunction(blob, sums_size=simulator.sums_size, parameters=2), simulator, POINTS)


def judged(champion, challenger, better=1e9):
    """The verdict where people's answers speak for the challenger as loudly as they can."""
    met = meet(champion, challenger, FEW, Cases(LISTS, 0.5), seed=11)
    json.dumps(met, allow_nan=False)
    answers = {"answers": 1000, "mean_gain": 1.0, "evidence": better, "against": 0.0}
    return met, verdict(met | {"next_answers": answers}, 1, GATE)


def test_a_sound_challenger_is_not_rejected(champion):
    met, said = judged(champion, champion)
    assert said.verdict == "PROMOTE"
    assert met["sealed"]["champion"] == met["sealed"]["challenger"]
    assert met["sealed"]["excess_kl"]["mean"] == 0.0
    assert met["sealed"]["sets"] == FEW.sets
    assert verdict(met | {"next_answers": foreseen([])}, 1, GATE).verdict == "HOLD"


@pytest.mark.parametrize("poison", [overconfident, biased, broken])
def test_a_poisoned_challenger_is_rejected_whatever_people_say(champion, approximator, poison):
    met, said = judged(champion, poisoned(approximator, poison))
    assert said.verdict == "REJECT"
    assert met["sound"] == {"champion": True, "challenger": poison is not broken}
    if poison is not broken:
        assert met["sealed"]["excess_kl"]["mean"] > 0.005


def test_the_seed_is_of_both_manifests_and_of_their_order(model):
    one = model.manifest
    other = one.model_copy(update={"version": "another"})
    assert len({seed_of_pair(one, other), seed_of_pair(other, one), seed_of_pair(one, one)}) == 3
    assert seed_of_pair(one, other) == seed_of_pair(one, other)


class Next:
    """An answer to be foreseen."""

    def __init__(self, subject, known, judgment):
        self.subject, self.known, self.judgment = subject, tuple(known), judgment


@pytest.mark.parametrize(("mean", "sd"), [(0.5, 1.0), (1.2, 0.7)])
def test_an_answer_is_foreseen_as_the_exact_posterior_under_the_model_s_own_prior_does(model, mean, sd):
    """Against another quadrature of other code, within 0.01; with nothing known, under the prior itself."""
    network = Network(model.function, under(mean, sd), POINTS)
    answers = [Next("ada", LISTS[:n], LISTS[n]) for n in (0, 1, 4, 5, 9)]
    answers += [Next("bob", LISTS[5:8], LISTS[0].model_copy(update={"feedback": "reject"}))]
    found = chances(network, answers)
    for chance, asked in zip(found, answers, strict=True):
        records = [one.model_dump(mode="json", exclude_none=True) for one in asked.known]
        truth = exact.posterior(records, exact.Prior(r_mean=mean, r_sd=sd))
        r, u = truth.r_axis, truth.ln_tau_axis
        lead = advantage(asked.judgment.model_dump(mode="json", exclude_none=True), r.nodes)
        approves = approval(lead[:, None], np.exp(u.nodes)[None, :])
        expected = r.weights @ (np.exp(truth.log_joint) * approves) @ u.weights
        assert chance == pytest.approx(expected, abs=0.01)


def test_what_is_known_is_that_subject_s_alone(champion):
    """One call for two people says what two calls say."""
    ada = [Next("ada", LISTS[:n], LISTS[n]) for n in (2, 3)]
    bob = [Next("bob", LISTS[5 : 5 + n], LISTS[n]) for n in (2, 3)]
    mixed = [ada[0], bob[0], ada[1], bob[1]]
    apart = np.concatenate([chances(champion, ada), chances(champion, bob)])
    np.testing.assert_allclose(chances(champion, mixed)[[0, 2, 1, 3]], apart, rtol=0, atol=1e-12)
    assert chances(champion, []).size == 0


def test_the_exact_reference_follows_the_model_s_prior():
    """Mean and sd under another prior than the shipped one, by another quadrature of other code."""
    found = exact_posterior(under(1.2, 0.7), LISTS[:6])
    records = [one.model_dump(mode="json", exclude_none=True) for one in LISTS[:6]]
    truth = exact.posterior(records, exact.Prior(r_mean=1.2, r_sd=0.7)).r
    assert found.mean == pytest.approx(truth.mean, abs=0.003 * truth.sd)
    assert found.sd == pytest.approx(truth.sd, rel=0.003)
    assert not math.isclose(found.mean, exact_posterior(LotterySimulator(), LISTS[:6]).mean, abs_tol=0.05)


def test_where_people_are_is_found_from_windows_that_a_model_of_another_prior_inferred(champion):
    """150 people of N(1.2, 0.7²), sixteen answers each, read under N(0.5, 1) as normals: within a fifth of the way."""
    windows, truth = [], []
    for i in range(150):
        rng = np.random.default_rng([5, i])
        person = simulate_person(rng, under(1.2, 0.7), CaseMixture(), 16, answered="both", max_reward=3.0)
        windows.append(champion.simulator.describe(person.judgments).evidence)
        truth.append(person.theta[0])
    beliefs = []
    for said, evidence in zip(champion.ask(windows), windows, strict=True):
        found = champion.corrected(said, evidence)
        share = found.weights.share if found.reliable else POINTS.share
        beliefs.append(Belief.from_draws(said.theta[:, 0], share))
    precision = np.array([one.sd**-2 - 1.0 for one in beliefs])
    value = np.array([one.mean * one.sd**-2 - 0.5 for one in beliefs]) / precision
    there = precision > 1e-3
    fitted = fitted_prior(value[there], precision[there], Prior(0.5, 1.0))
    assert fitted.mean == pytest.approx(np.mean(truth), abs=0.15)
    assert fitted.sd == pytest.approx(np.std(truth), abs=0.15)
