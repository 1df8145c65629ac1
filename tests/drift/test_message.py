"""A message times the prior is the posterior it came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.drift import message


@given(st.floats(-3, 3), st.floats(0.02, 0.98), st.floats(-1, 1), st.floats(0.3, 3))
def test_the_prior_times_the_message_is_the_posterior(mean, share, prior_mean, prior_sd):
    sd = share * prior_sd
    told = message(mean, sd, prior_mean=prior_mean, prior_sd=prior_sd)
    precision = told.precision + prior_sd**-2
    back = (told.value * told.precision + prior_mean * prior_sd**-2) / precision
    assert precision**-0.5 == pytest.approx(sd, rel=1e-9)
    assert back == pytest.approx(mean, abs=1e-9)


@given(st.floats(1.0, 5.0))
def test_a_posterior_no_narrower_than_the_prior_says_next_to_nothing(share):
    told = message(3.0, share, prior_mean=0.5, prior_sd=1.0)
    assert told.precision <= 1e-6


def test_a_scale_widens_messages_and_moves_none():
    plain = message([0.1, 0.9], [0.2, 0.4], prior_mean=0.5, prior_sd=1.0)
    scaled = message([0.1, 0.9], [0.2, 0.4], prior_mean=0.5, prior_sd=1.0, variance_scale=2.0)
    assert np.array_equal(scaled.value, plain.value)
    assert np.allclose(scaled.precision * 2.0, plain.precision)


@pytest.mark.parametrize(("mean", "sd"), [(np.nan, 0.1), (0.1, 0.0), (0.1, -1.0), (0.1, np.inf)])
def test_what_is_no_posterior_is_refused(mean, sd):
    with pytest.raises(ValueError, match="finite"):
        message(mean, sd, prior_mean=0.5, prior_sd=1.0)
