"""Answers spread over the knots: what their sums keep of any function, and to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import BSpline

from bayesian_verifier.simulators.lottery import KNOTS, spread, unwarped, warped
from bayesian_verifier.simulators.lottery._chance import log_chance, log_likelihood_between
from bayesian_verifier.simulators.lottery._spread import GRAIN, collected, sites
from reference import model

#: counts are the same at each, so that nothing depends on where between them they are read
POINTS = np.array([0.0, 0.1, 0.2, 0.3])


def log_likelihood(counts: np.ndarray, rewards: list[float], tau: float) -> float:
    """Of one row of counts [KNOTS] and of reward terms [2]."""
    table = np.tile(np.concatenate([counts, rewards]), (POINTS.size, 1))
    return float(log_likelihood_between(POINTS, table, np.array([[0.13, np.log(tau)]]))[0])


deltas = st.integers(1, 40).flatmap(
    lambda n: arrays(
        np.float64, (n, 3), elements=st.one_of(st.floats(-1, 1), st.sampled_from([-1.0, 0.0, 1.0]))
    )
)


@given(deltas)
@settings(deadline=None, max_examples=100)
def test_each_answer_counts_once_and_in_whole_grains(delta: np.ndarray) -> None:
    """Every row sums to the number of answers, exactly, in multiples of 2^-13; no weight is negative."""
    counts = spread(delta)
    assert counts.shape == (3, KNOTS)
    np.testing.assert_array_equal(counts.sum(axis=1), np.full(3, len(delta)))
    np.testing.assert_array_equal(counts * 2**13, np.rint(counts * 2**13))
    assert (counts >= 0).all()


@given(deltas, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_neither_order_nor_company_changes_a_bit(delta: np.ndarray, random) -> None:
    """Answers shuffled, and answers summed in two lots, give the same bits, also in single precision."""
    order = list(range(len(delta)))
    random.shuffle(order)
    cut = random.randrange(len(delta) + 1)
    counts = spread(delta)
    np.testing.assert_array_equal(spread(delta[order]), counts)
    np.testing.assert_array_equal(spread(delta[:cut]) + spread(delta[cut:]), counts)
    single = spread(delta[:cut]).astype(np.float32) + spread(delta[cut:]).astype(np.float32)
    np.testing.assert_array_equal(single, counts.astype(np.float32))


def test_a_thousand_answers_are_exact_in_single_precision() -> None:
    """1,024 alike and 1,024 different ones."""
    rng = np.random.default_rng(0)
    for delta in (np.full((1024, 1), 0.123), rng.uniform(-1, 1, (1024, 1))):
        counts = spread(delta)
        np.testing.assert_array_equal(counts.astype(np.float32).astype(np.float64), counts)
        assert counts.max() < 2**24 * GRAIN


def test_weights_are_quadratic_b_splines() -> None:
    """By scipy: each knot's weight is its basis function on the warped axis, to half a grain and a rounding."""
    width = 2.0 / (KNOTS - 2)
    delta = np.concatenate([np.linspace(-1, 1, 201), np.linspace(-0.02, 0.02, 41)])
    place = np.arcsinh(delta / 0.01) / np.arcsinh(100.0)
    for value, at in zip(delta, place, strict=True):
        found = spread(np.array([[value]]))[0]
        left = -1.0 + width * (np.arange(KNOTS) - 2)
        expected = [
            float(np.nan_to_num(BSpline.basis_element(start + width * np.arange(4), extrapolate=False)(at)))
            for start in left
        ]
        np.testing.assert_allclose(found, expected, atol=1.01 * GRAIN)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_sums_of_quadratics_of_the_warped_place_are_exact(power: int) -> None:
    """A constant to rounding, a line and a parabola to what grains round off."""
    delta = np.concatenate([np.linspace(-1, 1, 301), np.linspace(-0.03, 0.03, 200)])[:, None]
    found = float(collected(spread(delta))[0] @ warped(sites()) ** power)
    expected = float((warped(delta) ** power).sum())
    assert found == pytest.approx(expected, abs=[1e-9, 2e-3, 2e-3][power])


def test_the_axis_of_the_knots_comes_back() -> None:
    """Advantages are restored from their place, the ends are ±1, and small ones have the most room."""
    delta = np.linspace(-1, 1, 401)
    np.testing.assert_allclose(unwarped(warped(delta)), delta, atol=1e-14)
    assert warped(np.array([-1.0, 0.0, 1.0])) == pytest.approx([-1.0, 0.0, 1.0])
    assert warped(np.array([0.05]))[0] > 0.4


@given(st.integers(0, 10_000), st.floats(0.01, 2.0))
@settings(deadline=None, max_examples=60)
def test_the_log_likelihood_of_sums_is_that_of_the_answers(seed: int, tau: float) -> None:
    """400 feedbacks on advantages of every size: within 0.001 nats an answer of the reference's sum."""
    rng = np.random.default_rng(seed)
    delta = np.clip(rng.standard_normal((400, 1)) * rng.choice([0.03, 0.3, 1.0], (400, 1)), -1, 1)
    found = log_likelihood(spread(delta)[0], [0, 0], tau)
    expected = np.log(model.approval(delta, np.array([tau]))).sum()
    assert abs(found - expected) / 400 < 1e-3


@pytest.mark.parametrize("tau", [0.01, 0.05, 0.2, 2.0])
def test_a_single_answer_is_never_far_off(tau: float) -> None:
    """At its worst place 0.01 nats, and 0.003 nats rms, whatever its advantage."""
    delta = np.concatenate([np.linspace(-1, 1, 801), np.linspace(-0.1, 0.1, 401)])
    found = np.array([log_likelihood(spread(np.array([[d]]))[0], [0, 0], tau) for d in delta])
    error = found - np.log(model.approval(delta, np.array([tau])))
    assert np.abs(error).max() < 0.01
    assert np.sqrt((error**2).mean()) < 0.003


def test_rewards_are_weighed_by_their_squared_residual() -> None:
    """A quarter of noise: -½ (Σ residual²) / 0.25²; the residual's own sum has no part in it."""
    for terms, tau in (([0.3, 0.9], 0.1), ([1.2, -4.0], 1.0)):
        assert log_likelihood(np.zeros(KNOTS), terms, tau) == pytest.approx(-0.5 * terms[0] / 0.0625)


@given(st.floats(-1, 1), st.floats(1e-6, 50))
@settings(deadline=None, max_examples=200)
def test_the_chance_of_an_answer_is_the_reference_s(delta: float, tau: float) -> None:
    """Down to noise so small that the exponential overflows."""
    found = log_chance(np.array([delta]), np.array([tau]))
    np.testing.assert_allclose(found, np.log(model.approval(np.array([delta]), np.array([tau]))), rtol=1e-12)
