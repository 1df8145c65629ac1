"""Is the history of a person what a reader of the whole file would find, without reading it all again?"""

from __future__ import annotations

import os
import random
import statistics
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_samples import BELIEF, forks, holt_laury, judge, lines_of

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import MOST_ANSWERED, Journal, marks_of
from bayesian_verifier.judgment import Case, Judgment
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from pathlib import Path


def answered(lines: list[dict[str, Any]], subject: str) -> list[tuple[Any, ...]]:
    """Id, feedback and reward of a subject's answered judgments, oldest first, by the rule written out."""
    order = ("ts", "writer", "seq")
    made = [line for line in lines if line["kind"] == "judgment" and line["subject"] == subject]
    result = []
    for judgment in sorted(made, key=lambda line: [line[name] for name in order]):
        said = [line for line in lines if line["kind"] == "feedback" and line["judgment"] == judgment["id"]]
        if said and judgment["chosen"] is not None:
            last = max(said, key=lambda line: [line[name] for name in order])
            result.append((judgment["id"], last["feedback"], last["reward"]))
    return result[-MOST_ANSWERED:]


def known(journal: Journal, subject: str) -> list[tuple[Any, ...]]:
    return [(one.id, one.feedback, one.reward) for one in journal.history(subject).judgments]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["judge", "nothing", "answer", "ask", "damage"]),
        st.integers(0, 1),  # by which of two journals
        st.sampled_from(["ada", "ben", None]),
        st.integers(0, 30),  # which judgment is answered
        st.sampled_from([("approve", None), ("reject", -0.5), (None, 1.0)]),
        st.integers(0, 5),  # when, so that times collide and run backwards
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(steps=_STEPS)
def test_the_history_is_that_of_the_whole_file(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two writers, two people, changes of mind, clocks that jump, damage: as a naive reader has it."""
    path: Path = tmp_path_factory.mktemp("histories") / "j.jsonl"
    journals = (Journal(path, fsync="never"), Journal(path, fsync="never"))
    ids: list[str] = []
    damaged = 0
    for what, which, subject, index, (feedback, reward), at in steps:
        journal = journals[which]
        if what == "judge":
            ids.append(judge(journal, subject, at=at))
        elif what == "nothing":
            ids.append(judge(journal, subject, chosen=None, verdict="refuted", at=at))
        elif what == "answer" and ids:
            journal.append_feedback(ids[index % len(ids)], feedback, reward, at=at)
        elif what == "damage" and path.exists():
            with path.open("ab") as file:
                file.write(b"not a line\n")
            damaged += 1
        elif what == "ask":
            journal.history("ada")
    raw = path.read_bytes().split(b"\n") if path.exists() else []
    whole = [line for line in raw if line.endswith(b"}")]
    (path.parent / "whole").write_bytes(b"".join(line + b"\n" for line in whole))
    lines = lines_of(path.parent / "whole")
    for journal in (*journals, Journal(path)):
        for subject in ("ada", "ben"):
            assert known(journal, subject) == answered(lines, subject)
            history = journal.history(subject)
            assert history.marks == marks_of(history.judgments)


def test_only_the_newest_512_answered_judgments_are_kept(tmp_path: Path) -> None:
    """Oldest first; unanswered ones take no place; a very late answer to an old one still counts."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, fsync="never")
    assert journal.history("ada").judgments == ()
    first = judge(journal)
    for count in range(2 * MOST_ANSWERED + 40):
        judge(journal)
        journal.append_feedback(judge(journal), "approve")
        history = journal.history("ada")
        assert len(history.marks) == (len(history.judgments) if count < MOST_ANSWERED else 0)
    journal.append_feedback(first, "reject")
    assert journal.history("ada").marks == Journal(path).history("ada").marks == ()
    expected = answered(lines_of(path), "ada")
    assert len(expected) == MOST_ANSWERED
    assert known(journal, "ada") == known(Journal(path), "ada") == expected
    recent = judge(journal)
    for _ in range(MOST_ANSWERED + 40):
        judge(journal)
    journal.append_feedback(recent, "reject")
    assert known(journal, "ada")[-1] == (recent, "reject", None)


def test_a_judgment_in_a_history_is_the_one_that_was_made(tmp_path: Path) -> None:
    """Case, choice, verdict, answer and where it came from, ready to be sent as evidence."""
    journal = Journal(tmp_path / "j.jsonl", clock=lambda: 10**18)
    case = holt_laury(7).model_copy(update={"wealth": 3.0, "stake": 2.0, "budget": 5.0})
    made = judge(journal, case=case, chosen=1, verdict="unknown")
    journal.append_feedback(made, "approve", reward=-0.25)
    (one,) = journal.history("ada").judgments
    assert one.model_dump() == {
        **case.model_dump(),
        "chosen": 1,
        "verdict": "unknown",
        "feedback": "approve",
        "reward": -0.25,
        "id": made,
        "subject": "ada",
        "ts": "2001-09-09T01:46:40.000000Z",
    }


def test_an_interval_of_wealth_counts_as_its_middle(tmp_path: Path) -> None:
    """Evidence needs one wealth."""
    journal = Journal(tmp_path / "j.jsonl")
    case = Case.model_validate(holt_laury(5).model_dump() | {"wealth": (10.0, 30.0)})
    journal.append_feedback(judge(journal, case=case), "approve")
    assert [one.wealth for one in journal.history("ada").judgments] == [20.0]


def test_a_case_that_is_no_evidence_is_left_out(tmp_path: Path) -> None:
    """A raw case may have probabilities that do not sum to 1; a judgment may not, so it is never sent."""
    journal = Journal(tmp_path / "j.jsonl")
    raw = holt_laury(5).model_dump()
    raw["options"][0]["outcomes"][0]["probability"] = 0.9
    journal.append_feedback(judge(journal, case=Case.model_validate(raw)), "approve")
    good = judge(journal)
    journal.append_feedback(good, "approve")
    assert [one.id for one in journal.history("ada").judgments] == [good]


def test_feedback_may_stand_before_its_judgment(tmp_path: Path) -> None:
    """As it can in a file put together from two."""
    apart, path = tmp_path / "apart.jsonl", tmp_path / "j.jsonl"
    journal = Journal(apart)
    made = judge(journal)
    journal.append_feedback(made, "approve")
    judgment, feedback = apart.read_bytes().splitlines(keepends=True)
    path.write_bytes(feedback)
    merged = Journal(path)
    assert merged.history("ada").judgments == ()
    with path.open("ab") as file:
        file.write(judgment)
    assert known(merged, "ada") == known(Journal(path), "ada") == [(made, "approve", None)]


def test_the_last_trusted_posterior_is_the_newest_of_the_verifier(tmp_path: Path) -> None:
    """By time, whatever the order in the file; the controller's beliefs are not the verifier's."""
    journal = Journal(tmp_path / "j.jsonl")
    second = 10**9
    judge(journal, source="verifier", reason=None, posterior=Belief(0.1, 0.3), at=5 * second)
    judge(journal, source="verifier", reason=None, posterior=BELIEF, at=9 * second)
    judge(journal, source="verifier", reason=None, posterior=Belief(0.2, 0.3), at=7 * second)
    judge(journal, source="controller", posterior=Belief(0.3, 0.3), at=11 * second)
    judge(journal, "ben", source="verifier", reason=None, posterior=Belief(0.4, 0.3), at=12 * second)
    for reader in (journal, Journal(tmp_path / "j.jsonl")):
        trusted = reader.history("ada").trusted
        assert trusted is not None
        assert (trusted.belief, trusted.at) == (BELIEF, 9.0)


def test_a_replaced_file_is_read_anew(tmp_path: Path) -> None:
    """What stood only in the old one is forgotten, also when the file is cut or removed."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    first = judge(journal)
    journal.append_feedback(first, "approve")
    data = path.read_bytes()
    second = judge(journal)
    journal.append_feedback(second, "reject")
    assert len(journal.history("ada").judgments) == 2
    path.write_bytes(data)
    assert [one.id for one in journal.history("ada").judgments] == [first]
    path.unlink()
    assert journal.history("ada").judgments == ()
    assert not journal.knows(first)


def test_a_line_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """Half of it is nothing; with its other half it is there."""
    path = tmp_path / "j.jsonl"
    writer = Journal(path)
    made = judge(writer)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    reader = Journal(path)
    assert not reader.knows(made)
    with path.open("ab") as file:
        file.write(data[len(data) // 2 :])
    assert reader.knows(made)


def test_reading_ends_though_writing_goes_on(tmp_path: Path) -> None:
    """What is appended after a look is left to the next one, or a busy journal would never be read to its end."""
    journal = Journal(tmp_path / "j.jsonl")
    for _ in range(3):
        judge(journal)
    seen = 0
    for _ in journal.read():
        judge(journal)
        seen += 1
        assert seen < 10
    assert seen == 3
    assert len(list(journal.read())) == 6


def test_feedback_on_an_unknown_judgment_is_refused(tmp_path: Path) -> None:
    """The caller hears of it, and nothing is written."""
    journal = Journal(tmp_path / "j.jsonl")
    with pytest.raises(CallerError, match="no judgment 'nobody'"):
        journal.append_feedback("nobody", "approve")
    other_event = journal.append("trace", {"x": 1})
    with pytest.raises(CallerError):
        journal.append_feedback(other_event, "approve")
    assert len(lines_of(tmp_path / "j.jsonl")) == 1


@pytest.mark.parametrize(
    ("feedback", "reward"),
    [(None, None), ("yes", None), ("approve", 3.001), ("approve", -40.0), (None, float("nan")), (None, True)],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, feedback: object, reward: object) -> None:
    """Nothing at all, other words, money, NaN, a truth value."""
    journal = Journal(tmp_path / "j.jsonl")
    made = judge(journal)
    with pytest.raises(CallerError):
        journal.append_feedback(made, feedback, reward)  # type: ignore[arg-type]
    assert len(lines_of(tmp_path / "j.jsonl")) == 1


@pytest.mark.parametrize("subject", [7, ["ada"], b"ada"])
def test_a_subject_is_text(tmp_path: Path, subject: object) -> None:
    """Anything else is refused before a line is written."""
    with pytest.raises(CallerError):
        judge(Journal(tmp_path / "j.jsonl"), subject)
    assert not (tmp_path / "j.jsonl").exists()


def test_a_journal_that_cannot_be_read_is_the_operators_to_mend(tmp_path: Path) -> None:
    """A directory in its place."""
    journal = Journal(tmp_path)
    with pytest.raises(JournalError):
        journal.history("ada")


def test_a_known_history_costs_no_reading(tmp_path: Path) -> None:
    """Asked again, it answers from memory: the very same judgments, and no time that grows with the file."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, fsync="never")
    rng = random.Random(1)
    for _ in range(2000):
        made = judge(journal, rng.choice(["ada", "ben", "cay"]))
        journal.append_feedback(made, "approve")
    reader = Journal(path)
    start = time.perf_counter()
    first = reader.history("ada").judgments
    cold = time.perf_counter() - start
    warm = []
    for _ in range(100):
        start = time.perf_counter()
        assert reader.history("ada").judgments is first
        warm.append(time.perf_counter() - start)
    assert statistics.median(warm) < cold / 20


@forks
def test_a_forked_child_asks_for_itself(tmp_path: Path) -> None:
    """The child's reading does not move the parent's place in the file."""
    journal = Journal(tmp_path / "j.jsonl")
    journal.append_feedback(judge(journal), "approve")
    assert len(journal.history("ada").judgments) == 1
    child = os.fork()
    if child == 0:
        code = 1
        try:
            journal.append_feedback(judge(journal), "approve")
            code = 0 if len(journal.history("ada").judgments) == 2 else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert len(journal.history("ada").judgments) == 2


def test_marks_are_of_the_judgments_as_they_stand(tmp_path: Path) -> None:
    """A new answer adds one; one to an older judgment, or another answer, changes those from there on."""
    journal = Journal(tmp_path / "j.jsonl", fsync="never", clock=iter(range(10**18, 10**19, 10**9)).__next__)
    made = [judge(journal, case=holt_laury(row)) for row in range(1, 7)]
    assert journal.history("ada").marks == ()
    for one in (0, 1, 3):
        journal.append_feedback(made[one], "approve")
    first = journal.history("ada").marks
    assert len(first) == len(set(first)) == 3
    journal.append_feedback(made[5], "approve")
    second = journal.history("ada").marks
    assert second[:3] == first
    journal.append_feedback(made[2], "approve")
    third = journal.history("ada").marks
    assert third[:2] == first[:2]
    assert not set(third[2:]) & set(second)
    journal.append_feedback(made[0], "reject")
    changed = journal.history("ada").marks
    assert not set(changed) & set(third)
    journal.append_feedback(made[0], "approve")
    assert journal.history("ada").marks == third


def test_what_is_not_evidence_changes_no_mark() -> None:
    """Who, when and which id do not; wealth, options, choice, answer, reward and verdict do."""
    one = Judgment(wealth=1.0, options=holt_laury(5).options, chosen=0, feedback="approve")
    (mark,) = marks_of([one])
    for same in ({"id": "x"}, {"subject": "ben"}, {"ts": "now"}, {"stake": 1.0}, {"budget": 2.0}):
        assert marks_of([one.model_copy(update=same)]) == (mark,)
    for other in (
        {"wealth": 1.0000000000000002},
        {"options": holt_laury(6).options},
        {"chosen": 1},
        {"feedback": "reject"},
        {"feedback": None},
        {"reward": 0.0},
        {"verdict": "proved"},
    ):
        assert marks_of([one.model_copy(update=other)]) != (mark,)
    assert marks_of([one, one])[0] == mark != marks_of([one, one])[1]
