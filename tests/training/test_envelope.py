"""Does the bound on what one test can do against many alternatives hold where it is known?"""

from __future__ import annotations

import _envelope
import numpy as np
import pytest
from scipy import stats

SHIFT = 2.0
#: the test that looks to both sides, and the one that knows which
TWO_SIDED = stats.norm.sf(stats.norm.isf(0.025) - SHIFT) + stats.norm.cdf(stats.norm.ppf(0.025) - SHIFT)
KNOWING = stats.norm.sf(stats.norm.isf(0.05) - SHIFT)


def ratios(x, shifts):
    """Log-ratios [..., K] of normal alternatives of unit variance over the one at zero."""
    return x[..., None] * np.array(shifts) - np.square(shifts) / 2


def normal(shifts, count=20_001):
    """Even quantiles of the null, and of each alternative, as log-ratios."""
    at = stats.norm.ppf((np.arange(count) + 0.5) / count)
    return ratios(at, shifts), ratios(at + np.array(shifts)[:, None], shifts)


def test_the_mean_is_that_of_the_two_sided_test() -> None:
    """A shift up or down, each alike: the likelihood-ratio test of the two is the two-sided one."""
    null, there = normal([SHIFT, -SHIFT])
    known = np.array([_envelope.power(null[:, k], there[k, :, k]) for k in range(2)])
    assert known == pytest.approx(KNOWING, abs=1e-3)
    found = _envelope.shares_of_known(null, there, known, np.array([0.5, 0.5]))
    assert found == pytest.approx(TWO_SIDED / KNOWING, abs=2e-3)


def test_the_least_favourable_weights_give_both_sides_the_same() -> None:
    """With one side named twice even weights favour it; no test does better on both than the two-sided one."""
    null, there = normal([SHIFT, SHIFT, -SHIFT], count=2001)
    known = np.full(3, KNOWING)
    even = np.full(3, 1 / 3)
    assert even @ _envelope.shares_of_known(null, there, known, even) > TWO_SIDED / KNOWING + 0.01
    weights = _envelope.least_favourable(null, there, known)
    assert weights[2] == pytest.approx(0.5, abs=0.03)
    bound = weights @ _envelope.shares_of_known(null, there, known, weights)
    assert bound == pytest.approx(TWO_SIDED / KNOWING, abs=5e-3)


def test_equal_statistics_are_told_apart_by_chance() -> None:
    """Where nothing can be seen, power is the level."""
    rng = np.random.default_rng(1)
    null, there = _envelope.untied(np.zeros(20_000), rng), _envelope.untied(np.zeros(20_000), rng)
    assert _envelope.power(null, there) == pytest.approx(0.05, abs=0.01)
