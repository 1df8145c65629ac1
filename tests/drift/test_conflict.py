"""When two sources contradict each other, against simulation and a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from bayesian_verifier.drift import change, conflict, heterogeneity
from bayesian_verifier.posterior import Belief


@given(st.floats(-0.99, 0.99), st.floats(0.1, 2), st.floats(0.1, 2))
def test_sources_of_shared_evidence_are_held_against_the_most_their_difference_can_vary(rho, a, b):
    apart = np.sqrt(a * a + b * b - 2 * rho * a * b)
    found = conflict(Belief(apart, a), Belief(0.0, b))
    assert abs(found.z) <= 1.0 + 1e-12


def test_independent_sources_differ_as_a_standard_normal():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000)
    found = [
        conflict(Belief(t + 0.3 * u, 0.3), Belief(t + 0.5 * v, 0.5), shared_evidence=False).z
        for t, u, v in zip(truth, rng.normal(size=4000), rng.normal(size=4000), strict=True)
    ]
    assert np.std(found) == pytest.approx(1.0, abs=0.04)


def test_q_of_sources_that_agree_has_the_quantiles_of_chi_squared():
    rng = np.random.default_rng(1)
    sds = (0.2, 0.5, 1.0, 0.4)
    found = [heterogeneity([Belief(rng.normal(0.7, sd), sd) for sd in sds]) for _ in range(4000)]
    assert {one.degrees for one in found} == {3}
    assert np.mean([one.q > chi2.ppf(0.95, 3) for one in found]) == pytest.approx(0.05, abs=0.012)


def test_one_source_contradicts_nobody():
    with pytest.raises(ValueError, match="two sources"):
        heterogeneity([Belief(0.0, 1.0)])


def test_the_rate_of_change_is_per_day():
    old, new = Belief(0.2, 0.3), Belief(0.8, 0.2)
    day, week = change(old, new, seconds=86_400), change(old, new, seconds=7 * 86_400)
    assert week.rate == pytest.approx(day.rate / 7)
    assert week.distance_rate == pytest.approx(day.distance_rate / 7)
    assert day.mean == pytest.approx(0.6)
    with pytest.raises(ValueError, match="time > 0"):
        change(old, new, seconds=0.0)
