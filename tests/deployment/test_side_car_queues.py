"""Do simulated side-cars queue as queues are known to?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from _side_cars import Measured, Outcome, Slow, Traffic, play

SERVICE = 0.004


def exponential() -> np.ndarray:
    """Quantiles of an exponential time, fine enough that their mean is its."""
    return -SERVICE * np.log1p(-(np.arange(20_000) + 0.5) / 20_000)


def played(side_car: Measured, load: float, count: int = 1, sharing: str = "own", requests: int = 150_000):
    rng = np.random.default_rng(7)
    rate = load * count / SERVICE
    times = Traffic(rate).times(rng, requests / rate)
    return play(rng, side_car, [times], count, sharing)


def waited(outcome: Outcome) -> float:
    """Mean seconds in the queue."""
    return float(outcome.waits.mean()) - SERVICE


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_one_side_car_waits_as_pollaczek_and_khinchine_say(load: float) -> None:
    """Mean wait ρ/(1-ρ) · s · (1 + c²)/2: half for even service times of what it is for exponential ones."""
    longest = load / (1 - load) * SERVICE
    assert waited(played(Measured(exponential()), load)) == pytest.approx(longest, rel=0.06)
    assert waited(played(Measured(np.array([SERVICE])), load)) == pytest.approx(longest / 2, rel=0.06)


def test_a_shared_queue_waits_as_erlang_says() -> None:
    """Four side-cars, each request to that with the least work: M/M/4, Erlang's C."""
    count, load = 4, 0.8
    offered = count * load
    last = offered**count / math.factorial(count) / (1 - load)
    chance = last / (sum(offered**k / math.factorial(k) for k in range(count)) + last)
    expected = chance * SERVICE / (count * (1 - load))
    assert waited(played(Measured(exponential()), load, count, "least work")) == pytest.approx(
        expected, rel=0.06
    )


def test_a_full_queue_refuses_as_often_as_known() -> None:
    """M/M/1/K: (1-ρ)ρᴷ/(1-ρᴷ⁺¹), half more asked than can be answered."""
    load, room = 1.5, 3
    outcome = played(Measured(exponential(), queue_limit=room), load)
    expected = (1 - load) * load**room / (1 - load ** (room + 1))
    assert outcome.refused / outcome.asked == pytest.approx(expected, rel=0.03)


def test_what_is_accepted_is_in_time_where_service_times_are_even() -> None:
    """Three times as much as can be answered: a third is good, nothing is late, the rest is refused at once."""
    outcome = played(Measured(np.array([SERVICE]), deadline=0.05), 3.0, requests=20_000)
    assert outcome.late == 0
    assert outcome.good / outcome.asked == pytest.approx(1 / 3, rel=0.02)
    assert outcome.waits.max() <= 0.05


def test_two_choices_are_better_than_one_and_worse_than_all() -> None:
    """Mitzenmacher's power of two choices."""
    waits = [
        waited(played(Measured(exponential()), 0.8, 8, sharing, 40_000))
        for sharing in ("least work", "two choices", "random")
    ]
    assert waits == sorted(waits)
    assert waits[1] < 0.5 * waits[2]


def test_a_side_car_that_is_held_up_is_late_by_as_much() -> None:
    """Requests at 0, 10 and 20 s that take 1 s each; nothing from 10.5 to 12, half as fast from 20 s on."""
    slowed = [[Slow(10.5, 12.0, math.inf), Slow(20.0, 30.0, 2.0)]]
    outcome = play(
        np.random.default_rng(0), Measured(np.array([1.0])), [np.array([0.0, 10.0, 20.0])], 1, "own", slowed
    )
    assert outcome.waits.tolist() == [1.0, 2.5, 2.0]


@pytest.mark.parametrize("peak", [1.0, 5.0])
def test_traffic_has_the_rate_that_was_asked_for(peak: float) -> None:
    """On average, with its peaks and without; with them its counts are spread wider than Poisson's."""
    times = Traffic(50.0, peak).times(np.random.default_rng(1), 2000.0)
    counts = np.bincount(times.astype(int), minlength=2000)
    assert counts.mean() == pytest.approx(50, rel=0.02)
    assert (counts.var() / counts.mean() > 2) == (peak > 1)
    assert (np.diff(times) >= 0).all()
