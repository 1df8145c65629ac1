"""What changes in the Judgment Layer where a policy ranks the options, and what stays? Blocking and awaited."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, answering, unused_port
from layers import CASE, Make, judgments_in, policies_in

from bayesian_verifier.errors import CallerError, InvalidEvidenceError
from bayesian_verifier.journal import forget
from bayesian_verifier.policy import ABTest, Policy, PolicyChooser, Scored, Surroundings, state_of
from bayesian_verifier.posterior import Belief
from policy.policy_files import written

if TYPE_CHECKING:
    from bayesian_verifier import Journal

RUIN = {"outcomes": [{"payoff": -5.0, "probability": 0.5}, {"payoff": 9.0, "probability": 0.5}]}
AROUND: dict[str, Any] = {
    "options": [{"latency": 0.9, "energy": 0.2}, {"latency": 0.1, "energy": 0.8}],
    "stake": 3.0,
    "questions": [CASE] * 3,
}


@pytest.fixture(scope="module")
def chooser(tmp_path_factory: pytest.TempPathFactory) -> PolicyChooser:
    return PolicyChooser(Policy.read(written(tmp_path_factory.mktemp("policy") / "p.npz", 1)))


class Saying:
    """A chooser that says this, or does it."""

    def __init__(self, said: Any) -> None:  # noqa: ANN401 what our own never says
        self.said = said

    def score(self, *_: object) -> Any:  # noqa: ANN401
        if isinstance(self.said, Exception):
            raise self.said
        return self.said() if callable(self.said) else self.said


def scored(*scores: float | None, ask: float | None = None) -> Scored:
    return Scored("by hand", "0" * 16, scores, ask, 1.0)


def test_a_policy_ranks_and_its_trace_repeats_it(
    make: Make, journal: Journal, chooser: PolicyChooser
) -> None:
    """The decision, its two lines, and the same scores again from what those lines hold."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, chooser=chooser, clock=lambda: 10**18)
        first = layer.judge(CASE, "ada", AROUND)
        layer.feedback(first.id, "approve")
        decision = layer.judge(CASE, "ada", AROUND)
    (_, judged), (_, trace) = judgments_in(journal), policies_in(journal)
    assert (
        (trace.judgment, trace.subject, trace.source)
        == (judged.id, "ada", "verifier")
        == (decision.id, "ada", judged.source)
    )
    assert trace.belief.belief == Belief(0.61, 0.18)
    assert trace.policy == judged.policy == decision.policy == chooser.policy.version
    assert (trace.ask, trace.choice) == (decision.asks, decision.chosen)
    assert trace.ts == judged.ts
    around = Surroundings.model_validate(trace.surroundings)
    assert around == Surroundings.model_validate(AROUND)
    assert state_of(judged.case, around).digest == trace.s
    again = chooser.score(judged.case, trace.belief.belief, around)
    assert (again.scores, again.ask, again.temperature) == (trace.scores, trace.ask_score, trace.temperature)
    assert f"Options are ranked by policy {trace.policy}" in decision.meta_comment
    assert ("would rather ask" in decision.meta_comment) == decision.asks
    assert journal.history("ada").judgments[0].feedback == "approve"


def test_scores_rank_and_rules_still_decide(make: Make, journal: Journal) -> None:
    """The best by score is proposed, unless it could ruin; an option without a score comes last, but it comes."""
    case = {"options": [CASE["options"][0], CASE["options"][1], RUIN]}
    url = f"http://127.0.0.1:{unused_port()}"
    for wanted, scores in ((0, (2.0, 1.0, None)), (1, (1.0, 2.0, None)), (1, (0.0, 0.1, 9.0))):
        layer = make(url, journal, chooser=Saying(scored(*scores)))
        decision = layer.judge(case, "ada")
        assert (decision.chosen, decision.verdict) == (wanted, "proved")
        assert decision.values[2] is None
    assert "option 2 breaks" in decision.meta_comment
    assert make(url, journal, chooser=Saying(scored(None, None, None))).judge(case, "ada").chosen == 0
    assert policies_in(journal)[-1].choice is None


def test_an_ask_is_told_and_a_choice_is_made_all_the_same(make: Make, journal: Journal) -> None:
    """Whoever cannot ask goes on with it."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, chooser=Saying(scored(0.1, 0.3, ask=0.4)))
    decision = layer.judge(CASE, "ada")
    assert (decision.asks, decision.chosen) == (True, 1)
    (trace,) = policies_in(journal)
    assert (trace.ask, trace.ask_score, trace.choice) == (True, 0.4, 1)


NONSENSE: dict[str, Any] = {
    "raises": ValueError("no"),
    "none": None,
    "too few": scored(0.5),
    "nan": scored(0.5, float("nan")),
    "infinite ask": scored(0.5, 0.1, ask=float("inf")),
    "hangs": lambda: time.sleep(60),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_chooser_that_fails_is_counted_and_expected_value_ranks(
    make: Make, journal: Journal, name: str
) -> None:
    """Whatever it does, in time; the judgment is made, and does not say that a policy ranked it."""
    url = f"http://127.0.0.1:{unused_port()}"
    layer = make(url, journal, chooser=Saying(NONSENSE[name]), controller_timeout=0.2)
    start = time.monotonic()
    decision = layer.judge(CASE, "ada")
    assert time.monotonic() - start < 30
    plain = make(url, journal).judge(CASE, "ada")
    assert (decision.chosen, decision.policy, decision.asks) == (plain.chosen, None, False)
    assert layer.layer.health().chooser_failures == 1
    assert policies_in(journal) == []
    assert judgments_in(journal)[0].policy is None


def test_an_ab_test_divides_people_for_good(make: Make, journal: Journal, chooser: PolicyChooser) -> None:
    """By name; the arm stands in each judgment's line, the trace in the policy's arm alone; nobody is in none."""
    test = ABTest("one")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, chooser=chooser, ab_test=test)
    people = [f"person {number}" for number in range(12)]
    decisions = [layer.judge(CASE, subject) for subject in [*people, *people]]
    nobody = layer.judge(CASE)
    assert {decision.arm for decision in decisions} == {"policy", "rule"}
    lines = judgments_in(journal)
    for subject, decision, line in zip([*people, *people], decisions, lines, strict=False):
        assert decision.arm == test.arm(subject)
        assert line.experiment is not None
        assert (line.experiment.name, line.experiment.arm, line.experiment.share) == (
            "one",
            decision.arm,
            0.5,
        )
        assert (line.policy is not None) == (decision.arm == "policy")
    assert {one.judgment for one in policies_in(journal)} == {one.id for one in lines if one.policy}
    assert (nobody.arm, nobody.policy, lines[-1].experiment) == (None, None, None)
    with pytest.raises(CallerError, match="needs a chooser"):
        make(f"http://127.0.0.1:{unused_port()}", journal, ab_test=test)


def test_a_failing_chooser_keeps_people_in_their_arm(make: Make, journal: Journal) -> None:
    """Else the arms would be compared by who did not meet the fault."""
    layer = make(
        f"http://127.0.0.1:{unused_port()}", journal, chooser=Saying(KeyError()), ab_test=ABTest("one", 0.999)
    )
    decision = layer.judge(CASE, "ada")
    (line,) = judgments_in(journal)
    assert (decision.arm, decision.policy) == ("policy", None)
    assert line.experiment is not None
    assert line.experiment.arm == "policy"


def test_the_shadow_asks_the_same_policy(make: Make, journal: Journal, chooser: PolicyChooser) -> None:
    """What the controller's belief would choose is ranked as what was chosen."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, chooser=chooser, shadow=1.0, chance=lambda: 0.0)
        layer.feedback(layer.judge(CASE, "ada", AROUND).id, "approve")
        layer.judge(CASE, "ada", AROUND)
        assert layer.rest()
    shadows = [entry.event.model_extra for entry in journal.read() if entry.event.kind == "shadow"]  # type: ignore[union-attr]
    controller = shadows[-1]["controller"]
    (line, *_) = judgments_in(journal)
    there = chooser.score(
        line.case, Belief(controller["mean"], controller["sd"]), Surroundings.model_validate(AROUND)
    )
    assert shadows[-1]["would_choose"] == there.choice


def test_what_callers_get_wrong_around_a_case_is_said(make: Make, journal: Journal) -> None:
    """With or without a chooser, before anything is asked or written."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal)
    with pytest.raises(InvalidEvidenceError, match="/stake"):
        layer.judge(CASE, "ada", {"stake": -1})
    with pytest.raises(CallerError, match="costs of 2 options"):
        layer.judge(CASE, "ada", {"options": [{}] * 3})
    assert not journal.path.exists()


def test_who_is_forgotten_leaves_no_trace_of_a_policy(
    make: Make, journal: Journal, chooser: PolicyChooser
) -> None:
    """Their decisions go with their judgments; those of others stay."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, chooser=chooser)
    for subject in ("ada", "ben", "ada"):
        layer.judge(CASE, subject, AROUND)
    layer.end()
    forget(journal.path, "ada")
    assert [one.subject for one in policies_in(journal)] == ["ben"]
    assert [one.subject for one in judgments_in(journal)] == ["ben"]
    assert b'"ada"' not in journal.path.read_bytes()
