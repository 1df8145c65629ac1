"""Any order of nights, crashes, answers of people, expiries and rollbacks: nothing is lost, nothing happens twice."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import PromotionLine
from bayesian_verifier.retraining import (
    LeaseBusyError,
    approve,
    challengers,
    due,
    read_operations,
    reject,
    run,
)
from retraining.fuses import KilledError, fused
from retraining.nights import DAY, START, Scene
from retraining.test_night import answer


class Nights(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.scene = Scene(Path(self.place.name) / "home", approval=False, expires_days=3.0)
        self.rolled_back: set[str] = set()

    def teardown(self) -> None:
        self.scene.ledger.close()
        self.place.cleanup()

    @initialize(asked=st.booleans(), default=st.sampled_from(["approve", "reject"]))
    def it_begins_with_drift(self, asked, default):
        self.people_are_asked_from_now_on(asked, default)
        self.scene.drift(people=40, alarmed=4, windows=6)

    @rule(
        verdict=st.sampled_from(["PROMOTE", "PROMOTE", "HOLD", "REJECT"]),
        killed_after=st.one_of(st.none(), st.integers(0, 16)),
        forced=st.booleans(),
    )
    def a_run(self, verdict, killed_after, forced):
        self.scene.hands.verdicts = [verdict]
        parts = fused(self.scene, killed_after)
        try:
            run(self.scene.night(**parts, forced=forced))
        except (KilledError, LeaseBusyError):
            return
        done = read_operations(self.scene.ledger)
        # nothing that could be done is left
        approval = self.scene.settings.promotion.approval
        assert due(done, self.scene.store.current(), self.scene.now, approval=approval) is None

    @rule(asked=st.booleans(), default=st.sampled_from(["approve", "reject"]))
    def people_are_asked_from_now_on(self, asked, default):
        told = self.scene.settings.promotion.model_copy(update={"approval": asked, "default": default})
        self.scene.settings = self.scene.settings.model_copy(update={"promotion": told})

    @rule(seconds=st.sampled_from([1.0, 40.0, DAY + 1, 4 * DAY, 16 * DAY]))
    def time_passes(self, seconds):
        self.scene.now += seconds

    @rule()
    def people_change(self):
        for person in range(4):
            self.scene.alarm(f"w{person}-6-{START:.0f}")

    @rule()
    def somebody_answers(self):
        self.scene.now += 1.0
        answer(self.scene)

    @precondition(lambda self: read_operations(self.scene.ledger).asked)
    @rule(say=st.sampled_from([approve, reject]), killed_after=st.one_of(st.none(), st.integers(0, 6)))
    def somebody_decides(self, say, killed_after):
        asked = read_operations(self.scene.ledger).asked[-1]
        late = asked.state != "open" or asked.expires <= self.scene.now
        parts = fused(self.scene, killed_after)
        try:
            say(parts["ledger"], parts["store"], asked.line.id, "ann", "because", now=self.scene.now)
        except (KilledError, CallerError):
            return
        assert not late

    @precondition(lambda self: self.scene.store.current() != "m0")
    @rule()
    def somebody_rolls_back(self):
        scene = self.scene
        before = scene.store.current()
        scene.store.promote("m0")
        scene.ledger.append("rollback", {"from": before, "to": "m0", "by": "ann"})
        self.rolled_back.add(before)

    @invariant()
    def what_was_rolled_back_stays_back(self):
        assert self.scene.store.current() not in self.rolled_back

    @invariant()
    def whoever_answers_was_found_better_and_let(self):
        version = self.scene.store.current()
        if version == "m0":
            return
        done = read_operations(self.scene.ledger)
        of = next(one for one in challengers(done) if one.version == version)
        assert of.gate.verdict == "PROMOTE"
        assert of.asked is None or of.asked.is_granted
        assert of.champion in {"m0", *(one.version for one in challengers(done))}

    @invariant()
    def nothing_happens_twice(self):
        done = read_operations(self.scene.ledger)
        promoted = Counter(one.challenger for one in done.changes if isinstance(one, PromotionLine))
        assert all(count == 1 for count in promoted.values())
        decided = Counter(
            one.event.model_extra["request"]
            for one in (self.scene.ledger.read() if self.scene.ledger.path.exists() else ())
            if one.event.kind in {"approved", "rejected", "expired"}
        )
        assert all(count == 1 for count in decided.values())
        ends = Counter(
            one.event.model_extra["run"]
            for one in (self.scene.ledger.read() if self.scene.ledger.path.exists() else ())
            if one.event.kind == "training_ended"
        )
        assert all(count == 1 for count in ends.values())

    @invariant()
    def every_challenger_has_a_number_of_its_own(self):
        gates = read_operations(self.scene.ledger).gates
        pairs = {(one.challenger, one.number) for one in gates}
        assert len(pairs) == len({challenger for challenger, _ in pairs}) == len({n for _, n in pairs})

    @invariant()
    def at_most_one_training_is_at_work(self):
        assert sum(one.ended is None for one in read_operations(self.scene.ledger).trainings) <= 1


TestNights = Nights.TestCase
TestNights.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
