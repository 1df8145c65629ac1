"""The model that ships, through the door that serves, against an exact posterior that shares no code with it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief, base_points
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import MAX_REWARD, CaseMixture, simulate_person
from reference.exact import kl, marginal_log_density, posterior

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
POINTS = base_points(1024, 2)


class Served:
    """The shipped function asked about judgments as they come over the wire."""

    def __init__(self):
        store = ModelStore(SHIPPED)
        self.model = load_model(store.path("bayesian-verifier", store.current("bayesian-verifier")))
        self.simulator = load_simulator(self.model.manifest.simulator)

    def emission(self, records, state=None, query=None, rows=None):
        features = self.simulator.describe(parse_judgments(records)).features
        size = rows or next(s for s in (8, 32, 128, 512) if s >= len(features))
        padded = np.zeros((size, self.model.manifest.feature_width), np.float32)
        padded[: len(features)] = features
        mask = (np.arange(size) < len(features)).astype(np.float32)
        start = np.zeros(self.model.manifest.state_size, np.float32) if state is None else state
        return self.model.function(padded, mask, start, POINTS, query)

    def belief(self, records):
        return Belief.from_draws(np.asarray(self.emission(records).theta, np.float64)[:, 0])


@pytest.fixture(scope="module")
def served():
    return Served()


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
    """Four, six and eight safe choices: mean within 0.2 sd + 0.02 of quadrature, and far closer in fact."""
    records = holt_laury(safe)
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.1 * exact.sd
    assert belief.sd == pytest.approx(exact.sd, rel=0.05)
    assert belief.quantiles == pytest.approx(tuple(exact.quantiles(QUANTILE_LEVELS)), abs=0.2 * exact.sd)


def test_more_safe_choices_mean_more_risk_aversion(served):
    """Means rise with the number of safe choices."""
    means = [served.belief(holt_laury(safe)).mean for safe in range(1, 10)]
    assert all(a < b for a, b in pairwise(means))


def test_without_evidence_the_posterior_is_the_prior(served):
    """Mean 0.5 and sd 1 of r, mean ln 0.1 and sd 1 of ln τ."""
    theta = np.asarray(served.emission([]).theta, np.float64)
    np.testing.assert_allclose(theta.mean(axis=0), [0.5, np.log(0.1)], atol=0.03)
    np.testing.assert_allclose(theta.std(axis=0), [1, 1], atol=0.03)


def test_the_networks_density_is_close_to_the_exact_one(served):
    """Mean KL(exact ‖ network) of r over people it was not trained on, by quadrature of its own density."""
    found = []
    for _, records in people(36, seed=99):
        exact = posterior(records, missing=1e-3)
        r, t = exact.r_axis.nodes, exact.ln_tau_axis.nodes
        query = np.stack([m.ravel() for m in np.meshgrid(r, t, indexing="ij")], axis=1).astype(np.float32)
        # one size for all, or every set would compile the function anew
        density = np.concatenate(
            [
                np.asarray(served.emission(records, query=part, rows=256).query_density)
                for part in np.array_split(
                    np.resize(query, (8192 * -(-len(query) // 8192), 2)), -(-len(query) // 8192)
                )
            ]
        )[: len(query)]
        found.append(kl(exact.r, marginal_log_density(density.reshape(r.size, t.size), exact.ln_tau_axis)))
    assert np.mean(found) <= 0.02
    assert np.median(found) <= 0.01


def test_order_of_judgments_padding_and_option_order_do_not_matter(served):
    """Shuffled judgments, shuffled options and more padding give the same mean to a thousandth of an sd."""
    rng = np.random.default_rng(8)
    for _, records in people(6, seed=5):
        belief = served.belief(records)
        shuffled = [dict(records[i]) for i in rng.permutation(len(records))]
        for record in shuffled:
            order = rng.permutation(len(record["options"]))
            record["options"] = [record["options"][i] for i in order]
            record["chosen"] = int(np.flatnonzero(order == record["chosen"])[0])
        theta = np.asarray(served.emission(shuffled, rows=512).theta, np.float64)[:, 0]
        assert theta.mean() == pytest.approx(belief.mean, abs=2e-3 * belief.sd)
        assert theta.std() == pytest.approx(belief.sd, rel=2e-3)


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
    """What is kept of a person adds up to 1e-5, and so mean and sd agree to a thousandth of an sd."""
    for _, records in people(4, seed=7):
        batch = served.emission(records)
        state = None
        for record in records:
            streamed = served.emission([record], state=state)
            state = np.asarray(streamed.state)
        whole = np.asarray(batch.state)
        kept, expected = (s.reshape(2, -1).sum(axis=0) for s in (state, whole))
        np.testing.assert_allclose(kept, expected, rtol=1e-5, atol=1e-5)
        one, other = (np.asarray(e.theta, np.float64)[:, 0] for e in (streamed, batch))
        assert one.mean() == pytest.approx(other.mean(), abs=1e-3 * other.std())


def test_true_parameters_rank_evenly_among_the_draws(served):
    """Simulation-based calibration: ranks of both parameters pass a Kolmogorov–Smirnov test (Talts et al. 2018)."""
    from scipy.stats import kstest

    ranks = []
    for theta, records in people(240, seed=2024):
        draws = np.asarray(served.emission(records).theta)
        ranks.append((draws < theta).mean(axis=0))
    for of_parameter in np.array(ranks).T:
        assert kstest(of_parameter, "uniform").pvalue > 1e-4
