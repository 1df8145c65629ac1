"""Do simulated people answer as docs/model.md says? Held against an independent computation of that page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record, records
from scipy import stats

from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import KNOTS
from reference import model

SIMULATOR = load_simulator("lottery")
UNLIKELY = 1e-6  # how often a sound simulator may fail one statistical check


SAFE = lottery((2.0, 0.6), (1.6, 0.4))
RISKY = lottery((3.85, 0.6), (0.1, 0.4))
CASES = {
    "row 6 of the price list": record(SAFE, RISKY),
    "the risky side of it": record(SAFE, RISKY, chosen=1),
    "with wealth": record(SAFE, RISKY, wealth=12.5),
    "three options": record(SAFE, RISKY, lottery((9.0, 0.2), (0.5, 0.8)), chosen=2),
    "a zero among the outcomes": record(lottery((3.0, 1.0)), lottery((0.0, 0.5), (9.0, 0.5))),
    "an option out of reach": record(SAFE, RISKY, lottery((-5.0, 0.5), (90.0, 0.5))),
}
# (r, τ): averse, neutral, seeking, logarithmic; steady and shaky hands
PEOPLE = [(0.7, 0.1), (0.0, 0.02), (-1.5, 0.3), (1.0, 0.05), (2.5, 1.0)]


def theta(r: float, tau: float, n: int = 1) -> np.ndarray:
    """N copies of one person, on the link scale."""
    return np.tile([r, math.log(tau)], (n, 1))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("r", "tau"), PEOPLE)
def test_approvals_come_as_often_as_the_formula_says(name: str, r: float, tau: float) -> None:
    """The share of 20,000 approvals lies within the binomial bounds of λ/2 + (1 - λ)·logistic(Δ/τ)."""
    n = 20_000
    delta = model.advantage(CASES[name], np.array([r]))
    assert delta is not None
    expected = float(model.approval(delta, np.array([tau]))[0])
    answers = SIMULATOR.simulate(np.random.default_rng(11), theta(r, tau, n), parsed(CASES[name]) * n)
    low, high = stats.binom(n, expected).ppf([UNLIKELY / 2, 1 - UNLIKELY / 2])
    assert low <= answers.approve.sum() <= high


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("r", "tau"), PEOPLE)
def test_rewards_are_the_advantage_and_quarter_noise(name: str, r: float, tau: float) -> None:
    """20,000 rewards pass for draws of N(Δ(r), 0.25²): their mean, their spread, and their shape."""
    n = 20_000
    delta = model.advantage(CASES[name], np.array([r]))
    assert delta is not None
    rewards = SIMULATOR.simulate(np.random.default_rng(12), theta(r, tau, n), parsed(CASES[name]) * n).reward
    assert abs(rewards.mean() - delta[0]) < stats.norm.isf(UNLIKELY / 2) * 0.25 / math.sqrt(n)
    low, high = stats.chi2(n - 1).ppf([UNLIKELY / 2, 1 - UNLIKELY / 2])
    assert low < (n - 1) * rewards.var(ddof=1) / 0.25**2 < high
    assert stats.kstest(rewards, stats.norm(delta[0], 0.25).cdf).pvalue > UNLIKELY


def test_approval_and_reward_are_independent_given_the_person() -> None:
    """Those who approve earn no more than those who reject: both answers depend on θ alone."""
    n = 40_000
    answers = SIMULATOR.simulate(
        np.random.default_rng(13), theta(0.4, 0.1, n), parsed(CASES["three options"]) * n
    )
    groups = answers.reward[answers.approve], answers.reward[~answers.approve]
    assert stats.ttest_ind(*groups).pvalue > UNLIKELY


REFUTED = {
    "it can ruin": record(lottery((-1.0, 0.5), (9.0, 0.5)), SAFE),
    "it is dominated": record(lottery((1.0, 1.0)), lottery((2.0, 1.0))),
    "it costs more than there is": record(SAFE, RISKY, stake=5.0, budget=4.0),
    "the prover said so": record(SAFE, RISKY, verdict="refuted"),
}


@pytest.mark.parametrize("name", REFUTED)
def test_refuted_proposals_are_rejected_whoever_is_asked(name: str) -> None:
    """Rejected with probability 1 - λ/2 = 0.99, and worth exactly -1, for people of every kind."""
    n = 20_000
    people = SIMULATOR.sample_prior(np.random.default_rng(1), n)
    answers = SIMULATOR.simulate(np.random.default_rng(14), people, parsed(REFUTED[name]) * n)
    low, high = stats.binom(n, 0.99).ppf([UNLIKELY / 2, 1 - UNLIKELY / 2])
    assert low <= n - answers.approve.sum() <= high
    assert set(answers.reward.tolist()) == {-1.0}


NO_ADVANTAGE = {
    "all outcomes alike": record(lottery((2.0, 1.0)), lottery((2.0, 0.5), (2.0, 0.5))),
    "nothing else within reach": record(SAFE, lottery((-5.0, 0.5), (90.0, 0.5))),
}


@pytest.mark.parametrize("name", NO_ADVANTAGE)
def test_without_an_advantage_people_toss_a_coin(name: str) -> None:
    """Where no Δ exists it counts as 0: half approve, and the reward is noise around 0."""
    n = 20_000
    people = SIMULATOR.sample_prior(np.random.default_rng(2), n)
    answers = SIMULATOR.simulate(np.random.default_rng(15), people, parsed(NO_ADVANTAGE[name]) * n)
    low, high = stats.binom(n, 0.5).ppf([UNLIKELY / 2, 1 - UNLIKELY / 2])
    assert low <= answers.approve.sum() <= high
    assert stats.kstest(answers.reward, stats.norm(0, 0.25).cdf).pvalue > UNLIKELY


def test_each_person_meets_their_own_proposal() -> None:
    """Person i answers proposal i: in a mixed batch rewards centre on each pair's own advantage."""
    names = list(CASES)
    pairs = [(CASES[names[i % len(names)]], PEOPLE[i % len(PEOPLE)]) for i in range(30)] * 600
    people = np.array([[r, math.log(tau)] for _, (r, tau) in pairs])
    expected = [model.advantage(case, np.array([r]))[0] for case, (r, _) in pairs[:30]]  # type: ignore[index]
    rewards = SIMULATOR.simulate(
        np.random.default_rng(16), people, parsed(*[case for case, _ in pairs])
    ).reward
    off = rewards.reshape(600, 30).mean(axis=0) - expected
    assert np.abs(off).max() < 5 * 0.25 / math.sqrt(600)


def test_people_are_drawn_from_the_prior() -> None:
    """Normal in r (0.5, 1) and in ln τ (ln 0.1, 1), unrelated."""
    people = SIMULATOR.sample_prior(np.random.default_rng(3), 20_000)
    assert stats.kstest(people[:, 0], stats.norm(0.5, 1.0).cdf).pvalue > UNLIKELY
    assert stats.kstest(people[:, 1], stats.norm(math.log(0.1), 1.0).cdf).pvalue > UNLIKELY
    assert stats.pearsonr(people[:, 0], people[:, 1]).pvalue > UNLIKELY


@given(st.lists(records(), min_size=1, max_size=3), st.floats(-4, 5), st.floats(-5, 1))
@settings(QUICK, max_examples=120)
def test_the_log_likelihood_is_the_reference_s(
    judgments: list[dict[str, Any]], r: float, ln_tau: float
) -> None:
    """To 1e-9, whatever was offered, answered and verified."""
    found = SIMULATOR.log_likelihood(np.array([[r, ln_tau]]), parsed(*judgments))
    assert found is not None
    at, tau = np.array([r]), np.exp(np.array([ln_tau]))
    expected = sum(float(model.log_likelihood(judgment, at, tau)[0]) for judgment in judgments)
    assert found[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(records(), max_size=3))
@settings(QUICK, max_examples=80)
def test_what_counts_as_evidence_is_what_the_reference_says(judgments: list[dict[str, Any]]) -> None:
    """The informative and the refuted are counted as docs/model.md lists them, disjoint, refuted first."""
    description = SIMULATOR.describe(parsed(*judgments))
    assert description.informative == sum(model.informative(judgment) for judgment in judgments)
    assert description.refuted == sum(model.refuted(judgment) for judgment in judgments)
    told = [j for j in judgments if model.informative(j) and j["feedback"] is not None]
    counted = description.evidence.sums.reshape(len(SIMULATOR.points), -1)[:, :KNOTS].sum(axis=1)
    np.testing.assert_array_equal(counted, np.full(len(SIMULATOR.points), len(told)))


def likelihood(judgment: dict[str, Any], people: np.ndarray) -> np.ndarray:
    """The package's log-likelihood of one judgment for many people."""
    found = SIMULATOR.log_likelihood(people, parsed(judgment))
    assert found is not None
    return found


@given(records(), st.data())
@settings(QUICK, max_examples=50)
def test_the_order_of_options_means_nothing(judgment: dict[str, Any], data: st.DataObject) -> None:
    """Reordering the options, and the proposal with them, leaves likelihood and evidence as they were."""
    order = data.draw(st.permutations(range(len(judgment["options"]))))
    moved = {
        **judgment,
        "options": [judgment["options"][i] for i in order],
        "chosen": order.index(judgment["chosen"]),
    }
    people = SIMULATOR.sample_prior(np.random.default_rng(4), 8)
    assert likelihood(moved, people) == pytest.approx(likelihood(judgment, people), rel=1e-9, abs=1e-9)
    assert SIMULATOR.describe(parsed(moved)).evidence.sums == pytest.approx(
        SIMULATOR.describe(parsed(judgment)).evidence.sums,
        abs=2.5e-4,  # two of the steps that weights are rounded to
    )


@given(records(), st.sampled_from([0.01, 7.46, 1000.0]))
@settings(QUICK, max_examples=50)
def test_the_currency_means_nothing(judgment: dict[str, Any], rate: float) -> None:
    """The same judgment in kroner, cents or thousands: the same likelihood. Rewards are never money."""
    assume(judgment["verdict"] is not None)  # a rounding of payoffs may break a tie that decides dominance
    exchanged = {
        **judgment,
        "wealth": judgment["wealth"] * rate,
        "options": [
            lottery(*((o["payoff"] * rate, o["probability"]) for o in option["outcomes"]))
            for option in judgment["options"]
        ],
    }
    people = SIMULATOR.sample_prior(np.random.default_rng(5), 8)
    assert likelihood(exchanged, people) == pytest.approx(likelihood(judgment, people), rel=1e-6, abs=1e-6)


@given(st.lists(records(), min_size=2, max_size=3))
@settings(QUICK, max_examples=30)
def test_judgments_are_independent_given_the_person(judgments: list[dict[str, Any]]) -> None:
    """The log-likelihood of several is the sum of theirs."""
    people = SIMULATOR.sample_prior(np.random.default_rng(6), 8)
    together = SIMULATOR.log_likelihood(people, parsed(*judgments))
    assert together == pytest.approx(sum(likelihood(j, people) for j in judgments), rel=1e-9, abs=1e-9)
