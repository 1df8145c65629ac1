"""Does the test that may be looked at every day keep its promise? Against all assignments there are, counted out."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from bayesian_verifier.policy import Sequence, Unit

OUTCOMES = [0.0, 1.0, 0.5, 1.0, 0.2, 0.9, 0.0, 0.7]


def worlds(share, people):
    """Every way in which so many people can be divided, with its chance."""
    for arms in product([False, True], repeat=people):
        treated = sum(arms)
        yield arms, share**treated * (1 - share) ** (people - treated)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_wealth_cannot_grow_on_average_where_the_arm_changes_nothing(share) -> None:
    """The mean over all assignments is 1 for each side, to rounding: it is a martingale, for any outcomes."""
    up = down = 0.0
    for arms, chance in worlds(share, len(OUTCOMES)):
        test = Sequence(share)
        test.hear(Unit(arm, outcome) for arm, outcome in zip(arms, OUTCOMES, strict=True))
        middle = test._up.shape[1] // 2
        up += chance * np.exp(test._up[:, middle]).mean()
        down += chance * np.exp(test._down[:, middle]).mean()
    assert (up, down) == (pytest.approx(1.0), pytest.approx(1.0))


def test_looking_every_time_decides_wrongly_no_more_often_than_stated() -> None:
    """Ville's bound, counted over all 2⁹ assignments of people in a world where the arm changes nothing."""
    outcomes, alpha, wrong = [0.0, 1.0, 1.0] * 3, 0.9, 0.0
    for arms, chance in worlds(0.5, len(outcomes)):
        test = Sequence(0.5, alpha=alpha)
        looks = [test.hear([Unit(arm, outcome)]) for arm, outcome in zip(arms, outcomes, strict=True)]
        wrong += chance * any(look.decided(alpha) for look in looks)
    assert 0.0 < wrong <= alpha


def test_an_effect_is_found_and_lies_in_the_interval() -> None:
    """Approval of 0.8 against 0.6, 600 people: the estimate is theirs, and the sign is decided."""
    rng = np.random.default_rng(1)
    arms = rng.random(600) < 0.5
    outcomes = np.clip(np.where(arms, 0.8, 0.6) + rng.normal(0, 0.15, 600), 0, 1)
    seen = Sequence(0.5).hear(
        Unit(bool(arm), float(outcome)) for arm, outcome in zip(arms, outcomes, strict=True)
    )
    plain = outcomes[arms].mean() - outcomes[~arms].mean()
    assert seen.effect == pytest.approx(plain, abs=0.03)
    assert 0.0 < seen.low < plain < seen.high < 0.5
    assert seen.decided(0.05) == "better"
    assert seen.worse < 40
    other = Sequence(0.5).hear(
        Unit(not arm, float(outcome)) for arm, outcome in zip(arms, outcomes, strict=True)
    )
    assert other.decided(0.05) == "worse"
    assert other.low == pytest.approx(-seen.high, abs=0.011)


def test_the_interval_covers_at_all_times_at_once() -> None:
    """60 runs of 120 people with a true effect of 0.1: the interval misses it at some time in few of them."""
    rng, missed = np.random.default_rng(5), 0
    for _ in range(60):
        test = Sequence(0.5, alpha=0.2)
        arms = rng.random(120) < 0.5
        outcomes = (rng.random(120) < np.where(arms, 0.55, 0.45)).astype(float)
        looks = [test.hear([Unit(bool(a), float(o))]) for a, o in zip(arms, outcomes, strict=True)]
        missed += any(not look.low <= 0.1 <= look.high for look in looks)
    # at most 12 of 60 on average; more than 22 come by chance once in a thousand
    assert missed <= 22


def test_nobody_says_nothing() -> None:
    """Before the first person any effect may be."""
    seen = Sequence(0.5).hear([])
    assert (seen.people, seen.effect, seen.low, seen.high) == (0, None, -1.0, 1.0)
    assert (seen.better, seen.worse, seen.decided(0.05)) == (1.0, 1.0, None)


@pytest.mark.parametrize("outcome", [-0.1, 1.1, math.nan])
def test_an_outcome_out_of_range_is_refused(outcome) -> None:
    """The test would not hold."""
    with pytest.raises(ValueError, match="0 to 1"):
        Sequence(0.5).hear([Unit(True, outcome)])
