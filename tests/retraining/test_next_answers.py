"""Which answers came after a moment, and what was known before each: nothing that came later, ever."""

from __future__ import annotations

import pytest

from bayesian_verifier.retraining import next_answers
from retraining.events import Told, case


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "judgments.jsonl")


def test_each_answer_is_foreseen_from_those_of_the_same_person_before_it(told):
    first = told.answered("ada", "approve")
    told.answered("bob", "reject")
    moment = told.stamp
    second = told.answered("ada", "reject")
    third = told.answered("ada", "approve")
    found = list(next_answers(told.events, after=moment))
    assert [one.judgment.id for one in found] == [second, third]
    assert [[known.id for known in one.known] for one in found] == [[first], [first, second]]
    assert found[0].judgment.feedback == "reject"


def test_answers_are_taken_in_the_order_they_were_given_not_asked_for(told):
    one, other = told.judged("ada"), told.judged("ada")
    told.journal.append_feedback(other, "approve")
    told.journal.append_feedback(one, "reject")
    found = list(next_answers(told.events, after=""))
    assert [answer.judgment.id for answer in found] == [other, one]
    assert found[0].known == ()


def test_the_file_s_order_does_not_matter(told):
    """A merged journal may hold an answer before its judgment."""
    for _ in range(4):
        told.answered("ada")
        told.answered("bob", "reject")
    events = told.events
    assert list(next_answers(reversed(events), after="")) == list(next_answers(events, after=""))


def test_a_changed_answer_is_not_foreseen_but_is_known_afterwards(told):
    made = told.answered("ada", "approve")
    moment = told.stamp
    told.journal.append_feedback(made, "reject")
    last = told.answered("ada", "approve")
    found = list(next_answers(told.events, after=moment))
    assert [one.judgment.id for one in found] == [last]
    assert [known.feedback for known in found[0].known] == ["reject"]


def test_what_two_beliefs_could_not_tell_apart_is_left_out(told):
    told.answered("ada", None)  # a reward alone
    told.answered("ada", verdict="refuted")
    told.answered("ada", of=case(0, sure=0))
    told.answered(None)  # nobody's
    assert list(next_answers(told.events, after="")) == []


def test_after_a_new_beginning_only_later_answers_are_known(told):
    told.answered("ada")
    moment = told.stamp
    told.now += 1_000_000_000
    begun = told.epoch("ada", told.stamp)
    second = told.answered("ada")
    third = told.answered("ada")
    told.undo(begun)
    told.answered("ada")
    found = list(next_answers(told.events, after=moment))
    assert [len(one.known) for one in found] == [0, 1, 3]
    assert found[1].known[0].id == second
    assert found[2].known[2].id == third


def test_no_more_than_the_newest_512_are_known(told):
    for _ in range(514):
        told.answered("ada")
    *_, last = next_answers(told.events, after="")
    assert len(last.known) == 512
