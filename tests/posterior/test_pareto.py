"""Smoothed importance weights against ArviZ, scipy's generalised Pareto distribution and what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bayesian_verifier.posterior import fit_pareto, greatest_reliable_shape, smoothed


def even(count: int) -> np.ndarray:
    """Midpoints of `count` equal cells of the unit interval."""
    return (np.arange(count) + 0.5) / count


def log_weights(name: str, count: int) -> np.ndarray:
    """The log-weights that the table below was made of."""
    if name.startswith("power"):
        return -float(name.split()[1]) * np.log1p(-even(count))
    normal, index = stats.norm.ppf(even(count)), np.arange(count)
    return {
        "normal": normal,
        "wide normal": 2 * normal,
        "bounded": np.log(even(count)),
        "ties": np.round(normal / 0.5) * 0.5,
        "twenty above": np.where(index < 20, index / 10.0, -1.0),
        "mostly none": np.where(index < 10, -index, -np.inf),
        "half none": np.where(index % 2 == 0, normal, -np.inf),
    }[name]


# `arviz.psislw` of ArviZ 0.23.4: shape, effective share, and the greatest and fifth greatest smoothed share.
ARVIZ = [
    ("power 0.2", 32, 0.36941318, 0.95168619, 5.76863007e-02, 3.69094894e-02),
    ("power 0.7", 32, 0.52549429, 0.46411011, 1.87797889e-01, 4.65269989e-02),
    ("power 1.5", 32, 0.77192580, 0.14627163, 4.14080028e-01, 4.49000604e-02),
    ("power 0.2", 100, 0.31962088, 0.94332244, 2.30853269e-02, 1.51061720e-02),
    ("power 0.7", 100, 0.60628911, 0.33269120, 1.21657333e-01, 3.03770029e-02),
    ("power 1.5", 100, 1.06467527, 0.05009368, 4.13972275e-01, 3.69284652e-02),
    ("power 0.2", 256, 0.26592802, 0.93993269, 1.08736894e-02, 7.19035756e-03),
    ("power 0.7", 256, 0.64908326, 0.23445778, 9.11723954e-02, 2.15581584e-02),
    ("power 1.5", 256, 1.26225646, 0.01561679, 4.77029465e-01, 2.94669656e-02),
    ("power 0.2", 1024, 0.23676220, 0.93836741, 3.58836840e-03, 2.36993961e-03),
    ("power 0.7", 1024, 0.67139487, 0.13746362, 5.97899752e-02, 1.36033176e-02),
    ("power 1.5", 1024, 1.36687351, 0.00334826, 5.21028167e-01, 2.58054236e-02),
    ("power 0.2", 4096, 0.21929158, 0.93788621, 1.18399687e-03, 7.77837043e-04),
    ("power 0.7", 4096, 0.68473534, 0.07899098, 3.96662705e-02, 8.79583944e-03),
    ("power 1.5", 4096, 1.42919776, 0.00075285, 5.52406138e-01, 2.38957571e-02),
    ("normal", 256, 0.32645823, 0.39064607, 4.24579769e-02, 2.00835716e-02),
    ("wide normal", 2000, 0.64535538, 0.04046803, 7.40298471e-02, 2.01724744e-02),
    ("bounded", 512, -0.76202031, 0.74933470, 3.89879144e-03, 3.89879144e-03),
    ("ties", 256, 0.15077385, 0.34809276, 4.62176919e-02, 2.32620725e-02),
    ("twenty above", 256, -0.14113012, 0.26993671, 4.38014187e-02, 3.55267950e-02),
    ("mostly none", 256, 1.54736762, 0.00681177, 7.43103503e-01, 1.77652245e-02),
    ("half none", 200, 0.30859001, 0.21693541, 7.10722244e-02, 3.40661915e-02),
]


@pytest.mark.parametrize(("name", "count", "shape", "effective", "greatest", "fifth"), ARVIZ)
def test_smoothed_weights_are_those_of_arviz(
    name: str, count: int, shape: float, effective: float, greatest: float, fifth: float
) -> None:
    """Shape, effective sample and the greatest shares, for tails of every kind."""
    found = smoothed(log_weights(name, count))
    assert found.pareto_k == pytest.approx(shape, abs=1e-7)
    assert found.effective == pytest.approx(effective, abs=1e-7)
    assert np.sort(found.share)[[-1, -5]] == pytest.approx([greatest, fifth], rel=1e-6)


@pytest.mark.parametrize("shape", [-0.4, 0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("scale", [0.01, 1.0, 50.0])
def test_a_generalised_pareto_sample_gives_back_its_shape_and_scale(shape: float, scale: float) -> None:
    """2,000 quantiles by scipy: to 0.03 in the shape, and 3% of the scale."""
    found = fit_pareto(stats.genpareto.ppf(even(2000), shape, scale=scale))
    assert found.shape == pytest.approx(shape, abs=0.03)
    assert found.scale == pytest.approx(scale, rel=0.03)


@pytest.mark.parametrize("index", [1.25, 2.0, 5.0])
def test_the_shape_of_power_law_weights_is_one_over_their_tail_index(index: float) -> None:
    """Random weights with P(w > x) = x^-a have shape 1/a: on average over 40 samples of 4,096."""
    rng = np.random.default_rng(1)
    found = [
        smoothed(np.log(stats.pareto.rvs(index, size=4096, random_state=rng))).pareto_k for _ in range(40)
    ]
    assert np.mean(found) == pytest.approx(1 / index, abs=0.05)


weights = st.lists(
    st.one_of(st.floats(-800, 800), st.sampled_from([0.0, -1.0, -np.inf])), min_size=8, max_size=200
).filter(lambda found: any(math.isfinite(value) for value in found))


@given(weights)
@settings(deadline=None, max_examples=300)
def test_whatever_the_weights_they_sum_to_one_and_none_is_raised_above_the_greatest(
    found: list[float],
) -> None:
    """No weight is negative, one in the shares' sum, and a draw that was none stays none."""
    raw = np.array(found)
    said = smoothed(raw)
    assert said.share.sum() == pytest.approx(1.0, abs=1e-12)
    assert (said.share >= 0).all()
    assert (said.share[np.isneginf(raw)] == 0).all()
    assert said.log_greatest <= raw.max()
    assert 1 / raw.size - 1e-12 <= said.effective <= 1 + 1e-12
    assert not math.isnan(said.pareto_k)


@given(weights, st.integers(-1000, 1000))
@settings(deadline=None, max_examples=100)
def test_a_constant_added_to_log_weights_changes_nothing(found: list[float], by: int) -> None:
    """A likelihood is known up to a constant: only the greatest moves along."""
    raw = np.round(np.array(found) * 64) / 64  # so that adding rounds nothing
    said, moved = smoothed(raw), smoothed(raw + by)
    np.testing.assert_array_equal(moved.share, said.share)
    assert moved.pareto_k == said.pareto_k
    assert moved.log_greatest == pytest.approx(said.log_greatest + by, abs=1e-9)


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_the_order_of_draws_changes_no_weight(seed: int) -> None:
    """Each draw keeps its own share wherever it stands."""
    rng = np.random.default_rng(seed)
    raw = rng.standard_normal(256)
    order = rng.permutation(256)
    np.testing.assert_allclose(smoothed(raw[order]).share, smoothed(raw).share[order], rtol=1e-9)


@pytest.mark.parametrize("count", [8, 25, 256, 4096])
@pytest.mark.parametrize("level", [-700.0, 0.0, 3.5])
def test_equal_weights_stay_equal(count: int, level: float) -> None:
    """All of the sample is effective, and there is no tail."""
    found = smoothed(np.full(count, level))
    np.testing.assert_array_equal(found.share, np.full(count, 1 / count))
    assert found.pareto_k == -math.inf
    assert found.effective == pytest.approx(1.0)
    assert found.log_greatest == level


@pytest.mark.parametrize("above", [1, 2, 3, 4])
def test_a_tail_of_a_handful_is_as_bad_as_can_be(above: int) -> None:
    """Too few stand above the cut for a shape, so that it is infinite, as ArviZ has it; weights stay as they are."""
    raw = np.where(np.arange(256) < above, 1.0 + np.arange(256), 0.0)
    found = smoothed(raw)
    assert found.pareto_k == math.inf
    np.testing.assert_allclose(found.share, np.exp(raw) / np.exp(raw).sum(), rtol=1e-12)


def test_smoothing_keeps_the_ranks_of_draws() -> None:
    """A draw of greater raw weight never has the smaller share."""
    raw = np.random.default_rng(2).standard_t(3, 512)
    assert (np.diff(smoothed(raw).share[np.argsort(raw)]) >= 0).all()


@pytest.mark.parametrize("bad", [[math.nan] * 30, [0.0, math.nan] * 20, [math.inf, 0.0], [-math.inf] * 9])
def test_what_is_no_weight_is_refused(bad: list[float]) -> None:
    """NaN anywhere, infinity, or nothing at all."""
    with pytest.raises(ValueError, match="log-weights"):
        smoothed(np.array(bad))


def test_the_greatest_reliable_shape_grows_with_the_draws_up_to_seven_tenths() -> None:
    """min(1 - 1/log10 S, 0.7), worked out by hand at powers of ten and for 256 draws."""
    assert greatest_reliable_shape(100) == pytest.approx(0.5)
    assert greatest_reliable_shape(256) == pytest.approx(0.584758, abs=1e-6)
    assert greatest_reliable_shape(1000) == pytest.approx(2 / 3)
    assert greatest_reliable_shape(10_000) == 0.7
