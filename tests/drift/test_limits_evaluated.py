"""Are limits of the population crossed by chance as seldom as promised, and soon when they are?"""

from __future__ import annotations

import json

from click.testing import CliRunner

from bayesian_verifier.commands.drift import command
from bayesian_verifier.drift import MEASURES, LimitRow, PopulationSettings, evaluate_limits


def test_every_measure_is_crossed_when_it_is_far_off_and_by_chance_no_more_often_than_promised():
    """A small population's settings: 200 windows to a false crossing, runs of 60."""
    runs = 25
    rows = evaluate_limits(PopulationSettings(windows=200.0), runs=runs, windows=60)
    assert {one.measure for one in rows} == set(MEASURES)
    by_chance = [one for one in rows if one.promised is not None]
    assert [one.promised for one in by_chance] == [60 / 200] * len(by_chance)
    assert not any(one.misses(runs) for one in by_chance)
    for name in MEASURES:
        slow, fast = (
            next(
                one
                for one in rows
                if one.measure == name and (one.promised is None) == far and one.asked == "raised"
            )
            for far in (False, True)
        )
        assert fast.crossed > slow.crossed


def test_what_is_crossed_too_often_is_a_miss_and_what_should_be_is_none():
    row = LimitRow("wide", "raised", 0.3, 0.2, 0.3, 10.0)
    assert row._replace(crossed=0.31).misses(100)
    assert not row._replace(crossed=0.28).misses(100)
    assert not row._replace(promised=None, crossed=1.0).misses(100)


def test_the_command_says_whether_the_promise_holds():
    done = CliRunner().invoke(command, ["limits", "--runs", "5", "--windows", "100", "--json"])
    document = json.loads(done.stdout)
    assert (done.exit_code, document["passes"]) == (0, True)
    assert len(document["rows"]) == 4 * len(MEASURES)
    told = CliRunner().invoke(command, ["limits", "--runs", "5", "--windows", "100"])
    assert "holds what it promises" in told.stdout
