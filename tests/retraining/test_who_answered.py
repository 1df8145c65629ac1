"""Which model answered at time t: one query."""

from __future__ import annotations

from bayesian_verifier.journal import timestamp
from bayesian_verifier.retraining import answered_at, current_at, read_operations
from retraining.nights import DAY, Scene
from retraining.test_kpis import judgment


def at(scene, days):
    return timestamp(int((scene.now + days * DAY) * 1e9))


def test_each_moment_has_its_version_and_who_made_it_so(tmp_path):
    scene = Scene(tmp_path)
    begin = scene.now
    scene.now = begin + DAY
    scene.ledger.append("promotion", {"run": "r", "challenger": "m1", "champion": "m0", "by": "gate"})
    scene.now = begin + 2 * DAY
    scene.ledger.append("rollback", {"from": "m1", "to": "m0", "by": "ann"})
    scene.now = begin
    changes = read_operations(scene.ledger).changes
    told = [current_at(changes, at(scene, days), now="m0") for days in (0.5, 1.0, 1.5, 2.5)]
    assert [one.version for one in told] == ["m0", "m1", "m1", "m0"]
    assert [one.by for one in told] == [None, "gate", "gate", "ann"]
    assert told[2].since == at(scene, 1)


def test_without_any_change_it_is_what_is_current_now(tmp_path):
    assert current_at((), at(Scene(tmp_path), 0), now="m0").version == "m0"
    assert current_at((), at(Scene(tmp_path / "2"), 0), now=None) is None


def test_who_answered_is_the_newest_answer_by_a_model_up_to_then():
    events = [judgment(0), judgment(20, model="m1"), judgment(10), judgment(30, reason="timeout", model=None)]
    assert answered_at(events, judgment(15).ts).version == "m0"
    assert answered_at(events, judgment(40).ts) == ("m1", judgment(20).ts, "j20")
    assert answered_at(events, judgment(-1).ts) is None
