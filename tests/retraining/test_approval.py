"""People in the loop: who said what when, once, and what silence means."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import seconds_since_epoch
from bayesian_verifier.retraining import (
    AlreadyDecidedError,
    approve,
    challengers,
    read_operations,
    reject,
    run,
    settle,
)
from retraining.fuses import KilledError, fused
from retraining.nights import DAY, Scene

APPROVER = """
import json, sys, time
from pathlib import Path
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal
from bayesian_verifier.retraining import approve, reject
from retraining.nights import Versions
home, say, request, by = Path(sys.argv[1]), {"yes": approve, "no": reject}[sys.argv[2]], *sys.argv[3:5]
class Slow(Journal):
    # leaves others time between what it has read and what it writes

    def append(self, *arguments, **named):
        time.sleep(0.3)
        return super().append(*arguments, **named)
print("ready", flush=True)
sys.stdin.readline()
with Slow(home / "ledger.jsonl") as ledger:
    try:
        say(ledger, Versions(home / "store"), request, by, now=float(sys.argv[5]))
        print(json.dumps(by))
    except CallerError as exc:
        print(json.dumps(None))
"""


@pytest.fixture
def asked(tmp_path):
    """A scene whose challenger waits for an answer for 7 days, and the id of the request."""
    scene = Scene(tmp_path, ["PROMOTE"], approval=True)
    scene.drift()
    assert run(scene.night()).code == "asked"
    return scene, read_operations(scene.ledger).asked[0].line.id


def last(scene):
    return list(scene.ledger.read())[-1].event


def test_nobody_is_promoted_before_people_say_so(asked):
    scene, request = asked
    line = read_operations(scene.ledger).asked[0].line
    assert (line.challenger, line.champion, line.default) == ("m1", "m0", "reject")
    assert seconds_since_epoch(line.expires) == pytest.approx(scene.now + 7 * DAY)
    scene.now += 6.9 * DAY
    assert run(scene.night(forced=True)).code == "waiting"
    assert scene.store.current() == "m0"
    assert len(scene.hands.orders) == 1
    assert request in run(scene.night()).said


def test_a_yes_is_promoted_at_once_and_says_who_and_why(asked):
    scene, request = asked
    assert approve(scene.ledger, scene.store, request, "ann", "looked at it", now=scene.now) == "m1"
    assert scene.store.current() == "m1"
    decided = read_operations(scene.ledger).asked[0].decided
    assert (decided.kind, decided.request, decided.by, decided.why) == (
        "approved",
        request,
        "ann",
        "looked at it",
    )
    assert (last(scene).kind, last(scene).model_extra["by"]) == ("promotion", "ann")


def test_a_no_is_for_good(asked):
    scene, request = asked
    assert reject(scene.ledger, scene.store, request, "bob", now=scene.now) == "m1"
    scene.now += DAY
    assert run(scene.night()).code == "cooling_down"
    assert challengers(read_operations(scene.ledger))[0].standing == "refused"
    assert scene.store.current() == "m0"


@pytest.mark.parametrize("first", [approve, reject])
@pytest.mark.parametrize("second", [approve, reject])
def test_a_second_answer_is_refused_and_names_the_first(asked, first, second):
    scene, request = asked
    first(scene.ledger, scene.store, request, "ann", now=scene.now)
    before = scene.kinds()
    with pytest.raises(AlreadyDecidedError, match=r"by ann at 20\d\d-"):
        second(scene.ledger, scene.store, request, "bob", now=scene.now)
    assert scene.kinds() == before


@pytest.mark.parametrize("name", ["zzz", ""])
def test_a_request_that_is_not_there_is_refused_and_those_that_are_are_named(asked, name):
    scene, request = asked
    with pytest.raises(CallerError, match=f"waiting: {request}"):
        approve(scene.ledger, scene.store, name, "ann", now=scene.now)
    with pytest.raises(CallerError, match="named"):
        approve(scene.ledger, scene.store, request, "  ", now=scene.now)


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(asked):
    scene, request = asked
    assert approve(scene.ledger, scene.store, request[:3], "ann", now=scene.now) == "m1"


def test_silence_is_a_no_unless_it_was_said_to_be_a_yes(tmp_path):
    for default, current in (("reject", "m0"), ("approve", "m1")):
        scene = Scene(tmp_path / default, ["PROMOTE"], approval=True, default=default)
        scene.drift()
        run(scene.night())
        scene.now += 7 * DAY - 1
        run(scene.night())
        assert read_operations(scene.ledger).asked[0].state == "open"
        scene.now += 2
        run(scene.night())
        assert read_operations(scene.ledger).asked[0].state == "expired"
        assert scene.store.current() == current
        assert (last(scene).kind == "promotion") == (default == "approve")


@pytest.mark.parametrize("say", [approve, reject])
def test_an_answer_after_the_expiry_comes_too_late(asked, say):
    scene, request = asked
    scene.now += 7 * DAY + 1
    with pytest.raises(AlreadyDecidedError, match="expired at"):
        say(scene.ledger, scene.store, request, "ann", now=scene.now)
    assert scene.store.current() == "m0"


def test_a_request_whose_champion_was_replaced_is_withdrawn(asked):
    scene, request = asked
    scene.store.publish("other", scene.now)
    scene.store.promote("other")
    with pytest.raises(
        AlreadyDecidedError, match=r"rejected by bayesian-verifier at .*: m0 does not answer any more"
    ):
        approve(scene.ledger, scene.store, request, "ann", now=scene.now)
    assert scene.store.current() == "other"


def test_what_is_not_in_the_store_any_more_cannot_be_approved_but_rejected(asked):
    scene, request = asked
    (scene.home / "store" / "m1").rmdir()
    with pytest.raises(CallerError, match="not in the store"):
        approve(scene.ledger, scene.store, request, "ann", now=scene.now)
    assert reject(scene.ledger, scene.store, request, "ann", now=scene.now) == "m1"


def test_settling_without_settings_leaves_alone_whom_nobody_was_asked_about(tmp_path):
    scene = Scene(tmp_path, ["PROMOTE"])
    scene.drift()
    with pytest.raises(KilledError):
        run(scene.night(**fused(scene, 13)))  # its verdict is written, and nothing after it
    assert scene.kinds()[-1] == "gate"
    assert settle(scene.ledger, scene.store, promotion=None, now=scene.now) == ()
    assert scene.store.current() == "m0"
    done = settle(scene.ledger, scene.store, promotion=scene.settings.promotion, now=scene.now)
    assert [one.do for one in done] == ["promote"]


@pytest.fixture
def allowing(tmp_path):
    """A scene with drift in which people are to allow a training, and the id of the request."""
    scene = Scene(tmp_path, ["HOLD"])
    trigger = scene.settings.trigger.model_copy(update={"approval": True})
    scene.settings = scene.settings.model_copy(update={"trigger": trigger})
    scene.drift()
    assert run(scene.night()).code == "asked"
    (asked,) = read_operations(scene.ledger).asked
    assert (asked.line.what, asked.line.challenger, asked.line.champion) == ("training", None, "m0")
    return scene, asked.line.id


def test_a_training_waits_for_people_who_are_asked_once(allowing):
    scene, _ = allowing
    assert run(scene.night()).code == "waiting"
    assert len(read_operations(scene.ledger).asked) == 1
    assert not scene.hands.orders


def test_an_allowed_training_is_done_by_the_next_run_once(allowing):
    scene, request = allowing
    assert approve(scene.ledger, scene.store, request, "ann", now=scene.now) is None
    assert scene.store.current() == "m0"
    assert run(scene.night()).code == "hold"
    scene.now += 20 * DAY
    for person in range(4):
        scene.alarm(f"w{person}-6-{scene.now - 20 * DAY:.0f}")
    assert run(scene.night()).code == "asked"
    assert len(scene.hands.orders) == 1


@pytest.mark.parametrize("by_silence", [True, False])
def test_a_training_that_was_refused_is_asked_for_again_when_the_cool_down_is_over(allowing, by_silence):
    scene, request = allowing
    if by_silence:
        scene.now += 7 * DAY + 1
    else:
        assert reject(scene.ledger, scene.store, request, "ann", now=scene.now) is None
    assert run(scene.night()).code == "refused"
    scene.now += 3 * DAY + 1
    assert run(scene.night()).code == "asked"
    assert len(read_operations(scene.ledger).asked) == 2
    assert not scene.hands.orders


def test_what_is_forced_asks_nobody(allowing):
    scene, _ = allowing
    assert run(scene.night(forced=True)).code == "hold"


def test_a_request_to_train_against_a_champion_that_was_replaced_is_withdrawn(allowing):
    scene, _ = allowing
    scene.store.publish("other", scene.now)
    scene.store.promote("other")
    run(scene.night())
    assert read_operations(scene.ledger).asked[0].state == "rejected"


def test_of_four_people_who_answer_at_once_one_is_heard(asked):
    """Real processes, let go together; the ledger has one decision, and it is the winner's."""
    scene, request = asked
    people = [
        subprocess.Popen(
            [sys.executable, "-c", APPROVER, str(scene.home), say, request, f"p{n}", str(scene.now)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": ":".join(sys.path)},
            text=True,
        )
        for n, say in enumerate(["yes", "no"] * 2)
    ]
    assert [one.stdout.readline() for one in people] == ["ready\n"] * 4
    for one in people:
        one.stdin.write("go\n")
        one.stdin.flush()
    heard = [json.loads(one.communicate(timeout=120)[0]) for one in people]
    winners = [one for one in heard if one]
    assert len(winners) == 1
    done = read_operations(scene.ledger)
    assert done.asked[0].decided.by == winners[0]
    assert sum(kind in {"approved", "rejected"} for kind in scene.kinds()) == 1
    assert scene.store.current() == ("m1" if done.asked[0].state == "approved" else "m0")
