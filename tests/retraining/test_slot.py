"""Quiet hours and a quiet machine."""

from __future__ import annotations

import os
from datetime import time

import pytest

from bayesian_verifier.retraining import Load, SlotSettings, machine_load, slot

NIGHT = SlotSettings(begins=time(22, 30), ends=time(5), max_load=0.5, max_pressure=20)
QUIET = Load(0.1, 1.0)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (time(22, 29), "daytime"),
        (time(22, 30), "open"),
        (time(0), "open"),
        (time(4, 59), "open"),
        (time(5), "daytime"),
    ],
)
def test_a_night_may_go_over_midnight(at, expected):
    assert slot(at, QUIET, NIGHT).code == expected
    within_a_day = NIGHT.model_copy(update={"begins": time(1), "ends": time(5)})
    assert slot(time(12), QUIET, within_a_day).code == "daytime"
    assert slot(time(1), QUIET, within_a_day).code == "open"


@pytest.mark.parametrize(
    ("load", "expected"), [(Load(0.51, None), "busy"), (Load(0.5, 21.0), "busy"), (Load(0.5, None), "open")]
)
def test_a_busy_machine_is_left_alone(load, expected):
    assert slot(time(1), load, NIGHT).code == expected


def test_the_load_is_the_machines(tmp_path):
    file = tmp_path / "cpu"
    file.write_text(
        "some avg10=7.50 avg60=12.25 avg300=3.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    )
    before = after = None
    while before is None or before != after:  # the system counts anew every few seconds
        before = os.getloadavg()[1]
        found = machine_load(file)
        after = os.getloadavg()[1]
    assert found.pressure == 12.25
    assert found.average == before / (os.cpu_count() or 1)
    assert machine_load(tmp_path / "none").pressure is None
    file.write_bytes(b"\xff\xfe")
    assert machine_load(file).pressure is None
