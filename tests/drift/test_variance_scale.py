"""The scale is what messages' variance is too small by."""

from __future__ import annotations

import numpy as np
import pytest

from bayesian_verifier.drift import Message, variance_scale


def people(count, windows, *, true_scale, seed, sd=0.3):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        precision = rng.uniform(0.5, 2.0, windows) / sd**2
        value = rng.normal(0.5, 1.0) + np.sqrt(true_scale / precision) * rng.normal(size=windows)
        found.append(Message(value, precision))
    return found


@pytest.mark.parametrize("true_scale", [0.5, 1.0, 1.5625, 4.0])
def test_twenty_people_of_thirty_windows_show_what_their_variance_is_too_small_by(true_scale):
    """Its relative error is about √(2/n)."""
    found = variance_scale(people(20, 30, true_scale=true_scale, seed=1), prior_mean=0.5, prior_sd=1.0)
    assert found == pytest.approx(true_scale, rel=4 * np.sqrt(2 / (20 * 29)))


def test_one_message_a_person_shows_nothing():
    with pytest.raises(ValueError, match="two messages"):
        variance_scale([Message(np.array([0.1]), np.array([4.0]))], prior_mean=0.5, prior_sd=1.0)
