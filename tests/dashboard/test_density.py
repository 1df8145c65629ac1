"""Densities through quantiles, against the normal and against their own definition."""

from __future__ import annotations

from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.dashboard._density import LEVELS, curve_of


def mass(curve, upto=float("inf")):
    """By the trapezium rule, cut at a place."""
    total = 0.0
    for (a, p), (b, q) in pairwise(zip(curve.x, curve.density, strict=True)):
        if b <= upto:
            total += (b - a) * (p + q) / 2
        elif a < upto:
            share = (upto - a) / (b - a)
            total += (upto - a) * (p + p + share * (q - p)) / 2
    return total


@settings(deadline=None, max_examples=40)
@given(st.floats(-5, 5), st.floats(0.01, 3))
def test_the_quantiles_of_a_normal_give_the_normal(mean, sd):
    normal = NormalDist(mean, sd)
    curve = curve_of(mean, sd, [normal.inv_cdf(level) for level in LEVELS])
    for x, density in zip(curve.x, curve.density, strict=True):
        assert density == pytest.approx(normal.pdf(x), rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.floats(-5, 5), st.floats(0.01, 3))
def test_without_quantiles_it_is_the_normal(mean, sd):
    curve = curve_of(mean, sd, None)
    for x, density in zip(curve.x, curve.density, strict=True):
        assert density == pytest.approx(NormalDist(mean, sd).pdf(x), rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.floats(-3, 3), st.lists(st.floats(0.3, 2), min_size=4, max_size=4))
def test_as_much_lies_below_each_quantile_as_its_level_says(start, gaps):
    quantiles = [start]
    for gap in gaps:
        quantiles.append(quantiles[-1] + gap)
    curve = curve_of(0.0, 1.0, quantiles)
    assert all(a < b for a, b in pairwise(curve.x))
    assert mass(curve) == pytest.approx(1.0, abs=0.015)
    for level, quantile in zip(LEVELS, quantiles, strict=True):
        assert mass(curve, quantile) == pytest.approx(level, abs=0.015)


def test_quantiles_that_are_equal_still_give_a_finite_density():
    curve = curve_of(0.0, 1.0, [0.0, 0.5, 0.5, 0.5, 1.0])
    assert all(0 < one < 1e3 for one in curve.density)
