"""Killed before and after each single effect: the nights after it come to what a night without a kill comes to."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bayesian_verifier.journal import PromotionLine
from bayesian_verifier.retraining import approve, challengers, read_operations, reject, run
from retraining.fuses import KilledError, fused
from retraining.nights import DAY, Scene
from retraining.test_night import answer

# take, started, train, ended, weigh, gate, release, promote, promotion: two places each, before and after
PLACES = range(18)


def killed(scene, left):
    """A run that is killed after so many effects; whether it was."""
    parts = fused(scene, left)
    try:
        run(scene.night(**parts))
    except KilledError:
        return True
    return False


def promotions(scene):
    changes = read_operations(scene.ledger).changes
    return [one.challenger for one in changes if isinstance(one, PromotionLine)]


def test_the_places_are_all_there_are(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()
    assert not killed(scene, len(PLACES))
    assert promotions(scene) == ["m1"]


@pytest.mark.parametrize("left", PLACES)
def test_a_killed_run_is_finished_by_the_nights_after_it(tmp_path, left):
    scene = Scene(tmp_path, ["PROMOTE", "PROMOTE"])
    scene.drift()
    assert killed(scene, left)
    scene.now += 1.01 * DAY
    answer(scene)
    run(scene.night())
    assert scene.store.current() in {"m1", "m2"}
    assert promotions(scene) == [scene.store.current()]
    done = read_operations(scene.ledger)
    assert all(one.ended for one in done.trainings)
    assert len(challengers(done)) == 1
    assert scene.leases.holder() is None


@pytest.mark.parametrize("left", PLACES[15:])
def test_what_a_killed_run_promoted_and_people_took_back_stays_back(tmp_path, left):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()
    assert killed(scene, left)
    assert scene.store.current() == "m1"
    scene.store.promote("m0")
    scene.ledger.append("rollback", {"from": "m1", "to": "m0", "by": "ann"})
    for _ in range(5):
        scene.now += 1.01 * DAY
        answer(scene)
        run(scene.night())
        assert scene.store.current() == "m0"


# asking: as above but for the last four; then: approval_asked
@pytest.mark.parametrize("left", range(16))
def test_a_killed_run_asks_people_once(tmp_path, left):
    scene = Scene(tmp_path, ["PROMOTE", "PROMOTE"], approval=True)
    scene.drift()
    assert killed(scene, left)
    scene.now += 1.01 * DAY
    answer(scene)
    run(scene.night())
    run(scene.night())
    assert [one.state for one in read_operations(scene.ledger).asked] == ["open"]
    assert scene.store.current() == "m0"


@pytest.mark.parametrize("left", range(6))
@pytest.mark.parametrize("say", [approve, reject])
def test_a_killed_answer_is_none_or_is_carried_out_by_the_next_run(tmp_path, say, left):
    scene = Scene(tmp_path, ["PROMOTE"], approval=True)
    scene.drift()
    run(scene.night())
    asked = read_operations(scene.ledger).asked[0].line.id
    parts = fused(scene, left)
    with suppress(KilledError):
        say(parts["ledger"], parts["store"], asked, "ann", now=scene.now)
    state = read_operations(scene.ledger).asked[0].state
    assert state in {"open", "approved" if say is approve else "rejected"}
    run(scene.night())
    assert scene.store.current() == ("m1" if state == "approved" else "m0")
    assert promotions(scene) == (["m1"] if state == "approved" else [])
