"""Divergences of two posteriors, against closed forms and scipy's quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, skewnorm

from bayesian_verifier.posterior import Belief, between_densities, between_normals, kl_normal

beliefs = st.builds(Belief, st.floats(-3, 3), st.floats(0.05, 3))


@settings(deadline=None)
@given(beliefs, beliefs)
def test_kl_of_normals_is_the_integral_it_is_defined_by(p, q):
    one, other = norm(p.mean, p.sd), norm(q.mean, q.sd)

    def integrand(x):
        return one.pdf(x) * (one.logpdf(x) - other.logpdf(x))

    expected, _ = quad(integrand, p.mean - 12 * p.sd, p.mean + 12 * p.sd, points=[p.mean], limit=200)
    assert kl_normal(p, q) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(beliefs, beliefs)
def test_jensen_shannon_is_symmetric_and_at_most_ln_2(p, q):
    there, back = between_normals(p, q), between_normals(q, p)
    assert there.jensen_shannon == pytest.approx(back.jensen_shannon, abs=1e-12)
    assert 0.0 <= there.jensen_shannon <= math.log(2)
    assert (there.forward, there.backward) == (back.backward, back.forward)


@settings(deadline=None)
@given(beliefs, beliefs)
def test_jensen_shannon_is_the_integral_it_is_defined_by(p, q):
    one, other = norm(p.mean, p.sd), norm(q.mean, q.sd)

    def integrand(x):
        middle = np.logaddexp(one.logpdf(x), other.logpdf(x)) - math.log(2)
        return 0.5 * (one.pdf(x) * (one.logpdf(x) - middle) + other.pdf(x) * (other.logpdf(x) - middle))

    low = min(p.mean - 12 * p.sd, q.mean - 12 * q.sd)
    high = max(p.mean + 12 * p.sd, q.mean + 12 * q.sd)
    near = sorted(m + k * s for m, s in ((p.mean, p.sd), (q.mean, q.sd)) for k in (-4, 0, 4))
    expected, _ = quad(integrand, low, high, points=[x for x in near if low < x < high], limit=400)
    assert between_normals(p, q).jensen_shannon == pytest.approx(expected, rel=1e-5, abs=1e-8)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.05, 2))
def test_mass_moves_by_the_difference_of_means_where_the_widths_are_equal(a, b, sd):
    assert between_normals(Belief(a, sd), Belief(b, sd)).wasserstein == pytest.approx(
        abs(a - b), abs=1e-3 * sd
    )


@given(st.floats(0.05, 2), st.floats(0.05, 2))
def test_mass_moves_by_the_difference_of_widths_about_one_mean(a, b):
    """W1 of N(0, a²) and N(0, b²) is |a − b| √(2/π)."""
    found = between_normals(Belief(0.0, a), Belief(0.0, b)).wasserstein
    assert found == pytest.approx(abs(a - b) * math.sqrt(2 / math.pi), abs=2e-3 * max(a, b))


def test_any_density_will_do_and_its_mass_does_not_matter():
    grid = np.linspace(-12, 12, 8001)
    p, q = skewnorm(4, 0.3, 1.1), skewnorm(-2, 0.0, 0.9)
    found = between_densities(grid, p.logpdf(grid) + 7.0, q.logpdf(grid) - 3.0)
    expected, _ = quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), -2, 6, limit=400)
    assert found.forward == pytest.approx(expected, rel=1e-4)
    assert found.backward > 0


def test_a_density_that_is_nowhere_is_refused():
    grid = np.linspace(0, 1, 5)
    with pytest.raises(ValueError, match="somewhere above zero"):
        between_densities(grid, np.full(5, -np.inf), np.zeros(5))
    with pytest.raises(ValueError, match="increases"):
        between_densities(grid[::-1], np.zeros(5), np.zeros(5))
