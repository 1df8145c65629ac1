"""Do people with several traits answer as docs/model.md says?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import novelty, parse_judgments
from bayesian_verifier.simulators import conformance
from bayesian_verifier.simulators.lottery import LotterySimulator
from bayesian_verifier.simulators.traits import (
    ExplorerSimulator,
    People,
    TraitsSimulator,
    cases_of,
)
from bayesian_verifier.training import joint_posterior
from bayesian_verifier.training._curriculum import require_trainable
from bayesian_verifier.training._exact import exact_posterior
from reference import traits as reference


def lottery(*outcomes: tuple[float, float]):
    return {"outcomes": [{"payoff": x, "probability": p} for x, p in outcomes]}


SURE, COIN = lottery((40.0, 1.0)), lottery((100.0, 0.5), (0.0, 0.5))
LONG = lottery((300.0, 0.1), (20.0, 0.3), (1.0, 0.6))


@st.composite
def records(draw):
    """A judgment of two to four options, some that cannot be borne, with or without counts of tries."""
    options = []
    for _ in range(draw(st.integers(2, 4))):
        n = draw(st.integers(1, 4))
        shares = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
        payoffs = draw(st.lists(st.integers(-12, 60), min_size=n, max_size=n, unique=True))
        options.append(lottery(*((float(x), s / sum(shares)) for x, s in zip(payoffs, shares, strict=True))))
    record = {"wealth": 10.0, "options": options, "chosen": draw(st.integers(0, len(options) - 1))}
    if draw(st.booleans()):
        record["times_tried"] = [draw(st.integers(0, 50)) for _ in options]
    if draw(st.booleans()):
        record["feedback"] = draw(st.sampled_from(["approve", "reject"]))
    if draw(st.booleans()):
        record["reward"] = draw(st.floats(-1.0, 1.0))
    return record


@settings(max_examples=60, deadline=None)
@given(st.lists(records(), min_size=1, max_size=4))
def test_an_answer_is_as_likely_as_the_formulas_say(some):
    """Log-likelihoods agree with an independent reading of the model, on a grid and off it."""
    judgments = parse_judgments(some)
    grid = np.array(
        [
            [r, x, a, t]
            for r in (-1.5, 1.0, 2.2)
            for x in (-0.2, 0.1)
            for a in (-0.7, 0.3)
            for t in (-4.0, -1.0)
        ]
    )
    away = np.random.default_rng(0).normal([0.5, 0.0, -0.2, -2.3], [1.0, 0.1, 0.4, 1.0], (5, 4))
    for theta in (grid, away):
        ours = TraitsSimulator().log_likelihood(theta, judgments)
        r, xi, alpha, tau = theta[:, 0], theta[:, 1], np.exp(theta[:, 2]), np.exp(theta[:, 3])
        theirs = sum(reference.log_likelihood(one, r, xi, alpha, tau) for one in some)
        assert ours == pytest.approx(theirs, abs=1e-8)
        two = ExplorerSimulator().log_likelihood(theta[:, [0, 1, 3]], judgments)
        ones = np.ones(len(theta))
        assert two == pytest.approx(
            sum(reference.log_likelihood(one, r, xi, ones, tau) for one in some), abs=1e-8
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(records(), min_size=1, max_size=4))
def test_whoever_neither_explores_nor_misjudges_chances_is_the_lotterys_person(some):
    """At ξ = 0 and α = 1 the likelihood is the one-trait simulator's, tries or no tries."""
    judgments = parse_judgments(some)
    plain = np.random.default_rng(1).normal([0.5, -2.3], 1.0, (9, 2))
    theta = np.column_stack([plain[:, 0], np.zeros((9, 2)), plain[:, 1]])
    assert TraitsSimulator().log_likelihood(theta, judgments) == pytest.approx(
        LotterySimulator().log_likelihood(plain, judgments), abs=1e-9
    )


def test_identical_options_are_told_apart_by_how_often_they_were_tried():
    """∆ is then ξ·ln((1 + n_other)/(1 + n_chosen)) whatever the other traits are."""
    [one] = parse_judgments([{"options": [COIN, COIN, SURE], "chosen": 0, "times_tried": [0, 9, 10**6]}])
    cases, _ = cases_of([one])
    people = People(np.array([-1.0, 0.5, 1.0]), np.array([0.05, 0.1, 0.08]), np.array([0.6, 1.0, 1.5]))
    assert cases.advantages(people)[0] == pytest.approx(people.exploration * math.log(10))
    one = People(*(part[1:2] for part in people if part is not None))
    assert cases.advantages_each(one)[0] == pytest.approx(0.1 * math.log(10))
    assert novelty([0, 9]) == pytest.approx([0.0, -math.log(10)])


def test_a_chance_of_one_over_e_weighs_what_it_is_whatever_the_exponent():
    """W(1/e) = 1/e for every α (Prelec's fixed point): V of one prize or nothing at r = 0."""
    share = math.exp(-1)
    [one] = parse_judgments(
        [{"options": [lottery((1.0, share), (0.0, 1 - share)), lottery((0.0, 1.0))], "chosen": 0}]
    )
    cases, _ = cases_of([one])
    exponents = np.array([0.3, 0.65, 1.0, 2.0])
    people = People(np.zeros(4), np.zeros(4), exponents)
    assert cases.advantages(people)[0] == pytest.approx(np.full(4, share))


def evidence(count: int = 12):
    """Answers of somebody to varied cases."""
    rng = np.random.default_rng(3)
    some = []
    for i in range(count):
        sure = lottery((float(rng.integers(10, 60)), 1.0))
        p = float(rng.integers(1, 10)) / 10
        risky = lottery((100.0, p), (float(rng.integers(0, 9)), 1 - p))
        some.append(
            {
                "options": [sure, risky],
                "chosen": int(rng.integers(2)),
                "times_tried": [int(rng.integers(30)), int(rng.integers(3))],
                "feedback": "approve" if rng.random() < 0.6 else "reject",
                **({"reward": float(rng.normal(0, 0.3))} if i % 4 == 0 else {}),
            }
        )
    return some


@pytest.mark.parametrize(("simulator", "points"), [(ExplorerSimulator(), 41), (TraitsSimulator(), 21)])
def test_the_joint_posterior_is_the_one_of_brute_force(simulator, points):
    """Means, sds and correlations over two and three traits and the noise, by another grid and other code."""
    some = evidence()
    sizes = [17, 11, 13, 13] if len(simulator.parameters) == 4 else [17, 11, 13]
    found = joint_posterior(simulator, parse_judgments(some), coarse=sizes, fine=[2 * n + 1 for n in sizes])
    expected = reference.posterior(some, weighs=len(simulator.parameters) == 4, points=points)
    assert found.mean == pytest.approx(expected.mean, abs=5e-3 * expected.sd.max())
    assert found.sd == pytest.approx(expected.sd, rel=5e-3)
    assert found.correlation == pytest.approx(expected.correlation, abs=5e-3)


def test_without_counts_of_tries_exploration_stays_at_its_prior():
    """An option that nobody counted says nothing of ξ: mean 0 and sd 0.1, uncorrelated with the rest."""
    some = [{k: v for k, v in one.items() if k != "times_tried"} for one in evidence()]
    found = joint_posterior(
        ExplorerSimulator(), parse_judgments(some), coarse=[17, 21, 13], fine=[33, 41, 25]
    )
    assert found.mean[1] == pytest.approx(0.0, abs=1e-9)
    assert found.sd[1] == pytest.approx(0.1, rel=1e-3)
    assert found.correlation[1, [0, 2]] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_where_nothing_is_explored_risk_aversion_is_known_as_well_as_with_one_trait():
    """The same mean and sd as the one-trait simulator's own quadrature gives."""
    some = parse_judgments([{k: v for k, v in one.items() if k != "times_tried"} for one in evidence()])
    found = joint_posterior(ExplorerSimulator(), some, coarse=[17, 9, 13], fine=[61, 9, 41])
    exact = exact_posterior(LotterySimulator(), some)
    assert found.mean[0] == pytest.approx(exact.mean, abs=2e-3 * exact.sd)
    assert found.sd[0] == pytest.approx(exact.sd, rel=2e-3)


def test_sums_do_not_depend_on_the_order_of_judgments_and_add_up():
    """Any order and any split: the same bits; and through bytes within steps of a thousandth."""
    simulator = TraitsSimulator()
    judgments = parse_judgments(evidence(20))
    whole = simulator.describe(judgments).evidence
    shuffled = simulator.describe([judgments[i] for i in np.random.default_rng(0).permutation(20)]).evidence
    halves = simulator.describe(judgments[:7]).evidence.plus(simulator.describe(judgments[7:]).evidence)
    read = simulator.read_evidence(whole.to_bytes())
    for other in (shuffled, halves):
        assert np.array_equal(whole.sums, other.sums)
    assert read.sums == pytest.approx(whole.sums, rel=1e-3, abs=4e-3)
    theta = simulator.sample_prior(np.random.default_rng(1), 5)
    assert halves.log_likelihood(theta) == pytest.approx(simulator.log_likelihood(theta, judgments))
    assert whole.kind == "both"
    assert simulator.describe([]).evidence.plus(whole).log_likelihood(theta) is not None


def test_simulated_approvals_come_as_often_as_the_formulas_say():
    """20,000 answers of one person to one case against the reference's chance, within 4 standard errors."""
    record = {"options": [SURE, COIN, LONG], "chosen": 1, "times_tried": [3, 0, 8]}
    [case] = parse_judgments([record])
    theta = np.array([0.4, 0.12, math.log(0.7), math.log(0.2)])
    n = 20_000
    said = TraitsSimulator().simulate(np.random.default_rng(5), np.tile(theta, (n, 1)), [case] * n)
    one = (np.array([0.4]), np.array([0.12]), np.array([0.7]), np.array([0.2]))
    chance = math.exp(reference.log_likelihood({**record, "feedback": "approve"}, *one)[0])
    assert said.approve.mean() == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / n))


@pytest.mark.parametrize("simulator", [ExplorerSimulator(), TraitsSimulator()], ids=["explorer", "traits"])
def test_the_conformance_kit_finds_nothing(simulator):
    """Shapes, seeds, sums, states, likelihood, and that more judgments tell more; speed is for a quiet machine."""
    found = conformance(simulator, simulator.name, seed=0, clock=lambda: 0.0, people=24)
    assert [one for one in found if not one.passed] == []


def test_training_says_what_it_takes():
    """Before anything is built or drawn: two parameters, or on a lattice three or four."""

    class Odd:
        name, parameters = "odd", ExplorerSimulator.parameters

    class Two(TraitsSimulator):
        parameters = TraitsSimulator.parameters[:2]

    for simulator in (LotterySimulator(), ExplorerSimulator(), TraitsSimulator()):
        require_trainable(simulator)
    with pytest.raises(CallerError, match="2 parameters, and training takes 3 or 4"):
        require_trainable(Two())
    with pytest.raises(CallerError, match="3 parameters, and training takes 2"):
        require_trainable(Odd())


def test_priors_of_other_parameters_are_refused():
    """A model's parameters must be the simulator's."""
    with pytest.raises(ValueError, match="expected priors"):
        TraitsSimulator(ExplorerSimulator.parameters)
