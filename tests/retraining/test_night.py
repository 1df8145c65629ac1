"""One run after the other: what each does, and that a crash anywhere costs no step."""

from __future__ import annotations

import pytest

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.journal import FeedbackLine, timestamp
from bayesian_verifier.retraining import (
    Asker,
    LeaseBusyError,
    LeaseEndedError,
    Load,
    Trained,
    challengers,
    read_operations,
    run,
)
from retraining.nights import DAY, Scene

WHOLE = ["training_started", "training_ended", "gate", "promotion"]


def answer(scene):
    """Somebody answers, now."""
    ts = timestamp(int(scene.now * 1e9))
    line = {
        "v": 1,
        "seq": 1,
        "id": f"a{scene.now}",
        "ts": ts,
        "writer": "w",
        "kind": "feedback",
        "crc": "0" * 8,
    }
    scene.events.append(
        FeedbackLine.model_validate(line | {"judgment": "j", "feedback": "approve", "reward": None})
    )


def test_without_drift_nothing_is_done_and_nothing_is_written(tmp_path):
    scene = Scene(tmp_path)
    scene.drift(alarmed=1)
    before = scene.kinds()
    assert run(scene.night()).code == "nothing"
    assert scene.kinds() == before
    assert not scene.hands.orders
    assert not scene.leases.path.exists()


def test_drift_goes_all_the_way_to_a_promotion(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()
    assert run(scene.night()).code == "promoted"
    assert scene.kinds()[4:] == WHOLE
    assert scene.store.current() == "m1"
    assert scene.leases.holder() is None
    started, ended, gate, promotion = (one.event for one in list(scene.ledger.read())[4:])
    run_id = started.model_extra["run"]
    assert {one.model_extra["run"] for one in (ended, gate, promotion)} == {run_id}
    assert started.model_extra["reason"] == "drift"
    assert ended.model_extra["prior"] == {"mean": 0.8, "sd": 0.9}
    assert gate.model_extra["number"] == 1
    assert promotion.model_extra["by"] == "gate"
    scene.now += 20 * DAY
    assert run(scene.night()).code == "nothing"


def test_a_challenger_on_hold_is_compared_again_only_when_people_have_answered_and_not_trained_again(
    tmp_path,
):
    scene = Scene(tmp_path, ["HOLD", "HOLD", "PROMOTE"])
    scene.drift()
    assert run(scene.night()).code == "hold"
    scene.now += DAY
    assert run(scene.night()).code == "cooling_down"
    for expected in ("hold", "promoted"):
        scene.now += 60.0
        answer(scene)
        scene.now += DAY
        assert run(scene.night()).code == expected
    assert len(scene.hands.orders) == 1
    assert [pair.number for pair in scene.hands.pairs] == [1, 1, 1]
    assert {pair.trained for pair in scene.hands.pairs} == {
        one.ended.ts for one in read_operations(scene.ledger).trainings
    }


def test_a_rejected_challenger_is_never_compared_again_and_the_next_is_number_two(tmp_path):
    scene = Scene(tmp_path, ["REJECT", "HOLD"])
    scene.drift()
    assert run(scene.night()).code == "rejected"
    scene.now += DAY
    answer(scene)
    assert run(scene.night()).code == "cooling_down"
    assert run(scene.night(forced=True)).code == "hold"
    assert scene.hands.pairs[-1].number == 2
    assert scene.store.current() == "m0"


@pytest.mark.parametrize(("load", "code"), [(Load(9.0, None), "busy"), (Load(0.0, 99.0), "busy")])
def test_a_closed_slot_leaves_everything_for_later(tmp_path, load, code):
    scene = Scene(tmp_path)
    scene.drift()
    assert run(scene.night(load=lambda: load)).code == code
    assert "training_started" not in scene.kinds()
    assert run(scene.night(load=lambda: load, any_time=True)).code == "hold"


def test_while_somebody_has_the_machine_nothing_begins(tmp_path):
    scene = Scene(tmp_path)
    scene.drift()
    scene.leases.take(Asker("r3mem"))
    with pytest.raises(LeaseBusyError, match="r3mem"):
        run(scene.night())
    assert "training_started" not in scene.kinds()


def test_a_training_that_had_to_yield_is_stopped_and_tried_again_the_next_day(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()

    class Yields:
        def train(self, _order, _machine):
            raise LeaseEndedError("r3mem is more urgent")

    with pytest.raises(LeaseEndedError):
        run(scene.night(hands=Yields()))
    assert read_operations(scene.ledger).trainings[0].ended.outcome == "stopped"
    assert run(scene.night()).code == "daily_cap"
    scene.now += 1.01 * DAY
    assert run(scene.night()).code == "promoted"


def test_a_failed_training_says_why_and_leaves_the_champion(tmp_path):
    scene = Scene(tmp_path)
    scene.drift()

    class Fails:
        def train(self, _order, _machine):
            raise OperatorError("no room on the disk")

    with pytest.raises(OperatorError):
        run(scene.night(hands=Fails()))
    ended = read_operations(scene.ledger).trainings[0].ended
    assert (ended.outcome, ended.error) == ("failed", "no room on the disk")
    assert scene.store.current() == "m0"


def test_a_training_without_news_is_unchanged_and_nothing_is_compared(tmp_path):
    scene = Scene(tmp_path)
    scene.drift()

    class Same:
        def train(self, _order, _machine):
            return Trained(None)

    assert run(scene.night(hands=Same())).code == "unchanged"
    assert scene.kinds()[4:] == WHOLE[:2]


def test_a_run_whose_process_died_is_ended_as_failed_by_the_next_once_its_lease_is_gone(tmp_path):
    scene = Scene(tmp_path)
    lease = scene.leases.take(Asker("retraining", seconds=1e6))
    start = {"run": lease.id, "reason": "forced", "said": "x", "champion": "m0", "seed": 1, "by": "me"}
    scene.ledger.append("training_started", start)
    assert run(scene.night()).code == "running"
    assert scene.kinds() == ["training_started"]
    scene.now += 31.0  # its heart has stopped
    assert run(scene.night()).code == "daily_cap"
    ended = read_operations(scene.ledger).trainings[0].ended
    assert (ended.run, ended.outcome) == (lease.id, "failed")


def test_a_run_that_was_taken_for_dead_promotes_nothing(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()

    class Slow:
        def train(self, _order, _machine):
            scene.now += 120.0
            run(scene.night())  # meanwhile another run finds the lease without a heart
            scene.store.publish("late", scene.now)
            return Trained("late")

    with pytest.raises(LeaseEndedError, match="taken for dead"):
        run(scene.night(hands=Slow()))
    assert challengers(read_operations(scene.ledger)) == ()
    assert scene.store.current() == "m0"


def test_after_a_rollback_the_challenger_is_not_promoted_again(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()
    run(scene.night())
    scene.store.promote("m0")
    scene.ledger.append("rollback", {"from": "m1", "to": "m0", "by": "ann"})
    scene.now += 20 * DAY
    answer(scene)
    assert run(scene.night()).code == "nothing"
    assert scene.store.current() == "m0"


def test_two_drifts_are_two_trainings_and_one_is_one(tmp_path):
    scene = Scene(tmp_path, ["HOLD", "HOLD"])
    scene.drift()
    assert run(scene.night()).code == "hold"
    scene.now += 5 * DAY
    assert run(scene.night()).code == "not_armed"
    scene.now += 15 * DAY  # the alarms are older than 14 days: armed again
    for person in range(4):
        scene.alarm(f"w{person}-5-{scene.now - 20 * DAY:.0f}")
    assert run(scene.night()).code == "hold"
    assert len(scene.hands.orders) == 2
