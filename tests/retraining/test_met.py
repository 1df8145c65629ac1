"""What a challenger learns of a journal: people's cases, and their newest windows without the prior behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from bayesian_verifier.retraining import Prior, fitted_prior, met
from retraining.events import DAY, Told, case


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "judgments.jsonl")


def learned(told, per_person=512, days=90.0):
    return met(told.events, per_person=per_person, days=days)


def test_cases_are_those_that_were_answered_and_tell_somebody_from_another(told):
    told.answered("ada", of=case(10))
    told.answered("ada", "reject", of=case(11))
    told.answered(None, None, of=case(12))
    told.judged("ada", of=case(13))  # nobody answered
    told.answered("ada", of=case(14), verdict="refuted")
    told.answered("ada", of=case(0, sure=0))  # nothing at stake
    told.journal.append_feedback(told.judged("ada", None, chosen=None), "approve")
    found = learned(told)
    assert [one.options[1].outcomes[0].payoff for one in found.cases] == [10, 11, 12]
    assert (found.dropped, found.left_out) == (3, 0)
    assert found.until == told.events[-1].ts


def test_nobody_gives_more_than_their_newest_cases(told):
    for high in range(10, 16):
        told.answered("ada", of=case(high))
    told.answered("bob", of=case(20))
    found = learned(told, per_person=2)
    assert [one.options[1].outcomes[0].payoff for one in found.cases] == [14, 15, 20]
    assert found.left_out == 4


def test_an_answer_that_was_changed_is_one_case(told):
    made = told.answered("ada", "approve")
    told.journal.append_feedback(made, "reject")
    assert len(learned(told).cases) == 1


@settings(deadline=None)  # a busy machine is no fault of what is tested
@given(st.floats(-3, 3), st.floats(0.1, 5), st.floats(-2, 2), st.floats(0.3, 2))
def test_a_window_without_its_prior_is_the_measurement_that_made_it(tmp_path_factory, y, noise, mean, sd):
    """The posterior is that of a measurement y ± noise under the prior, by quadrature."""
    grid = np.linspace(-40, 40, 80_001)
    weight = norm.pdf(grid, mean, sd) * norm.pdf(y, grid, noise)
    weight /= weight.sum()
    posterior = weight @ grid
    told = Told(tmp_path_factory.mktemp("one") / "judgments.jsonl")
    spread = float(np.sqrt(weight @ (grid - posterior) ** 2))
    told.window("ada", 1, float(posterior), spread, prior={"mean": mean, "sd": sd}, variance_scale=2.0)
    found = learned(told).told
    if noise > 30 * sd:
        assert found == ()
    else:
        assert found[0].value == pytest.approx(y, abs=1e-3 * (1 + noise / sd) ** 2)
        assert found[0].precision == pytest.approx(0.5 * noise**-2, rel=1e-3 * (1 + (noise / sd) ** 2))


def test_of_each_person_the_newest_trusted_window_counts(told):
    told.window("ada", 1, 0.0, 0.5)
    told.window("ada", 2, 1.0, 0.5)
    told.window("ada", 3, 9.0, 0.5, trustworthy=False)
    told.window("bob", 1, 2.0, 1.5)  # wider than the prior: says nothing
    found = learned(told)
    assert [one.value for one in found.told] == [pytest.approx((1.0 / 0.25 - 0.5) / 3)]
    assert found.doubted == 1


def test_windows_of_people_who_left_long_ago_are_not_looked_at(told):
    told.window("ada", 1, 0.0, 0.5)
    told.now += 91 * DAY
    told.window("bob", 1, 1.0, 0.5)
    assert len(learned(told).told) == 1
    assert len(learned(told, days=92.0).told) == 2


def test_what_somebody_said_before_they_changed_is_not_who_they_are(told):
    since = told.stamp
    told.window("ada", 1, 0.0, 0.5)
    told.epoch("ada", since)
    assert len(learned(told).told) == 1
    begun = told.epoch("ada", told.stamp)
    assert learned(told).told == ()
    told.undo(begun)
    assert len(learned(told).told) == 1


def test_an_empty_journal_teaches_nothing():
    assert met([], per_person=1, days=1.0) == ((), 0, 0, (), 0, "")


def test_the_prior_of_a_population_is_found_from_its_windows(told):
    """Closed form: windows are measurements of normal people; the fit is theirs within the error of sampling."""
    rng = np.random.default_rng(0)
    noise = 0.6
    for i, theta in enumerate(rng.normal(1.1, 0.7, 300)):
        y = theta + noise * rng.standard_normal()
        precision = 1 + noise**-2
        told.window(f"p{i}", 1, float((0.5 + y * noise**-2) / precision), float(precision**-0.5))
    found = learned(told).told
    prior = fitted_prior([one.value for one in found], [one.precision for one in found], Prior(0.5, 1.0))
    assert prior.mean == pytest.approx(1.1, abs=4 * np.hypot(0.7, noise) / np.sqrt(300))
    assert prior.sd == pytest.approx(0.7, abs=0.15)
