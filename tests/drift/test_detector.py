"""The detector, against its definition computed the slow way with multivariate normals, and its guarantee."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from bayesian_verifier.drift import JUMPS, MEMORY, Detector, Message, start, step

PRIOR_MEAN, PRIOR_SD = 0.5, 1.2


def told(value, precision):
    return Message(np.asarray(value, float), np.asarray(precision, float))


def covariance(noise, wander, jump=0.0, since=0):
    """Of messages whose θ starts at the prior, wanders, and jumps once."""
    count = len(noise)
    place = np.arange(count)
    walked = wander**2 * (1 + np.minimum(place[:, None], place[None, :]))
    jumped = jump**2 * ((place[:, None] >= since) & (place[None, :] >= since))
    return PRIOR_SD**2 + walked + jumped + np.diag(noise)


def shiryaev_roberts(values, noise, wander):
    """Mean over jumps of the sum over starts of p(all messages | that jump) / p(all | none)."""
    mean = np.full(len(values), PRIOR_MEAN)
    null = multivariate_normal(mean, covariance(noise, wander)).logpdf(values)
    total = 0.0
    for since in range(len(values)):
        for size in JUMPS:
            jumped = covariance(noise, wander, size * PRIOR_SD, since)
            total += np.exp(multivariate_normal(mean, jumped).logpdf(values) - null)
    return total / len(JUMPS)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3, 4), st.floats(0.05, 5)), min_size=1, max_size=9),
    st.sampled_from([0.0, 0.2]),
)
def test_the_statistic_is_the_sum_over_starts_and_jumps_of_likelihood_ratios(messages, wander):
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1e300, wander=wander)
    state = start(detector)
    for count, (value, variance) in enumerate(messages, start=1):
        state, info = step(state, told(value, 1 / variance), detector)
        so_far = np.array(messages[:count])
        assert info.statistic == pytest.approx(shiryaev_roberts(so_far[:, 0], so_far[:, 1], wander), rel=1e-6)


def test_the_null_is_the_posterior_of_a_normal_mean():
    """Precisions add; the mean is weighted by them."""
    rng = np.random.default_rng(0)
    values, precisions = rng.normal(size=30), rng.uniform(0.2, 9.0, 30)
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1e300)
    state = start(detector)
    for value, precision in zip(values, precisions, strict=True):
        state, _ = step(state, told(value, precision), detector)
    total = precisions.sum() + PRIOR_SD**-2
    assert state.variance == pytest.approx(1 / total)
    assert state.mean == pytest.approx((values @ precisions + PRIOR_MEAN * PRIOR_SD**-2) / total)


def paths(people, windows, *, sd, seed, moved=0.0, at=0):
    """Messages [T, N] of people from the prior, whose θ moves by so many prior sd at a window."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(PRIOR_MEAN, PRIOR_SD, people)
    jump = moved * PRIOR_SD * rng.choice([-1.0, 1.0], people)
    noise = sd**2 * rng.uniform(0.3, 3.0, (windows, people))
    after = (np.arange(windows) >= at)[:, None]
    return theta + after * jump + np.sqrt(noise) * rng.normal(size=noise.shape), 1 / noise


def statistics(values, precisions, detector):
    state, found = start(detector, values.shape[1:]), []
    for value, precision in zip(values, precisions, strict=True):
        state, info = step(state, told(value, precision), detector)
        found.append(info)
    return found


def test_without_change_the_statistic_grows_by_one_a_window_on_average():
    """R − t is a martingale until alternatives are dropped."""
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1e300)
    found = statistics(*paths(40_000, 5, sd=1.0, seed=1), detector)
    for window, info in enumerate(found, start=1):
        error = info.statistic.std() / np.sqrt(info.statistic.size)
        assert info.statistic.mean() == pytest.approx(window, abs=4 * error)


def test_the_mean_time_to_a_false_alarm_is_at_least_the_threshold():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=50.0)
    longest = 400
    found = statistics(*paths(600, longest, sd=0.6, seed=2), detector)
    alarmed = np.array([info.alarm for info in found])
    first = np.where(alarmed.any(axis=0), alarmed.argmax(axis=0) + 1, longest)
    assert first.mean() - 2.33 * first.std() / np.sqrt(first.size) >= detector.threshold


def test_a_change_of_two_prior_sd_is_noticed_at_once_and_dated():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1000.0)
    at = 25
    found = statistics(*paths(300, at + 3, sd=0.25, seed=3, moved=2.0, at=at), detector)
    assert np.mean([info.alarm for info in found[:at]]) < 0.002
    noticed = np.array([info.alarm for info in found[at:]])
    assert noticed.any(axis=0).mean() > 0.97
    first = found[at]
    dated = first.change_began[first.alarm] == 0
    assert dated.mean() > 0.95


def test_the_size_of_a_jump_is_found():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1e300)
    values = [0.0] * 20 + [1.5] * 6
    found = statistics(np.array(values)[:, None], np.full((26, 1), 25.0), detector)
    assert found[-1].change_began[0] == 5
    assert found[-1].moved[0] == pytest.approx(1.5, abs=0.4)


def test_people_followed_side_by_side_get_what_each_gets_alone_bit_for_bit():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=30.0, wander=0.05)
    values, precisions = paths(7, 60, sd=0.4, seed=4, moved=1.0, at=30)
    together = statistics(values, precisions, detector)
    assert any(info.alarm.any() for info in together)
    for person in range(7):
        alone = statistics(values[:, person], precisions[:, person], detector)
        for both, one in zip(together, alone, strict=True):
            assert both.alarm[person] == one.alarm
            assert both.statistic[person] == one.statistic


def test_after_an_alarm_everything_starts_anew():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=20.0)
    values = [0.5] * 10 + [4.0] + [0.2, 0.1, 0.3]
    found = statistics(np.array(values), np.full(14, 50.0), detector)
    assert [bool(info.alarm) for info in found] == [False] * 10 + [True] + [False] * 3
    anew = statistics(np.array(values[11:]), np.full(3, 50.0), detector)
    assert [info.statistic for info in found[11:]] == [info.statistic for info in anew]


def test_old_alternatives_are_dropped_which_only_lowers_the_statistic():
    detector = Detector(PRIOR_MEAN, PRIOR_SD, threshold=1e300)
    values, precisions = paths(1, MEMORY + 20, sd=0.5, seed=5)
    state = start(detector, (1,))
    for value, precision in zip(values, precisions, strict=True):
        state, _ = step(state, told(value, precision), detector)
    assert state.alt_mean.shape == (MEMORY, len(JUMPS), 1)
    assert state.windows == [MEMORY + 20]


@pytest.mark.parametrize(
    "wrong", [{"prior_sd": 0.0}, {"threshold": 1.0}, {"wander": -1.0}, {"prior_mean": np.nan}]
)
def test_what_no_detector_can_be_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Detector(**{"prior_mean": 0.5, "prior_sd": 1.0, **wrong})


def test_a_greater_threshold_never_alarms_earlier():
    values, precisions = paths(50, 80, sd=0.4, seed=6, moved=1.0, at=40)
    first = []
    for threshold in (10.0, 100.0, 1000.0):
        alarmed = np.array([i.alarm for i in statistics(values, precisions, Detector(0.5, 1.2, threshold))])
        first.append(np.where(alarmed.any(axis=0), alarmed.argmax(axis=0), 99))
    assert all((one <= other).all() for one, other in pairwise(first))
