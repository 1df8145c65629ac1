"""Evidence written into few bytes comes back as it was, and bytes of any other making are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import ANSWERS, CaseMixture, LotteryEvidence, simulate_person

SIMULATOR = load_simulator("lottery")
POINTS, KNOTS, LOCAL = 96, 40, 24
#: where each part begins: counts, rewards, then the second look's points, counts and rewards
REWARDS = POINTS * KNOTS * 3
WIDE_END = REWARDS + POINTS * 2 * 8
LOCAL_COUNTS = WIDE_END + LOCAL * 8
LOCAL_REWARDS = LOCAL_COUNTS + LOCAL * KNOTS * 4
END = LOCAL_REWARDS + LOCAL * 2 * 8


def evidence(count: int, answered: str, *, sharp: bool) -> LotteryEvidence:
    """What somebody's judgments say, with a second look or without."""
    rng = np.random.default_rng([count, 7])
    person = simulate_person(rng, SIMULATOR, CaseMixture(), count, answered=answered, max_reward=3.0)
    found = SIMULATOR.describe(person.judgments).evidence
    return found.sharpened(np.array([0.4, -2.0]), np.array([0.03, 0.2])) if sharp else found


@pytest.mark.parametrize("sharp", [False, True])
@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("count", [1, 40, 512])
def test_evidence_comes_back_as_it_was(count: int, answered: str, *, sharp: bool) -> None:
    """Counts and rewards to the bit, the second look's counts to single precision; 13,056 or 17,472 of them."""
    known = evidence(count, answered, sharp=sharp)
    raw = known.to_bytes()
    assert len(raw) == (END if sharp else WIDE_END)
    assert len(raw) == (17_472 if sharp else 13_056)
    back = SIMULATOR.read_evidence(raw)
    np.testing.assert_array_equal(back.wide.counts, known.wide.counts)
    np.testing.assert_array_equal(back.wide.rewards, known.wide.rewards)
    np.testing.assert_array_equal(back.sums, known.sums)
    assert back.kind == known.kind
    if sharp:
        np.testing.assert_array_equal(back.local.points, known.local.points)
        np.testing.assert_allclose(back.local.counts, known.local.counts, rtol=1e-6, atol=1e-9)
        np.testing.assert_array_equal(back.local.rewards, known.local.rewards)
    assert back.to_bytes() == raw
    people = SIMULATOR.sample_prior(np.random.default_rng(2), 50)
    np.testing.assert_allclose(
        back.log_likelihood(people), known.log_likelihood(people), rtol=1e-5, atol=1e-4
    )


def test_evidence_that_was_read_goes_on() -> None:
    """A judgment after a round trip adds to the same sums as one without."""
    known, newer = evidence(40, "both", sharp=True), evidence(3, "both", sharp=False)
    back = SIMULATOR.read_evidence(known.to_bytes())
    np.testing.assert_array_equal(back.plus(newer).sums, known.plus(newer).sums)


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=100)
def test_bytes_of_another_length_are_refused(raw: bytes) -> None:
    """And the lengths that were expected are named."""
    with pytest.raises(ValueError, match=f"expected {WIDE_END} or {END} bytes"):
        SIMULATOR.read_evidence(raw)


@pytest.mark.parametrize("by", [-1, 1, 8])
@pytest.mark.parametrize("sharp", [False, True])
def test_bytes_lost_or_added_are_refused(by: int, *, sharp: bool) -> None:
    """Cut short by one, or longer."""
    raw = evidence(3, "both", sharp=sharp).to_bytes()
    with pytest.raises(ValueError, match="bytes of sums"):
        SIMULATOR.read_evidence(raw[:by] if by < 0 else raw + bytes(by))


@given(st.sampled_from([WIDE_END, END]), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=100)
def test_random_bytes_are_refused_or_read_as_finite_numbers(length: int, seed: int) -> None:
    """ValueError, or evidence every number of which is finite: never another error."""
    raw = np.random.default_rng(seed).bytes(length)
    try:
        found = SIMULATOR.read_evidence(raw)
    except ValueError:
        return
    assert np.isfinite(found.sums).all()


PLACES = [
    (REWARDS, "<f8"),
    (WIDE_END - 8, "<f8"),
    (WIDE_END, "<f8"),
    (LOCAL_COUNTS, "<f4"),
    (LOCAL_REWARDS - 4, "<f4"),
    (LOCAL_REWARDS, "<f8"),
    (END - 8, "<f8"),
]


@pytest.mark.parametrize(("place", "kind"), PLACES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.1e6, -1e30])
def test_numbers_that_no_judgments_add_up_to_are_refused(place: int, kind: str, value: float) -> None:
    """Not finite, or beyond a million, in each part that holds floating-point numbers."""
    raw = bytearray(evidence(8, "both", sharp=True).to_bytes())
    written = np.array([value], kind).tobytes()
    raw[place : place + len(written)] = written
    with pytest.raises(ValueError, match="expected"):
        SIMULATOR.read_evidence(bytes(raw))


@pytest.mark.parametrize("order", [[0, 0, 2, 3], [1, 0, 2, 3], [0, 1, 3, 2], [0, 0.1, 2, 3], [-3, 1, 2, 3]])
def test_points_of_a_second_look_at_other_than_even_distances_are_refused(order: list[float]) -> None:
    """Alike, in another order, or one distance more than four times another."""
    known = evidence(8, "both", sharp=True)
    raw = bytearray(known.to_bytes())
    points = known.local.points.copy()
    points[:4] = points[0] + (points[1] - points[0]) * np.array(order)
    raw[WIDE_END:LOCAL_COUNTS] = points.astype("<f8").tobytes()
    with pytest.raises(ValueError, match="even distances"):
        SIMULATOR.read_evidence(bytes(raw))


def test_a_thousand_alike_answers_are_written_exactly() -> None:
    """Counts of 1,024 answers on one knot fit their 24 bits."""
    known = evidence(1, "feedback", sharp=False)
    total = known
    for _ in range(10):
        total = total.plus(total)
    back = SIMULATOR.read_evidence(total.to_bytes())
    np.testing.assert_array_equal(back.wide.counts, 1024 * known.wide.counts)
