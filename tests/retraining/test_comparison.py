"""A better challenger is found out; an equal one is not promoted, however often one looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.retraining import compared, is_better, level_of, no_comparison

BOUND = -math.log(0.01)
losses = st.floats(0.0, BOUND)


def loss(probability, approved):
    return -math.log(probability if approved else 1 - probability)


def test_an_equal_challenger_is_promoted_in_five_of_a_hundred_runs_at_most():
    """At α = 0.05 for a first and only challenger, looked at after each of 400 answers."""
    rng = np.random.default_rng(0)
    alpha = 0.05 * math.pi**2 / 6  # so that the first has 0.05 to itself
    wrong = 0
    for _ in range(400):
        known = no_comparison()
        for p in rng.uniform(0.1, 0.9, 400):
            approved = rng.random() < p
            one, other = (min(max(p + 0.1 * rng.standard_normal(), 0.01), 0.99) for _ in range(2))
            known = compared(known, loss(one, approved), loss(other, approved), bound=BOUND)
            if is_better(known, 1, alpha=alpha):
                wrong += 1
                break
    assert wrong / 400 <= 0.05 + 2.33 * math.sqrt(0.05 * 0.95 / 400)


def test_a_challenger_that_knows_more_is_found_better():
    rng = np.random.default_rng(1)
    known = no_comparison()
    for p in rng.uniform(0.05, 0.95, 2000):
        approved = rng.random() < p
        known = compared(known, loss(0.5, approved), loss(p, approved), bound=BOUND)
    assert is_better(known, 5, alpha=0.05)
    assert known.mean_gain > 0.1


@given(st.lists(st.tuples(losses, losses), max_size=60))
def test_evidence_is_the_mean_of_what_each_share_of_wealth_became(pairs):
    known = no_comparison()
    for one, other in pairs:
        known = compared(known, one, other, bound=BOUND)
    wealth = [
        np.prod([1 + share * (one - other) / BOUND for one, other in pairs])
        for share in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
    ]
    assert known.evidence == pytest.approx(np.mean(wealth), rel=1e-9)


@given(losses, losses)
def test_no_stake_can_lose_everything(one, other):
    assert min(compared(no_comparison(), one, other, bound=BOUND).log_wealth) > -math.inf


def test_all_challengers_there_will_ever_be_share_the_error():
    assert sum(level_of(k, alpha=0.05) for k in range(1, 100_000)) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="from 1"):
        level_of(0, alpha=0.05)


@pytest.mark.parametrize("wrong", [-0.1, BOUND + 0.1, math.nan, math.inf])
def test_a_loss_the_test_would_not_hold_for_is_refused(wrong):
    with pytest.raises(ValueError, match="log-loss"):
        compared(no_comparison(), wrong, 0.1, bound=BOUND)
