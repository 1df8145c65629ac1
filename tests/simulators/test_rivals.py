"""Do rivals see cases as they are said to? Against formulas worked by hand and an independent reading of the model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.simulators.lottery import (
    RIVALS,
    CaseMixture,
    DenseCases,
    Rival,
    generate_cases,
    pack_dense,
    records,
    rival_advantages,
    rival_curves,
    rival_log_noises,
    rival_risk_aversions,
    rival_surfaces,
)
from reference import model

R = rival_risk_aversions()


def cases(seed: int, n: int, mixture: CaseMixture | None = None) -> DenseCases:
    """Cases that have an advantage."""
    drawn = generate_cases(np.random.default_rng(seed), n, mixture or CaseMixture())
    _, there = pack_dense(*drawn)
    return DenseCases(*(column[there] for column in drawn))


def one(options: list[list[tuple[float, float]]], wealth: float = 0.0, chosen: int = 0) -> DenseCases:
    """A single case of options of two outcomes each, (payoff, probability)."""
    table = np.array(options)[None]
    return DenseCases(np.array([wealth]), table[..., 0], table[..., 1], np.array([chosen]))


def tversky_kahneman(p: float, g: float = 0.61) -> float:
    """Their weighting function, as printed in 1992."""
    return p**g / (p**g + (1 - p) ** g) ** (1 / g)


@pytest.mark.parametrize(
    ("p", "weight"), [(0.01, 0.0553), (0.1, 0.1863), (0.5, 0.4206), (0.9, 0.7117), (0.99, 0.9116)]
)
def test_a_chance_of_the_better_outcome_weighs_what_tversky_and_kahneman_give(
    p: float, weight: float
) -> None:
    """Their curve at g = 0.61; the worse outcome has the rest."""
    weights = Rival(curvature=0.61).decision_weights(np.array([[5.0, 2.0]]), np.array([[p, 1 - p]]))
    assert tversky_kahneman(p) == pytest.approx(weight, abs=6e-4)
    assert weights[0] == pytest.approx([tversky_kahneman(p), 1 - tversky_kahneman(p)], abs=1e-12)


def test_weights_of_three_outcomes_go_by_rank() -> None:
    """The best has w(p), the next w(p + q) - w(p), the worst what is left, in whatever order they are listed."""
    weights = Rival(curvature=0.61).decision_weights(np.array([[1.0, 9.0, 4.0]]), np.array([[0.5, 0.2, 0.3]]))
    best, upto = tversky_kahneman(0.2), tversky_kahneman(0.5)
    assert weights[0] == pytest.approx([1 - upto, best, upto - best], abs=1e-12)


def test_prelec_s_curve_crosses_at_one_over_e() -> None:
    """W(1/e) = 1/e whatever α is, and w(0.01) is exp(-(ln 100)^α)."""
    payoff = np.array([[1.0, 0.0], [1.0, 0.0]])
    chance = np.array([math.exp(-1), 0.01])
    weights = Rival(prelec=0.65).decision_weights(payoff, np.stack([chance, 1 - chance], axis=1))
    assert weights[:, 0] == pytest.approx([math.exp(-1), math.exp(-(math.log(100) ** 0.65))], rel=1e-12)


def changed(record: dict[str, Any], rival: Rival) -> dict[str, Any]:
    """A record as a rival sees it, where only wealth or probabilities differ."""
    options = []
    for option in record["options"]:
        payoff = np.array([[o["payoff"] for o in option["outcomes"]]])
        chance = np.array([[o["probability"] for o in option["outcomes"]]])
        weights = rival.decision_weights(payoff, chance)[0]
        options.append(
            {
                "outcomes": [
                    {"payoff": x, "probability": p} for x, p in zip(payoff[0], weights.tolist(), strict=True)
                ]
            }
        )
    largest = max(abs(o["payoff"]) for option in record["options"] for o in option["outcomes"])
    wealth = record["wealth"] * rival.wealth_factor or rival.unsaid_wealth * largest
    return {**record, "options": options, "wealth": wealth}


@pytest.mark.parametrize(
    "rival",
    [Rival(), Rival(curvature=0.61), Rival(wealth_factor=30.0), Rival(unsaid_wealth=3.0)],
    ids=["the model", "weighting", "more wealth", "wealth left out"],
)
def test_a_rival_s_advantage_is_the_reference_s_of_the_case_it_sees(rival: Rival) -> None:
    """To 1e-5, over every kind of case."""
    drawn = cases(3, 120)
    found = rival_advantages(*drawn, rival, R)
    for row, record in enumerate(records(drawn)):
        expected = model.advantage(changed(record, rival), R)
        assert expected is not None
        assert found[row] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("r", [-0.7, 0.3, 0.9, 1.8])
def test_losses_loom_larger_by_lambda(r: float) -> None:
    """U = u above the wealth and u(w) - λ(u(w) - u) below it, on a scale from the worst outcome to the best."""
    gamble, sure = [(8.0, 0.6), (-6.0, 0.4)], [(1.0, 0.5), (-1.0, 0.5)]
    wealth, loss = 10.0, 2.25

    def u(payoff: float) -> float:
        value, at = ((wealth + x) ** (1 - r) / (1 - r) for x in (payoff, 0.0))
        return value if payoff >= 0 else at - loss * (at - value)

    scale = u(8.0) - u(-6.0)
    expected = sum(p * u(x) for x, p in gamble) - sum(p * u(x) for x, p in sure)
    found = rival_advantages(*one([gamble, sure], wealth), Rival(loss_aversion=loss), np.array([r]))
    assert found[0, 0] == pytest.approx(expected / scale, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, -9.0], ids=["gains alone", "losses alone"])
def test_loss_aversion_means_nothing_without_both_gains_and_losses(shift: float) -> None:
    """Where all outcomes lie on one side of the wealth it scales them alike."""
    case = one([[(8.0 + shift, 0.6), (1.0 + shift, 0.4)], [(4.0 + shift, 0.5), (3.0 + shift, 0.5)]], 20.0)
    averse = rival_advantages(*case, Rival(loss_aversion=2.25), R)
    assert averse == pytest.approx(rival_advantages(*case, Rival(), R), abs=1e-9)


def test_what_a_rival_could_not_bear_is_worth_what_a_refuted_proposal_is() -> None:
    """With a tenth of the wealth the loss ruins: ∆ = -1 for the proposal, 0 where it is the other that ruins."""
    options = [[(8.0, 0.6), (-6.0, 0.4)], [(1.0, 0.5), (2.0, 0.5)]]
    poor = Rival(wealth_factor=0.1)
    assert (rival_advantages(*one(options, 10.0, chosen=0), poor, R) == -1.0).all()
    assert (rival_advantages(*one(options, 10.0, chosen=1), poor, R) == 0.0).all()


AMOUNTS = st.sampled_from(
    [0.0, 5e-324, 1e-300, 1e-9, 1.0, 1.0 + 1e-15, 3.85, 1e6, 1e15, -1e-9, -1.0, -2.5, -1e15]
)


@given(
    st.lists(AMOUNTS, min_size=12, max_size=12),
    st.lists(st.sampled_from([0.0, 1e-12, 0.3, 1.0]), min_size=12, max_size=12),
    st.sampled_from([0.0, 5e-324, 1e-6, 2.5, 1e9, 1e15]),
)
@settings(max_examples=150, deadline=None)
def test_no_case_on_earth_makes_an_advantage_that_is_no_number(
    payoffs: list[float], chances: list[float], wealth: float
) -> None:
    """Of the model and of all rivals: within -1…1, without a warning, whatever a record may hold."""
    case = DenseCases(
        np.array([wealth, wealth]),
        np.array(payoffs).reshape(2, 2, 3),
        np.array(chances).reshape(2, 2, 3),
        np.array([0, 1]),
    )
    curves = rival_curves(*case)
    for delta in (curves.own, *curves.others):
        assert np.isfinite(delta).all()
        assert (np.abs(delta) <= 1 + 1e-5).all()


def log_likelihood(delta: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Ln p(answer) [K, T] at the nodes, up to a constant, from MODEL's formulas."""
    sign, reward, paid = answer
    noise = np.exp(rival_log_noises())
    total = np.zeros((delta.size, noise.size))
    if sign:
        total += np.log(0.01 + 0.98 / (1 + np.exp(-sign * delta[:, None] / noise)))
    return total - paid * (reward - delta[:, None]) ** 2 / (2 * 0.25**2)


def test_surfaces_are_sums_of_the_formulas_of_each_part_and_rival() -> None:
    """Model by part, each rival as a difference over the cases it sees otherwise, rewards alone beside."""
    drawn = cases(5, 60)
    n = len(drawn.wealth)
    rng = np.random.default_rng(6)
    paid = rng.random(n) < 0.5
    answers = np.stack([rng.choice([-1.0, 0.0, 1.0], n), paid * rng.normal(size=n), paid], axis=1)
    found = rival_surfaces(rival_curves(*drawn), answers, [4, 20])
    own = rival_advantages(*drawn, Rival(), R)
    each = np.array([log_likelihood(d, a) for d, a in zip(own, answers, strict=True)])
    assert found.parts == pytest.approx(np.add.reduceat(each, [0, 4, 20], axis=0), abs=2e-4)
    assert found.sizes.tolist() == [4, 16, n - 20]
    for surface, rival in zip(found.differences, RIVALS.values(), strict=True):
        seen = rival_advantages(*drawn, rival, R)
        theirs = np.array([log_likelihood(d, a) for d, a in zip(seen, answers, strict=True)])
        assert surface == pytest.approx((theirs - each).sum(axis=0), abs=5e-4)
    silent = answers * [0.0, 1.0, 1.0]
    rewards = sum(log_likelihood(d, a)[:, 0] for d, a in zip(own, silent, strict=True))
    assert found.rewards == pytest.approx(rewards, abs=2e-4)


def test_a_rival_that_met_none_of_its_cases_is_the_model_exactly() -> None:
    """Without wealth nothing is said of wealth or losses, and the difference is 0 to the last bit."""
    drawn = cases(8, 40, CaseMixture.of({"price_list": 1.0}))
    answers = np.tile([1.0, 0.0, 0.0], (len(drawn.wealth), 1))
    differences = rival_surfaces(rival_curves(*drawn), answers).differences
    silent = [name for name, surface in zip(RIVALS, differences, strict=True) if not surface.any()]
    assert silent == ["loss_aversion", "wealth_too_low", "wealth_too_high", "wealth_far_too_high"]


def test_no_cases_have_no_advantages() -> None:
    """Nothing in, nothing out, whatever the rival."""
    nothing = (np.zeros(0), np.zeros((0, 2, 3)), np.zeros((0, 2, 3)), np.zeros(0, np.intp))
    assert rival_advantages(*nothing, Rival(loss_aversion=2.25), np.array([0.0, 2.0])).shape == (0, 2)
