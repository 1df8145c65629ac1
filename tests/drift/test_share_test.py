"""Does the test of a share cross as seldom as it says, and as its definition says?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.drift import Levels, ShareState, share_step
from bayesian_verifier.drift._share_test import BETS, factor, newest_that_speak

LEVELS = Levels(0.2, 0.1)
BOTH = Levels(0.6, 0.55, two_sided=True)
_OUTCOMES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def run(outcomes, levels, threshold, state=None):
    """States and infos after each outcome."""
    state, infos = state or ShareState(), []
    for one in outcomes:
        state, info = share_step(state, one, levels, threshold=threshold)
        infos.append(info)
    return state, infos


@settings(deadline=None)
@given(
    chances=st.lists(st.floats(0.001, 1), min_size=2, max_size=5),
    values=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    bet=st.sampled_from(BETS),
    raised=st.booleans(),
)
def test_a_bet_gains_nothing_on_average_while_the_mean_is_within_its_limit(chances, values, bet, raised):
    """Whatever the distribution: its mean is moved to the limit, where the bet is fair."""
    weights = np.array(chances) / sum(chances)
    xs = np.array(values[: len(weights)])
    mean = float(weights @ xs)
    if not raised:
        xs = xs * min(1.0, LEVELS.above / mean) if mean > 0 else xs
    elif mean < LEVELS.back:
        xs = 1.0 - (1.0 - xs) * (1.0 - LEVELS.back) / (1.0 - mean)
    gains = [factor(float(x), LEVELS, bet, raised=raised) for x in xs]
    assert all(gain > 0 for gain in gains)
    assert float(weights @ np.array(gains)) <= 1.0 + 1e-9


@settings(deadline=None)
@given(outcomes=_OUTCOMES, levels=st.sampled_from([LEVELS, BOTH]))
def test_the_statistic_is_the_sum_over_all_starts_of_the_products_since(outcomes, levels):
    """The recursion against the definition, computed the slow way; nothing is crossed."""
    _, infos = run(outcomes, levels, threshold=1e12)
    sides = [outcomes, [1.0 - x for x in outcomes]] if levels.two_sided else [outcomes]
    for n, info in enumerate(infos, start=1):
        starts = [
            math.prod(1 - bet + bet * x / levels.above for x in side[first:n])
            for side in sides
            for bet in BETS
            for first in range(n)
        ]
        assert info.statistic == pytest.approx(sum(starts) / (len(BETS) * len(sides)), rel=1e-9)


@pytest.mark.parametrize("levels", [LEVELS, BOTH], ids=["one side", "both"])
@pytest.mark.parametrize("raised", [False, True], ids=["raised", "back"])
def test_the_mean_time_to_a_false_crossing_is_at_least_the_threshold(levels, raised):
    """Tosses of a coin exactly at the limit, or at the level of return: where the promise is tightest.

    Runs are cut short, which only lowers the mean; one that fell short of the promise by a tenth would be seen.
    """
    rng = np.random.default_rng(7)
    threshold, most, runs = 30.0, 200, 500
    times = np.full(runs, most)
    for run_number in range(runs):
        state = ShareState(raised)
        tosses = rng.random(most) < (levels.back if raised else levels.above)
        for number, toss in enumerate(tosses, start=1):
            state, info = share_step(state, float(toss), levels, threshold=threshold)
            if info.crossed:
                times[run_number] = number
                break
    assert times.mean() + 2.33 * times.std() / math.sqrt(runs) >= threshold


def test_a_share_above_its_limit_is_raised_and_is_back_only_when_surely_below():
    """0.5 is above 0.2; 0.15 is neither surely above nor surely below 0.1; 0.02 is back."""
    rng = np.random.default_rng(1)

    def tosses(chance, count):
        return (rng.random(count) < chance).astype(float)

    state, infos = run(tosses(0.5, 60), LEVELS, 1000.0)
    assert state.raised
    assert sum(one.crossed for one in infos) == 1
    state, infos = run(tosses(0.15, 400), LEVELS, 1000.0, state)
    assert state.raised
    assert not any(one.crossed for one in infos)
    state, infos = run(tosses(0.02, 400), LEVELS, 1000.0, state)
    assert not state.raised
    assert sum(one.crossed for one in infos) == 1


@pytest.mark.parametrize("value", [0.9, 0.1])
def test_both_sides_of_a_two_sided_limit_are_watched(value):
    """And back is in the middle alone."""
    state, _ = run([value] * 60, BOTH, 1000.0)
    assert state.raised
    state, _ = run([1.0 - value] * 60, BOTH, 1000.0, state)
    assert state.raised
    state, _ = run([0.5] * 800, BOTH, 1000.0, state)
    assert not state.raised


def test_a_measure_that_was_too_low_for_an_age_and_then_is_too_high_is_not_back():
    """What was seen of one side long ago is no credit when the other side is off; in the middle it is back, once."""
    state, _ = run([1.0] * 60, BOTH, 1000.0)
    state, _ = run([0.0] * 5000, BOTH, 1000.0, state)
    state, infos = run([0.8] * 200, BOTH, 1000.0, state)
    assert state.raised
    assert not any(one.crossed for one in infos)
    state, infos = run([0.5] * 1500, BOTH, 1000.0, state)
    assert sum(one.crossed for one in infos) == 1


def test_the_newest_that_speak_most_begin_where_it_changed():
    """40 below the limit, then 10 far above it."""
    assert newest_that_speak([0.05] * 40 + [0.9] * 10, LEVELS, raised=True) == 10
    assert newest_that_speak([0.9] * 10 + [0.0] * 25, LEVELS, raised=False) == 25


@pytest.mark.parametrize("outcome", [-0.1, 1.1, math.nan])
def test_only_outcomes_from_0_to_1_are_heard(outcome):
    with pytest.raises(ValueError, match="from 0 to 1"):
        share_step(ShareState(), outcome, LEVELS, threshold=10.0)
