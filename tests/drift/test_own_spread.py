"""Following a person twice: an alarm needs what they say as stated, and as widely as they scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bayesian_verifier.drift import Detector, Message, begin, hear, own_scale, start, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.drift import Info, Person

    Float = NDArray[np.float64]

DETECTOR = Detector(prior_mean=0.5, prior_sd=1.2, threshold=100.0)
DEAF = Detector(prior_mean=0.5, prior_sd=1.2, threshold=1e300)


def messages(
    people: int, windows: int, *, factor: float, seed: int, moved: float = 0.0, at: int = 0
) -> Message:
    """People whose messages scatter with `factor` times the variance that they state."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(0.5, 1.2, people)
    noise = rng.uniform(0.05, 0.6, (windows, people))
    jump = np.where(np.arange(windows)[:, None] >= at, moved, 0.0) * rng.choice([-1.2, 1.2], people)
    return Message(theta + jump + np.sqrt(factor * noise) * rng.normal(size=noise.shape), 1 / noise)


def heard(told: Message, detector: Detector) -> tuple[Person, list[Info]]:
    known, found = begin(detector, told.value.shape[1:]), []
    for value, precision in zip(told.value, told.precision, strict=True):
        known, info = hear(known, Message(value, precision), detector)
        found.append(info)
    return known, found


def as_stated(told: Message, detector: Detector) -> list[Info]:
    state, found = start(detector, told.value.shape[1:]), []
    for value, precision in zip(told.value, told.precision, strict=True):
        state, info = step(state, Message(value, precision), detector)
        found.append(info)
    return found


def first_alarm(found: list[Info], threshold: float) -> Float:
    above = np.array([info.statistic >= threshold for info in found])
    return np.where(above.any(axis=0), above.argmax(axis=0) + 1, len(found))


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_an_alarm_never_comes_before_that_of_what_is_stated(factor: float) -> None:
    """So that the proven mean time to a false alarm holds for it too."""
    told = messages(60, 120, factor=factor, seed=1, moved=1.0, at=60)
    both, stated = heard(told, DEAF)[1], as_stated(told, DEAF)
    for one, other in zip(both, stated, strict=True):
        assert (one.statistic <= other.statistic).all()


def test_whose_windows_scatter_less_than_stated_is_followed_as_stated() -> None:
    """Bit for bit: nobody is made surer than their posteriors."""
    told = messages(20, 100, factor=0.4, seed=2, moved=1.0, at=90)
    known, both = heard(told, DEAF)
    assert (own_scale(known) == 1.0).all()
    for one, other in zip(both, as_stated(told, DEAF), strict=True):
        assert (one.statistic == other.statistic).all()


def test_the_scale_is_that_of_the_scatter_less_half_its_standard_error() -> None:
    """Variance twice what is stated; a clipped square loses some of it, and 20 windows of belief draw it to 1."""
    known, _ = heard(messages(150, 108, factor=2.0, seed=3), DEAF)
    # E min(2 z², 9) of a standard normal z, by quadrature, and the 99 squares that no longer wait
    expected = (20 + 99 * 1.8805) / 119 - 0.5 * np.sqrt(2 / 119)
    assert np.mean(own_scale(known)) == pytest.approx(expected, rel=0.03)


def test_a_change_does_not_hide_itself_by_the_scatter_it_causes() -> None:
    """The newest eight windows count for nothing yet; the ninth sees the first of them."""
    quiet = Message(np.full((40, 1), 0.5), np.full((40, 1), 4.0))
    moved = Message(np.full((9, 1), 3.5), np.full((9, 1), 4.0))
    known, scales = heard(quiet, DEAF)[0], []
    for value, precision in zip(moved.value, moved.precision, strict=True):
        known, _ = hear(known, Message(value, precision), DEAF)
        scales.append((float(known.squares[0]), float(known.counted[0])))
    assert {squares for squares, _ in scales[:8]} == {0.0}
    assert scales[8][0] == 9.0


def test_after_an_alarm_what_caused_it_is_forgotten_and_their_scatter_is_not() -> None:
    told = messages(30, 60, factor=2.5, seed=4)
    known, _ = heard(told, DETECTOR)
    before = own_scale(known)
    far = Message(np.full(30, 30.0), np.full(30, 25.0))
    known, info = hear(known, far, DETECTOR)
    assert info.alarm.all()
    assert (known.stated.windows == 0).all()
    assert (known.widened.windows == 0).all()
    assert np.isnan(known.waiting).all()
    assert own_scale(known) == pytest.approx(before, rel=0.15)


def test_false_alarms_of_people_who_scatter_become_rarer() -> None:
    """Variance 1.8 times what is stated, as of the unsteadiest people with exact posteriors."""
    told = messages(100, 250, factor=1.8, seed=5)
    stated, both = as_stated(told, DEAF), heard(told, DEAF)[1]
    assert first_alarm(both, 200.0).mean() > 1.4 * first_alarm(stated, 200.0).mean()


def test_who_does_not_scatter_waits_hardly_longer_for_an_alarm() -> None:
    told = messages(200, 60, factor=1.0, seed=6, moved=1.0, at=30)
    stated, both = (first_alarm(found, 300.0) for found in (as_stated(told, DEAF), heard(told, DEAF)[1]))
    assert both.mean() - stated.mean() < 0.3


def test_people_followed_side_by_side_get_what_each_gets_alone_bit_for_bit() -> None:
    told = messages(7, 60, factor=1.6, seed=7, moved=1.0, at=30)
    together = heard(told, DETECTOR)[1]
    assert any(info.alarm.any() for info in together)
    for person in range(7):
        alone = heard(Message(told.value[:, person], told.precision[:, person]), DETECTOR)[1]
        for both, one in zip(together, alone, strict=True):
            assert both.alarm[person] == one.alarm
            assert both.statistic[person] == one.statistic
