"""What detectors are judged by, against published run lengths."""

from __future__ import annotations

import numpy as np
import pytest

from bayesian_verifier.drift import CusumState, Effort, cusum_step, evaluate_drift, misses


@pytest.mark.parametrize(
    ("limit", "shift", "expected"),
    [(4.0, 0.0, 167.7), (4.0, 1.0, 8.38), (5.0, 0.0, 465.4), (5.0, 1.0, 10.38)],
)
def test_a_two_sided_cusum_has_its_published_run_lengths(limit, shift, expected):
    """Montgomery, Statistical Quality Control, table 9.3: slack 0.5, scores standard normal but for the shift."""
    people = 4000 if shift else 1200
    rng = np.random.default_rng(int(limit))
    state = CusumState(np.zeros(people), np.zeros(people))
    first = np.zeros(people, int)
    count = 0
    while not first.all():
        count += 1
        state, statistic = cusum_step(state, rng.normal(shift, 1.0, people), slack=0.5)
        first[(first == 0) & (statistic > limit)] = count
    assert first.mean() == pytest.approx(expected, abs=4 * first.std() / np.sqrt(people))


@pytest.fixture(scope="module")
def found():
    return evaluate_drift((30.0, 100.0), (0.5, 2.0), Effort(people=120, windows=400))


def test_every_promise_holds_and_the_uncalibrated_row_shows_why_scaling_is_needed(found):
    assert misses(found, {0.5: 12.0, 2.0: 2.0}) == []
    short = [row for row in found.rows if not row.promised]
    assert [row.population for row in short] == ["sd 20% too small"]
    assert short[0].run_lengths[100.0].mean < 0.75 * found.rows[0].run_lengths[100.0].mean
    assert found.rows[-1].variance_scale == pytest.approx(1.25**2, rel=0.2)


def test_the_detector_is_sooner_than_a_cusum_with_as_many_false_alarms(found):
    ours, cusum, kl = found.rivals
    assert cusum.run_length.mean == pytest.approx(ours.run_length.mean, rel=0.25)
    assert ours.delays[0.5].mean < cusum.delays[0.5].mean < kl.delays[0.5].mean


def test_a_fixed_threshold_on_kl_is_no_test(found):
    """It is passed in most windows in which nothing happened."""
    assert found.quiet_kl > 0.5


def test_what_is_missed_is_said(found):
    said = misses(found, {0.5: 0.1, 2.0: 1e9})
    assert len(said) == 1
    assert "0.5 prior sd" in said[0]


def test_the_same_seed_finds_the_same():
    small = Effort(people=50, windows=100, seed=3)
    one, other = (evaluate_drift((20.0,), (1.0,), small) for _ in range(2))
    assert one == other
