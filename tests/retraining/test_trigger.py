"""When a challenger is trained: one wave of alarms, one training."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.retraining import Alarms, Known, RetrainingSettings, TriggerSettings, decide, is_armed

DAY = 86_400.0
NOW = 1_000 * DAY
SETTINGS = TriggerSettings(
    alarm_share=0.05, rearm_share=0.02, alarm_days=14, min_people=20, min_windows=200, cool_down_days=3, daily_cap=1,
    max_age_days=90,
)  # fmt: skip
DRIFTED = Known(Alarms(100, 8), armed=True, trained=NOW - 10 * DAY, windows=500)


def code(known, *, forced=False):
    return decide(known, NOW, SETTINGS, forced=forced).code


def test_drift_is_a_reason_and_its_absence_is_none():
    assert decide(DRIFTED, NOW, SETTINGS)[:2] == (True, "drift")
    assert code(DRIFTED._replace(alarms=Alarms(100, 4))) == "nothing"
    assert code(DRIFTED._replace(alarms=Alarms(0, 0))) == "nothing"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"alarms": Alarms(19, 5)}, "too_few_people"),
        ({"armed": False}, "not_armed"),
        ({"windows": 199}, "too_few_windows"),
        ({"ended": NOW - 2.9 * DAY}, "cooling_down"),
        ({"starts": (NOW - 0.9 * DAY,)}, "daily_cap"),
        ({"running": True}, "running"),
    ],
)
def test_each_hold_has_its_code(changed, expected):
    found = decide(DRIFTED._replace(**changed), NOW, SETTINGS)
    assert (found.start, found.code) == (False, expected)


def test_an_old_model_is_trained_anew_without_drift():
    old = DRIFTED._replace(alarms=Alarms(0, 0), trained=NOW - 91 * DAY, windows=0)
    assert decide(old, NOW, SETTINGS)[:2] == (True, "age")
    never = SETTINGS.model_copy(update={"max_age_days": 0.0})
    assert decide(old, NOW, never).code == "nothing"


def test_what_is_forced_still_waits_for_another_and_for_the_cap():
    quiet = DRIFTED._replace(alarms=Alarms(5, 0), ended=NOW - 1.5 * DAY)
    assert code(quiet, forced=True) == "forced"
    assert code(quiet._replace(running=True), forced=True) == "running"
    assert code(quiet._replace(starts=(NOW - 1.0,)), forced=True) == "daily_cap"


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_one_wave_of_alarms_is_one_training_however_long_it_lasts(alarmed):
    """Looked at every 4 days: between two trainings the share has been at the lower mark."""
    armed, since, low_between = True, [], []
    low = False
    for place, count in enumerate(alarmed):
        alarms = Alarms(100, count)
        low = low or count <= 2
        armed = is_armed(armed, alarms, SETTINGS)
        at = NOW + place * 4 * DAY
        known = Known(alarms, armed, trained=at - DAY, windows=500, starts=tuple(since))
        if decide(known, at, SETTINGS).start:
            if since:
                low_between.append(low)
            since.append(at)
            armed, low = False, False
    assert all(low_between)
    assert bool(since) == any(count >= 5 for count in alarmed)


def test_the_shipped_settings_are_settings():
    shipped = Path(__file__).parents[2] / "configs" / "retraining.toml"
    RetrainingSettings.model_validate(tomllib.loads(shipped.read_text()))
    with pytest.raises(ValueError, match="rearm_share"):
        TriggerSettings.model_validate(SETTINGS.model_dump() | {"rearm_share": 0.5})
