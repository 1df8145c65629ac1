"""A better challenger is found out; an equal one is not promoted, however often one looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.retraining import compared, is_better, level_of, no_comparison

chances = st.floats(0.01, 0.99)


def kept_from_certainty(p):
    return min(max(p, 0.01), 0.99)


def test_an_equal_challenger_is_promoted_in_five_of_a_hundred_runs_at_most():
    """At α = 0.05 for a first and only challenger, looked at after each of 400 answers."""
    rng = np.random.default_rng(0)
    alpha = 0.05 * math.pi**2 / 6  # so that the first has 0.05 to itself
    wrong = 0
    for _ in range(400):
        known = no_comparison()
        for p in rng.uniform(0.1, 0.9, 400):
            approved = rng.random() < p
            one, other = (kept_from_certainty(p + 0.1 * rng.standard_normal()) for _ in range(2))
            known = compared(known, one, other, approved=approved)
            if is_better(known, 1, alpha=alpha):
                wrong += 1
                break
    assert wrong / 400 <= 0.05 + 2.33 * math.sqrt(0.05 * 0.95 / 400)


def test_a_challenger_that_knows_more_is_found_better():
    rng = np.random.default_rng(1)
    known = no_comparison()
    for p in rng.uniform(0.05, 0.95, 2000):
        approved = rng.random() < p
        known = compared(known, 0.5, p, approved=approved)
    assert is_better(known, 5, alpha=0.05)
    assert known.mean_gain > 0.1


@settings(deadline=None)  # a busy machine is no fault of what is tested
@given(st.lists(st.tuples(chances, chances, st.booleans()), max_size=60))
def test_evidence_is_the_mean_of_what_each_stake_became(answers):
    """By products over the answers, from the definition: a stake is cut where it could lose nine tenths."""
    known = no_comparison()
    for champion, challenger, approved in answers:
        known = compared(known, champion, challenger, approved=approved)
    became = []
    for stake in (0.0625, 0.125, 0.25, 0.5, 1.0):
        wealth = 1.0
        for champion, challenger, approved in answers:
            outcomes = {
                True: math.log(challenger) - math.log(champion),
                False: math.log(1 - challenger) - math.log(1 - champion),
            }
            worst = max(0.0, *(-gain for gain in outcomes.values()))
            wealth *= 1 + min(stake, 0.9 / worst if worst else math.inf) * outcomes[approved]
        became.append(wealth)
    assert known.evidence == pytest.approx(np.mean(became), rel=1e-9)


@settings(deadline=None)  # a busy machine is no fault of what is tested
@given(chances, chances, st.booleans())
def test_no_answer_costs_more_than_nine_tenths_of_any_stake(champion, challenger, approved):
    known = compared(no_comparison(), champion, challenger, approved=approved)
    assert min(known.log_wealth) >= math.log(0.1) - 1e-9


@settings(deadline=None)  # a busy machine is no fault of what is tested
@given(chances, chances)
def test_wealth_does_not_grow_on_average_where_neither_foresees_better(champion, challenger):
    """At the chance of approval at which both lose as much on average, no stake gains or loses on average."""
    ahead = math.log(challenger / champion)
    behind = math.log((1 - challenger) / (1 - champion))
    if abs(ahead - behind) < 1e-6:
        return
    chance = -behind / (ahead - behind)
    grown = [
        compared(no_comparison(), champion, challenger, approved=said).log_wealth for said in (True, False)
    ]
    for approved, rejected in zip(*grown, strict=True):
        assert chance * math.exp(approved) + (1 - chance) * math.exp(rejected) == pytest.approx(1, abs=1e-9)


def test_all_challengers_there_will_ever_be_share_the_error():
    assert sum(level_of(k, alpha=0.05) for k in range(1, 100_000)) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="from 1"):
        level_of(0, alpha=0.05)


@pytest.mark.parametrize("wrong", [-0.1, 0.0, 1.0, 1.1, math.nan, math.inf])
def test_a_chance_the_test_would_not_hold_for_is_refused(wrong):
    for pair in ((wrong, 0.4), (0.4, wrong)):
        with pytest.raises(ValueError, match="chance"):
            compared(no_comparison(), *pair, approved=True)
