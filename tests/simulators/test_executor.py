"""Situations, proposals and principals are what their definitions say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import Judgment, advantage, parse_judgments
from bayesian_verifier.simulators.executor import (
    PLANS,
    ExecutorSimulator,
    Run,
    Situation,
    job_situations,
    read_situations,
    write_situations,
)
from bayesian_verifier.simulators.executor._facts import POINTS, Facts
from bayesian_verifier.simulators.executor._situation import _payoffs

SURE, RISKY = np.full(30, 1.0), np.tile([0.0, 2.5], 15)


def world(**payoffs: np.ndarray) -> ExecutorSimulator:
    return ExecutorSimulator([Situation("s", tuple(payoffs), np.stack(list(payoffs.values())))])


@pytest.mark.parametrize(
    ("run", "deadline", "paid"),
    [
        ((0.8, 0.0, 0.0, 1), 1.0, 5 - 0.3 * 0.8),
        ((1.2, 0.0, 0.0, 1), 1.0, -0.3 * 1.0),
        ((0.6, 0.9, 0.0, 1), 1.0, 5 - 0.3 * 1.5),
        ((0.6, 1.9, 0.0, 1), 1.0, -0.3 * 1.6),
        ((0.4, 0.0, 1.0, 1), 1.5, 5 - 0.3 * 0.4 - 2.0),
        ((0.4, 0.0, 1.0, 1), 1.0, -0.3 * 0.4 - 2.0 * 0.6),
        ((0.4, 0.0, 0.1, 0), 1.0, -0.3 * 0.4 - 2.0 * 0.1),
    ],
)
def test_a_run_is_paid_until_its_deadline_and_earns_only_within_it(run, deadline, paid):
    """By hand, for a value of 5, 0.3 a yardstick on spot and 2 on a reserved worker."""
    assert _payoffs(np.array([[run]], float), deadline, 5.0, 0.3, 2.0)[0, 0] == pytest.approx(paid)


def test_situations_are_the_same_from_the_same_seed():
    runs = [
        Run("sort", plan.name, (1.0 + i / 100, 0.0), 0.0, 1, 0.1, True) for plan in PLANS for i in range(30)
    ]
    first, again = (job_situations(runs, 5, 1) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.payoffs, other.payoffs)
    assert not np.array_equal(first[0].payoffs, job_situations(runs, 5, 2)[0].payoffs)


def test_situations_read_back_as_they_were_written(tmp_path):
    file = tmp_path / "s.jsonl"
    situations = [Situation("a", ("x", "y"), np.stack([SURE, RISKY]))]
    write_situations(file, situations)
    [found] = read_situations(file)
    assert found.plans == ("x", "y")
    np.testing.assert_array_equal(found.payoffs, situations[0].payoffs)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{}",
        '{"situation": "a", "plans": {"x": [1, 2], "y": [2, 3]}}',
        '{"situation": "a", "plans": {"x": "1"}}',
    ],
)
def test_what_is_no_situation_is_refused(tmp_path, line):
    file = tmp_path / "s.jsonl"
    file.write_text(line + "\n")
    with pytest.raises(CallerError):
        read_situations(file)


def test_a_proposal_bears_the_worst_of_its_situation():
    """Nobody can end below nothing, whatever a plan brings."""
    simulator = world(dear=SURE - 3.0, risky=RISKY - 4.0)
    for case in simulator.draw_cases(np.random.default_rng(0), 50):
        Judgment.model_validate(case.model_dump())
        assert case.wealth - 4.0 >= 0
        assert all(len(option.outcomes) == 16 for option in case.options)


def test_facts_hold_the_advantage_that_the_definition_gives():
    """∆(r) of the forecasts, by the function that the rules of judgments use."""
    simulator = world(sure=SURE, risky=RISKY, both=np.sort(RISKY))
    cases = simulator.draw_cases(np.random.default_rng(1), 20)
    told = Facts.of(simulator.facts(cases))
    for i, case in enumerate(cases):
        expected = advantage(case, POINTS)
        np.testing.assert_allclose(told.advantage[i], expected, atol=1e-9)


def test_a_principal_takes_what_was_carried_out_not_what_was_promised():
    """A plan that promises the worst and brings the best is rewarded for what it brought."""
    simulator = world(humble=np.full(30, 4.0), plain=np.linspace(0.0, 1.0, 30))
    poor, fair = {"payoff": 0.0, "probability": 1.0}, {"payoff": 1.0, "probability": 0.5}
    option = {"outcomes": [fair, {"payoff": 0.5, "probability": 0.5}]}
    record = {"wealth": 1.0, "options": [{"outcomes": [poor]}, option], "chosen": 0, "verdict": "proved"}
    known, unknown = parse_judgments([{**record, "id": "s/humble"}, record])
    theta = np.tile([0.5, math.log(0.01)], (400, 1))
    rng = np.random.default_rng(0)
    brought, promised = (simulator.simulate(rng, theta, [case] * 400) for case in (known, unknown))
    assert brought.approve.mean() > 0.9
    assert brought.reward.mean() > 0.1
    assert promised.approve.mean() < 0.1
    assert promised.reward.mean() < -0.5


@pytest.mark.parametrize(("risk_aversion", "share"), [(-1.5, 0.99), (3.0, 0.01)])
def test_attitude_to_risk_decides_between_a_sure_plan_and_a_risky_one(risk_aversion, share):
    """0 or 2.5 at even odds against a sure 1: worth taking at r = -1.5, not at 3, for all but the lapses."""
    simulator = world(sure=SURE, risky=RISKY)
    options = [
        {"outcomes": [{"payoff": 1.0, "probability": 1.0}]},
        {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 2.5, "probability": 0.5}]},
    ]
    [case] = parse_judgments([{"id": "s/risky", "wealth": 0.1, "options": options, "chosen": 1}])
    theta = np.tile([risk_aversion, math.log(0.01)], (3000, 1))
    said = simulator.simulate(np.random.default_rng(0), theta, [case] * 3000)
    assert said.approve.mean() == pytest.approx(share, abs=0.03)


def test_outcomes_stand_in_no_judgment():
    """What a proposal is known by is the same whatever its plan then brings."""
    simulator = world(sure=SURE, risky=RISKY)
    case = next(iter(simulator.draw_cases(np.random.default_rng(2), 1)))
    told = case.model_copy(update={"feedback": "approve", "reward": 0.1})
    elsewhere = told.model_copy(update={"id": "somewhere else"})
    first, other = (simulator.describe([one]).evidence.sums for one in (told, elsewhere))
    np.testing.assert_array_equal(first, other)
