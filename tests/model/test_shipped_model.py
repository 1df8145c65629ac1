"""The model that ships, through the door that serves, against an exact posterior that shares no code with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import QUANTILE_LEVELS
from bayesian_verifier.serving import Question, answer
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import MAX_REWARD, CaseMixture, simulate_person
from model.shipped import NAME, SHIPPED, shipped_engine
from reference.exact import kl, marginal_log_density, posterior

ASKED = 8192


class Served:
    """The shipped model asked about judgments as they come over the wire."""

    def __init__(self):
        self.engine = shipped_engine()

    def answer(self, records, state=None, draws=0, seed=0):
        question = Question(parse_judgments(records), state, draws, seed)
        return answer(question, self.engine, clock=lambda: 0.0, make_seed=int)

    def belief(self, records):
        return self.answer(records).beliefs["risk_aversion"]


@pytest.fixture(scope="module")
def served():
    return Served()


@pytest.fixture(scope="module")
def network_density():
    """Log-density of the network alone at points [Q, 2] on the link scale."""
    from bayesian_verifier.artifact import ModelStore, load_model

    store = ModelStore(SHIPPED)
    model = load_model(store.path(NAME, store.current(NAME)))
    simulator = load_simulator(model.manifest.simulator)

    def density(records, query):
        sums = simulator.describe(parse_judgments(records)).evidence.sums[None]
        count = -(-len(query) // ASKED)
        # one size for all, or every set would compile the function anew
        padded = np.resize(query.astype(np.float32), (ASKED * count, 2))
        noise = np.zeros((1, 2), np.float32)
        parts = [np.asarray(model.function(sums, noise, p).query_density)[0] for p in np.split(padded, count)]
        return np.concatenate(parts)[: len(query)]

    return density


def holt_laury(safe_choices):
    """The ten rows of the list, the safe option taken in the first rows."""
    rows = []
    for row in range(1, 11):
        p = row / 10
        options = [
            {"outcomes": [{"payoff": high, "probability": p}, {"payoff": low, "probability": 1 - p}]}
            for high, low in ((2.0, 1.6), (3.85, 0.1))
        ]
        rows.append({"options": options, "chosen": 0 if row <= safe_choices else 1, "feedback": "approve"})
    return rows


def people(count, seed):
    """Simulated people with sets of 1–200 judgments, answered in every way, as records."""
    simulator = load_simulator("lottery")
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        size = int(np.exp(rng.uniform(0, np.log(200))))
        kind = ("feedback", "reward", "both")[i % 3]
        person = simulate_person(rng, simulator, CaseMixture(), size, answered=kind, max_reward=MAX_REWARD)
        yield person.theta, [j.model_dump(mode="json", exclude_none=True) for j in person.judgments]


@pytest.mark.parametrize("safe", [4, 6, 8])
def test_the_holt_laury_list_has_the_exact_posterior(served, safe):
    """Four, six and eight safe choices: mean within 0.015 sd of quadrature, quantiles within 0.05, sd within 2%."""
    exact, belief = posterior(holt_laury(safe)).r, served.belief(holt_laury(safe))
    assert abs(belief.mean - exact.mean) <= 0.015 * exact.sd
    assert belief.sd == pytest.approx(exact.sd, rel=0.02)
    assert belief.quantiles == pytest.approx(tuple(exact.quantiles(QUANTILE_LEVELS)), abs=0.05 * exact.sd)


def test_more_safe_choices_mean_more_risk_aversion(served):
    """Means rise with the number of safe choices."""
    means = [served.belief(holt_laury(safe)).mean for safe in range(1, 10)]
    assert all(a < b for a, b in pairwise(means))


def test_without_evidence_the_posterior_is_the_prior(served):
    """Mean 0.5 and sd 1 of r."""
    belief = served.belief([])
    assert (belief.mean, belief.sd) == pytest.approx((0.5, 1.0), abs=1e-5)


def test_what_is_served_is_off_the_exact_posterior_by_hundredths_of_an_sd(served):
    """Over people of every kind: mean 0.015, quantiles 0.03 exact sd rms, sd 2% rms; all weights reliable."""
    mean, quantiles, sd = [], [], []
    for _, records in people(60, seed=41):
        exact, said = posterior(records, missing=1e-3).r, served.answer(records)
        belief = said.beliefs["risk_aversion"]
        mean.append((belief.mean - exact.mean) / exact.sd)
        sd.append(belief.sd / exact.sd - 1)
        quantiles.append((np.array(belief.quantiles) - exact.quantiles(QUANTILE_LEVELS)) / exact.sd)
        assert said.checks.correction.applied or not said.counts.informative
    for off, most in ((mean, 0.015), (sd, 0.02), (quantiles, 0.03)):
        assert np.sqrt(np.mean(np.square(off))) <= most


def test_the_networks_density_is_close_to_the_exact_one(network_density):
    """Mean KL(exact ‖ network) of r over people it was not trained on, by quadrature of its own density."""
    found = []
    for _, records in people(36, seed=99):
        exact = posterior(records, missing=1e-3)
        r, t = exact.r_axis.nodes, exact.ln_tau_axis.nodes
        query = np.stack([m.ravel() for m in np.meshgrid(r, t, indexing="ij")], axis=1)
        density = network_density(records, query).reshape(r.size, t.size)
        found.append(kl(exact.r, marginal_log_density(density, exact.ln_tau_axis)))
    assert np.mean(found) <= 0.005
    assert np.median(found) <= 0.002


def test_order_of_judgments_and_of_options_do_not_matter(served):
    """Shuffled judgments and shuffled options give the same mean to a millionth of an sd."""
    rng = np.random.default_rng(8)
    for _, records in people(6, seed=5):
        belief = served.belief(records)
        shuffled = [dict(records[i]) for i in rng.permutation(len(records))]
        for record in shuffled:
            order = rng.permutation(len(record["options"]))
            record["options"] = [record["options"][i] for i in order]
            record["chosen"] = int(np.flatnonzero(order == record["chosen"])[0])
        again = served.belief(shuffled)
        assert again.mean == pytest.approx(belief.mean, abs=1e-6 * belief.sd)
        assert again.sd == pytest.approx(belief.sd, rel=1e-6)


def test_currency_does_not_matter(served):
    """A hundred times all payoffs and wealth is the same person."""
    for _, records in people(6, seed=6):
        dearer = [
            record
            | {
                "wealth": 100 * record["wealth"],
                "options": [
                    {"outcomes": [o | {"payoff": 100 * o["payoff"]} for o in option["outcomes"]]}
                    for option in record["options"]
                ],
            }
            for record in records
        ]
        belief = served.belief(records)
        assert served.belief(dearer).mean == pytest.approx(belief.mean, abs=5e-3 * belief.sd)


def test_a_stream_of_single_judgments_ends_in_the_posterior_of_the_batch(served):
    """Mean within 0.03 sd, sd within 2%, and the same counts."""
    for _, records in people(6, seed=7):
        batch, state = served.answer(records), None
        for record in records:
            streamed = served.answer([record], state=state)
            state = streamed.state
            assert len(state) <= 32 * 1024
        one, other = streamed.beliefs["risk_aversion"], batch.beliefs["risk_aversion"]
        assert one.mean == pytest.approx(other.mean, abs=0.03 * other.sd)
        assert one.sd == pytest.approx(other.sd, rel=0.02)
        assert streamed.counts == batch.counts


def test_true_parameters_rank_evenly_among_the_draws(served):
    """Simulation-based calibration: ranks of both parameters pass a Kolmogorov–Smirnov test (Talts et al. 2018)."""
    from scipy.stats import kstest

    ranks = []
    for seed, (theta, records) in enumerate(people(240, seed=2024)):
        draws = served.answer(records, draws=500, seed=seed).draws
        truth = (theta[0], np.exp(theta[1]))
        ranks.append([(of_one < value).mean() for of_one, value in zip(draws.values(), truth, strict=True)])
    for of_parameter in np.array(ranks).T:
        assert kstest(of_parameter, "uniform").pvalue > 1e-4


def test_draws_have_the_moments_of_the_summary(served):
    """Four thousand equally weighted draws: mean within 0.06 sd, sd within 5%, of both parameters' logarithms."""
    for seed, (_, records) in enumerate(people(6, seed=77)):
        said = served.answer(records, draws=4096, seed=seed)
        belief, draws = said.beliefs["risk_aversion"], said.draws["risk_aversion"].astype(np.float64)
        assert draws.mean() == pytest.approx(belief.mean, abs=0.06 * belief.sd)
        assert draws.std() == pytest.approx(belief.sd, rel=0.05)


def test_somebody_who_tosses_a_coin_is_no_one_the_model_knows(served):
    """A hundred random answers are a misfit, best explained as random; answers to the same as θ gives them are not."""
    rng = np.random.default_rng(3)
    simulator = load_simulator("lottery")
    person = simulate_person(rng, simulator, CaseMixture(), 100, answered="feedback", max_reward=MAX_REWARD)
    honest = [j.model_dump(mode="json", exclude_none=True) for j in person.judgments]
    tossed = [record | {"feedback": rng.choice(["approve", "reject"])} for record in honest]
    assert served.answer(honest).checks.trustworthy
    checks = served.answer(tossed).checks
    assert "misfit" in checks.reasons
    assert checks.misfit.rival == "random_answers"
