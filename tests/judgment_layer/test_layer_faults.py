"""Is there one outcome, with its reason, when the controller, the client or the prover is what fails?"""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from faulty_server import FaultyServer, answering, hang_up, unused_port
from layers import CASE, EXACT, Make, judgments_in
from people import safe_times

from bayesian_verifier import JudgmentLayer, MetaJudgmentController
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer import Fallback
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier import Journal
    from bayesian_verifier.judgment import Judgment


class Answering:
    """A controller that remembers nothing and gives this answer, or raises it."""

    def __init__(self, said: object) -> None:
        self.said = said

    def remember(self, *_: object) -> None:
        raise RuntimeError("no memory")

    def assess(self, *_: object) -> Any:  # noqa: ANN401 what our own never gives
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def loosely(mean: object, sd: object, quantiles: object = ()) -> SimpleNamespace:
    """An answer of somebody who does not use our values."""
    belief = SimpleNamespace(mean=mean, sd=sd, quantiles=quantiles)
    return SimpleNamespace(belief=belief, basis="own", sentence="by its own rule")


NONSENSE = {
    "raises": ValueError("no"),
    "recursion": RecursionError(),
    "none": None,
    "text": "0.5",
    "nan mean": loosely(math.nan, 0.3),
    "infinite mean": loosely(-math.inf, 0.3),
    "mean out of this world": loosely(1e200, 0.3),
    "no sd": loosely(0.5, 0.0),
    "negative sd": loosely(0.5, -0.3),
    "nan sd": loosely(0.5, math.nan),
    "infinite sd": loosely(0.5, math.inf),
    "sd out of this world": loosely(0.5, 1e200),
    "four quantiles": loosely(0.5, 0.3, (0.1, 0.2, 0.3, 0.4)),
    "quantiles that fall": loosely(0.5, 0.3, (0.1, 0.2, 0.6, 0.4, 0.9)),
    "an infinite quantile": loosely(0.5, 0.3, (-math.inf, 0.2, 0.3, 0.4, 0.9)),
    "words for a mean": loosely("much", 0.3),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_of_a_controller_becomes_the_cautious_prior(make: Make, journal: Journal, kind: str) -> None:
    """With the verifier's reason, what befell the controller, and a line in the journal."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=Answering(NONSENSE[kind]))
    decision = layer.judge(CASE, "ada")
    assessment = decision.assessment
    assert (assessment.source, assessment.reason) == ("controller", "unreachable")
    assert (assessment.mean, assessment.sd) == (CAUTIOUS.mean, CAUTIOUS.sd)
    assert "it failed (" in assessment.explanation
    assert [line.id for line in judgments_in(journal)] == [decision.id]
    assert layer.layer.health().controller_failures == 1


def test_an_answer_in_other_values_is_taken(make: Make, journal: Journal) -> None:
    """What has the right members and numbers is an answer, whatever its class; words are kept writable."""
    said = loosely(2, 0.25)
    said.sentence = "it says \ud800 " + "x" * 5000
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=Answering(said))
    decision = layer.judge(CASE, "ada")
    assert (decision.assessment.mean, decision.assessment.sd) == (2.0, 0.25)
    assert decision.recorded
    assert len(decision.meta_comment) < 1500


def test_a_controller_without_a_memory_takes_nothing_from_the_verifier(make: Make, journal: Journal) -> None:
    """What it raises when told of a posterior is counted; the posterior is used."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=Answering(None))
        assert layer.assess("ada", safe_times(4)).source == "verifier"
        assert layer.layer.health().controller_failures == 1


class Raising:
    """A client of another make."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def posterior(self, _judgments: Sequence[Judgment]) -> NoReturn:
        raise self.error


def test_a_client_that_raises_is_an_outcome(journal: Journal) -> None:
    """Its reason is `unreachable`; the controller answers. What a caller got wrong is still theirs to hear."""
    client = Raising(RuntimeError("no"))
    layer = JudgmentLayer(client, MetaJudgmentController(), journal, **EXACT)
    decision = layer.judge(CASE, "ada")
    assert (decision.assessment.source, decision.assessment.reason) == ("controller", "unreachable")
    assert "its client failed: RuntimeError" in decision.meta_comment
    assert layer.health().client_failures == 1
    client.error = CallerError("a token is text")
    with pytest.raises(CallerError, match="token"):
        layer.judge(CASE, "ada")


class Broken:
    """A prover that cannot prove."""

    def verify(self, *_: object) -> NoReturn:
        raise MemoryError


def test_a_prover_that_raises_has_settled_nothing(make: Make, journal: Journal) -> None:
    """The choice is `unknown`, which is said."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, prover=Broken())
    decision = layer.judge(CASE, "ada")
    assert (decision.chosen, decision.verdict) == (0, "unknown")
    assert "could not settle" in decision.meta_comment


def test_each_call_has_one_outcome(make: Make, journal: Journal) -> None:
    """Whatever fails at once: a belief, a source, a reason exactly where the verifier's word is not used."""
    with FaultyServer(answering()) as server:
        layer = make(
            server.url, journal, 0.3, controller=Answering(ValueError("no")), prover=Broken(), shadow=1.0
        )
        decisions = []
        for behaviour in (answering(), hang_up, answering(lambda _: b"{")) * 3:
            server.behaviour = behaviour
            start = time.monotonic()
            decisions.append(layer.judge(CASE, "ada"))
            layer.feedback(decisions[-1].id, "approve")
            assert time.monotonic() - start < 2.0
        layer.rest()
    for decision in decisions:
        one = decision.assessment
        assert (one.source == "verifier") is (one.reason is None)
        assert math.isfinite(one.mean)
        assert one.sd > 0
    assert {one.assessment.source for one in decisions} == {"verifier", "controller"}
    assert [line.id for line in judgments_in(journal)] == [decision.id for decision in decisions]


def test_beliefs_of_ours_refuse_nonsense_by_themselves() -> None:
    """So a controller that uses them fails where it makes one."""
    with pytest.raises(ValueError, match="finite"):
        Fallback(Belief(math.nan, 0.1), "own", "")
