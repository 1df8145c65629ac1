"""What is judged, on which evidence, and what is recorded of it? Blocking and awaited."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from faulty_server import (
    FaultyServer,
    answering,
    unused_port,
)
from layers import CASE, Make, judgments_in
from people import safe_times

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.errors import CallerError, InvalidEvidenceError
from bayesian_verifier.journal import FeedbackLine, JudgmentLine
from bayesian_verifier.judgment import Prover, Rules
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from pathlib import Path


def test_five_lines_judge_without_any_service(tmp_path: Path) -> None:
    """The example of the documentation, word for word, in a process of its own, with nothing behind it.

    Anew where the machine needed more than the 50 ms of the example to find that nobody is there.
    """
    script = """
from bayesian_verifier import JudgmentLayer, VerifierClient, MetaJudgmentController, Journal

layer = JudgmentLayer(VerifierClient("http://127.0.0.1:8080", timeout=0.050), MetaJudgmentController(), Journal("judgments.jsonl"))
judgment = layer.judge(case, subject="ada")        # chooses, verifies, records; JudgmentLayer.assess(...) only estimates
layer.feedback(judgment.id, "approve", reward=0.2)
"""  # noqa: E501 word for word
    script = script.replace("127.0.0.1:8080", f"127.0.0.1:{unused_port()}")
    before, after = (
        f"case = {CASE!r}\n",
        "print(judgment.assessment.reason, judgment.chosen, judgment.meta_comment)",
    )
    for _ in range(10):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", before + script + after],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        if not done.stdout.startswith("timeout"):
            break
        (tmp_path / "judgments.jsonl").unlink()
    assert done.stdout.startswith("unreachable 0 Option 0 is proposed")
    assert "could not be reached" in done.stdout
    assert "cautious" in done.stdout
    assert done.stderr == ""
    journal = Journal(tmp_path / "judgments.jsonl")
    assert journal.verify().whole
    judged, said = (entry.event for entry in journal.read())  # type: ignore[union-attr]
    assert isinstance(judged, JudgmentLine)
    assert isinstance(said, FeedbackLine)
    assert (judged.subject, judged.source, judged.reason) == ("ada", "controller", "unreachable")
    assert (said.judgment, said.feedback, said.reward) == (judged.id, "approve", 0.2)


def test_a_judgment_is_recorded_as_it_was_made(make: Make, journal: Journal) -> None:
    """Everything the contract asks for, under the id that the caller holds."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, clock=lambda: 10**18)
        layer.judge(CASE, "ada")
        for one in judgments_in(journal):
            layer.feedback(one.id, "approve")
        decision = layer.judge(CASE | {"stake": 2.0, "budget": 3.0}, "ada")
    assessment = decision.assessment
    assert (assessment.source, assessment.reason, assessment.breaker) == ("verifier", None, "closed")
    assert (assessment.mean, assessment.sd) == (0.61, 0.18)
    assert assessment.quantiles == (0.3, 0.49, 0.6, 0.72, 0.92)
    assert assessment.model_version == "2026-11-23T10-00-00Z-1f3c"
    line = judgments_in(journal)[-1]
    assert decision.recorded
    assert (line.id, line.subject, line.chosen, line.verdict) == (
        decision.id,
        "ada",
        decision.chosen,
        "proved",
    )
    assert line.case.model_dump(mode="json", exclude_none=True) == CASE | {"stake": 2.0, "budget": 3.0}
    assert line.posterior.belief == Belief(0.61, 0.18, assessment.quantiles)
    assert (line.source, line.reason, line.model_version) == ("verifier", None, assessment.model_version)
    assert line.meta_comment == decision.meta_comment
    assert line.ts == "2001-09-09T01:46:40.000000Z"
    assert line.values == decision.values
    assert line.model_extra == {
        "trace_id": assessment.trace_id,
        "breaker": "closed",
        "elapsed_ms": round(assessment.elapsed_ms, 3),
    }
    assert server.requests[-1].headers["x-request-id"].startswith(assessment.trace_id)
    assert "0.61 ± 0.18, from 1 of 1 answered judgments" in decision.meta_comment


def test_the_history_sent_is_what_was_answered(make: Make, journal: Journal) -> None:
    """This subject's, with verdict and the latest answer; not what is open or another's."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal)
        first, second, _open = (layer.judge(CASE, "ada") for _ in range(3))
        other = layer.judge(CASE, "ben")
        layer.feedback(second.id, "approve")
        layer.feedback(first.id, None, 0.5)
        layer.feedback(second.id, "reject", -0.25)
        layer.feedback(other.id, "approve")
        assert layer.assess("ada").evidence == 2
        sent = json.loads(server.requests[-1].body)["judgments"]
        keys = ("chosen", "verdict", "feedback", "reward")
        assert [tuple(one.get(key) for key in keys) for one in sent] == [
            (first.chosen, "proved", None, 0.5),
            (second.chosen, "proved", "reject", -0.25),
        ]
        given = safe_times(4)
        layer.assess("ada", given)
        assert len(json.loads(server.requests[-1].body)["judgments"]) == 10
        layer.assess("ada", judgments=[one.model_dump(exclude_none=True) for one in given[:3]])
        assert len(json.loads(server.requests[-1].body)["judgments"]) == 3
        layer.assess()
        assert json.loads(server.requests[-1].body)["judgments"] == []


def test_all_refuted_is_a_judgment_too(make: Make, journal: Journal) -> None:
    """Nothing is proposed; it is recorded, said, and may even be commented on; it is no evidence."""
    ruin = {"outcomes": [{"payoff": -5.0, "probability": 0.5}, {"payoff": 9.0, "probability": 0.5}]}
    layer = make(f"http://127.0.0.1:{unused_port()}", journal)
    decision = layer.judge({"options": [ruin, ruin]}, "ada")
    assert (decision.chosen, decision.verdict, decision.values) == (None, "refuted", (None, None))
    assert "Nothing can be proposed: option 0 breaks solvency" in decision.meta_comment
    (line,) = judgments_in(journal)
    assert (line.chosen, line.verdict) == (None, "refuted")
    layer.feedback(decision.id, "approve")
    assert layer.assess("ada").evidence == 0


def test_a_fault_of_the_case_is_not_blamed_on_each_option(make: Make, journal: Journal) -> None:
    """Only option 1 is mis-stated, only option 2 could ruin: each is named for that alone."""
    short = {"outcomes": [{"payoff": 9.0, "probability": 0.5}, {"payoff": 1.0, "probability": 0.4}]}
    ruin = {"outcomes": [{"payoff": -5.0, "probability": 0.5}, {"payoff": 20.0, "probability": 0.5}]}
    layer = make(f"http://127.0.0.1:{unused_port()}", journal)
    told = layer.judge({"options": [CASE["options"][0], short, ruin]}, "ada").meta_comment
    assert told.startswith(
        "Nothing can be proposed: the case breaks probabilities (o is option 1, 0.1 <= 0.000001 does not hold); "
        "option 2 breaks solvency. The verifier "
    )


def test_an_unsettled_choice_says_so(make: Make, journal: Journal) -> None:
    """The prover ran out of time: the option may be proposed, and verdict and comment tell."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, prover=Prover(Rules.builtin(), timeout=1e-9))
    decision = layer.judge(CASE, "ada")
    assert (decision.chosen, decision.verdict) == (0, "unknown")
    assert "could not settle" in decision.meta_comment
    layer.feedback(decision.id, "approve")
    assert [one.verdict for one in journal.history("ada").judgments] == ["unknown"]


def test_what_callers_get_wrong_is_said(make: Make, journal: Journal) -> None:
    """Cases, judgments and feedback that are none; nothing is recorded of them."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal)
    with pytest.raises(InvalidEvidenceError, match="/options"):
        layer.judge({"options": []})
    with pytest.raises(InvalidEvidenceError, match="/judgments/0"):
        layer.assess(None, [{"options": []}])
    for wrong in ("\ud800", 7):
        with pytest.raises(CallerError):
            layer.judge(CASE, wrong)  # type: ignore[arg-type]
    with pytest.raises(CallerError, match="no judgment 'nobody'"):
        layer.feedback("nobody", "approve")
    with pytest.raises(CallerError, match="expected a Journal"):
        make(f"http://127.0.0.1:{unused_port()}", str(journal.path))  # type: ignore[arg-type]
    with pytest.raises(CallerError, match=r"expected MetaJudgmentController\(\), got the class"):
        make(f"http://127.0.0.1:{unused_port()}", journal, controller=MetaJudgmentController)
    for part in ("prover", "chooser", "candidate"):
        with pytest.raises(
            CallerError, match=rf"^{part}: expected what has \w+\(\), such as .*, got 'text'$"
        ):
            make(f"http://127.0.0.1:{unused_port()}", journal, **{part: "text"})
    assert not journal.path.exists()
    with pytest.raises(
        CallerError, match=r"^expected a judgment's id, such as decision\.id, got a Decision$"
    ):
        layer.feedback(layer.judge(CASE), "approve")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [JudgmentLayer, aio.JudgmentLayer])
def test_an_address_is_no_client_and_nothing_is_no_controller(
    kind: type[JudgmentLayer], journal: Journal
) -> None:
    """A layer would go on with the controller, or the cautious prior, for ever."""
    url = f"http://127.0.0.1:{unused_port()}"
    with pytest.raises(CallerError, match=rf"^client: expected .* such as VerifierClient\(.*got '{url}'$"):
        kind(url, MetaJudgmentController(), journal)  # type: ignore[arg-type]
    with pytest.raises(
        CallerError, match=r"^controller: expected .* remember\(\) and assess\(\).* got None$"
    ):
        kind(VerifierClient(url), None, journal)  # type: ignore[arg-type]


def test_what_a_layer_embeds_is_light() -> None:
    """Importing the package imports nothing; using the layer loads no network, no simulator, no server."""
    script = (
        "import sys, bayesian_verifier; assert 'numpy' not in sys.modules and 'pydantic' not in sys.modules;"
        "import bayesian_verifier.aio; from bayesian_verifier import JudgmentLayer, VerifierClient, Journal;"
        "heavy = {'jax', 'keras', 'bayesflow', 'fastapi', 'httpx', 'z3', 'scipy', 'bayesian_verifier.simulators'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
