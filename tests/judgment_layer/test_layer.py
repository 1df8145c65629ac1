"""Does the layer judge, say why, and record, whatever the verifier and the journal do? Blocking and awaited."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import (
    Behaviour,
    FaultyServer,
    answering,
    hang_up,
    risk_aversion,
    silent,
    status,
    trickling,
    unused_port,
    with_parts,
)
from people import forks, holt_laury_case, safe_times

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.errors import CallerError, InvalidEvidenceError
from bayesian_verifier.journal import FeedbackLine, JudgmentLine
from bayesian_verifier.judgment import Prover, Rules
from bayesian_verifier.judgment_layer import BreakerPolicy, Fallback
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer import Assessment, Decision

CASE = holt_laury_case(6)
PROVER = Prover(Rules.builtin(), timeout=5.0)
NEVER_OPEN = BreakerPolicy(minimum_calls=10**6)


class Blocking:
    """A layer and its client, used from a thread."""

    def __init__(self, url: str, journal: Journal, timeout: float = 2.0, **settings: Any) -> None:  # noqa: ANN401
        controller = settings.pop("controller", None) or MetaJudgmentController()
        breaker = settings.pop("breaker", NEVER_OPEN)
        self.client = VerifierClient(url, timeout, breaker=breaker)
        self.layer = JudgmentLayer(self.client, controller, journal, **({"prover": PROVER} | settings))

    def assess(self, *arguments: Any, **named: Any) -> Assessment:  # noqa: ANN401
        return self.layer.assess(*arguments, **named)

    def judge(self, case: Mapping[str, object], subject: str | None = None) -> Decision:
        return self.layer.judge(case, subject)

    def feedback(self, *arguments: Any, **named: Any) -> bool:  # noqa: ANN401
        return self.layer.feedback(*arguments, **named)

    def flush(self) -> bool:
        return self.layer.flush()

    def close(self) -> None:
        self.layer.close()
        self.client.close()


class Awaited:
    """The same, used from an event loop."""

    def __init__(self, url: str, journal: Journal, timeout: float = 2.0, **settings: Any) -> None:  # noqa: ANN401
        controller = settings.pop("controller", None) or MetaJudgmentController()
        breaker = settings.pop("breaker", NEVER_OPEN)
        self.client = aio.VerifierClient(url, timeout, breaker=breaker)
        self.layer = aio.JudgmentLayer(self.client, controller, journal, **({"prover": PROVER} | settings))
        self.runner = asyncio.Runner()

    def assess(self, *arguments: Any, **named: Any) -> Assessment:  # noqa: ANN401
        return self.runner.run(self.layer.assess(*arguments, **named))

    def judge(self, case: Mapping[str, object], subject: str | None = None) -> Decision:
        return self.runner.run(self.layer.judge(case, subject))

    def feedback(self, *arguments: Any, **named: Any) -> bool:  # noqa: ANN401
        return self.runner.run(self.layer.feedback(*arguments, **named))

    def flush(self) -> bool:
        return self.runner.run(self.layer.flush())

    def close(self) -> None:
        self.runner.run(self.layer.aclose())
        self.runner.run(self.client.aclose())
        self.runner.close()


Make = Callable[..., "Blocking | Awaited"]


@pytest.fixture(params=[Blocking, Awaited], ids=["blocking", "asyncio"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes layers that are closed at the end."""
    made: list[Blocking | Awaited] = []

    def make_one(*arguments: Any, **named: Any) -> Blocking | Awaited:  # noqa: ANN401
        made.append(request.param(*arguments, **named))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal that does not exist yet."""
    return Journal(tmp_path / "judgments.jsonl", fsync="never")


def judgments_in(journal: Journal) -> list[JudgmentLine]:
    assert journal.verify().whole
    return [entry.event for entry in journal.read() if isinstance(entry.event, JudgmentLine)]  # type: ignore[union-attr]


def test_five_lines_judge_without_any_service(tmp_path: Path) -> None:
    """The example of the documentation, word for word, in a process of its own, with nothing behind it."""
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
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", before + script + after],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
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
    assert line.case.model_dump(mode="json") == CASE | {"stake": 2.0, "budget": 3.0}
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


REASONS: dict[str, Behaviour] = {
    "timeout": trickling,
    "unreachable": hang_up,
    "server_error": status("500 Internal Server Error"),
    "overloaded": status("429 Too Many Requests"),
    "invalid_reply": answering(lambda _: b"{"),
    "wide_posterior": risk_aversion(sd=0.7),
    "untrustworthy": with_parts(checks={"trustworthy": False, "reasons": ["atypical_evidence"]}),
    "no_evidence": with_parts(evidence={"judgments": 10, "informative": 0, "refuted": 10}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_said_and_recorded(make: Make, journal: Journal, reason: str) -> None:
    """The controller answers, in time; the line in the journal says why."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, 0.3)
        for safe in safe_times(6):
            decision = layer.judge({"options": [option.model_dump() for option in safe.options]}, "ada")
            layer.feedback(decision.id, "approve" if decision.chosen == safe.chosen else "reject")
        server.behaviour = REASONS[reason]
        start = time.monotonic()
        assessment = layer.assess("ada")
        assert time.monotonic() - start < 0.3 + 0.3
        assert (assessment.source, assessment.reason) == ("controller", reason)
        unused_but_good = reason in {"wide_posterior", "untrustworthy", "no_evidence"}
        assert (assessment.model_version is not None) == unused_but_good
        assert assessment.sd > 0
        decision = layer.judge(CASE, "ada")
        line = judgments_in(journal)[-1]
        assert (line.id, line.source, line.reason) == (decision.id, "controller", reason)
        assert "Meta-Judgment Controller" in line.meta_comment
        server.behaviour = answering()
        assert layer.assess("ada").reason is None


def test_no_service_opens_the_breaker(make: Make, journal: Journal) -> None:
    """And then nobody is asked, which is said."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, breaker=BreakerPolicy())
    reasons = [layer.judge(CASE, "ada").assessment.reason for _ in range(8)]
    assert reasons == ["unreachable"] * 5 + ["circuit_open"] * 3
    assert [line.reason for line in judgments_in(journal)] == reasons


@pytest.mark.parametrize("reason", ["wide_posterior", "untrustworthy", "no_evidence"])
def test_an_answer_that_is_not_used_is_a_good_call(make: Make, journal: Journal, reason: str) -> None:
    """It never trips the breaker."""
    with FaultyServer(REASONS[reason]) as server:
        layer = make(server.url, journal, breaker=BreakerPolicy(minimum_calls=1))
        for _ in range(10):
            assessment = layer.assess("ada", safe_times(4))
            assert (assessment.reason, assessment.breaker) == (reason, "closed")


def test_max_sd_is_a_setting(make: Make, journal: Journal) -> None:
    """0.18 is sure enough by default and for 0.18, not for less."""
    with FaultyServer(answering()) as server:
        for max_sd, reason in ((0.6, None), (0.18, None), (0.179, "wide_posterior")):
            layer = make(server.url, journal, max_sd=max_sd)
            assert layer.assess(None, safe_times(4)).reason == reason
    with pytest.raises(CallerError):
        make("http://127.0.0.1", journal, max_sd=0.0)


def test_the_last_trusted_posterior_outlives_the_service_and_the_process(
    make: Make, journal: Journal
) -> None:
    """Known from the call before; and to a layer that starts when the service is gone, from the journal."""
    day = 86_400 * 10**9
    with FaultyServer(answering()) as server:
        before = make(server.url, journal, clock=lambda: 100 * day)
        before.feedback(before.judge(CASE, "ada").id, "approve")
        before.judge(CASE, "ada")
        server.behaviour = silent
        fallback = before.layer._core._controller.assess("ada", [], 100 * 86_400.0)
        assert (fallback.basis, fallback.belief.sd) == ("last_trusted", 0.18)
    after = make(f"http://127.0.0.1:{unused_port()}", journal, clock=lambda: 104 * day)
    assessment = after.assess("ada")
    assert assessment.mean == 0.61
    assert assessment.sd == pytest.approx((0.18**2 + 4 * 0.01) ** 0.5)
    assert "last trusted posterior, 4.0 d old" in assessment.explanation


def test_another_controller_fits_in(make: Make, journal: Journal) -> None:
    """An agent framework's own, with nothing in common with ours but two methods."""

    class Own:
        def __init__(self) -> None:
            self.remembered: list[str] = []

        def remember(self, subject: str, belief: Belief, at: float) -> None:
            self.remembered.append(f"{subject} {belief.mean} {at:.0f}")

        def assess(self, subject: str | None, judgments: Sequence[Judgment], at: float) -> Fallback:
            return Fallback(
                Belief(2.0, 0.1), "own", f"own rule for {subject} with {len(judgments)} at {at:.0f}"
            )

    own = Own()
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, clock=lambda: 5 * 10**9)
        layer.assess("ada", safe_times(4))
        server.behaviour = hang_up
        assessment = layer.assess("ada", safe_times(4))
    assert own.remembered == ["ada 0.61 5"]
    assert (assessment.mean, assessment.sd) == (2.0, 0.1)
    assert "own rule for ada with 10 at 5." in assessment.explanation


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
    assert not journal.path.exists()


def test_a_journal_that_cannot_be_written_does_not_stop_judgments(make: Make, tmp_path: Path) -> None:
    """Lines wait, in order and with the time they belong to, and are written when the disk is back."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    seconds = iter(range(1, 100))
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, clock=lambda: next(seconds) * 10**9)
    made = [layer.judge(CASE, "ada") for _ in range(3)]
    assert [decision.recorded for decision in made] == [False] * 3
    assert not layer.feedback(made[1].id, "approve")
    with pytest.raises(CallerError):
        layer.feedback("nobody", "approve")
    assert (layer.layer.waiting, layer.layer.lost) == (4, 0)
    journal.path.parent.mkdir()
    assert layer.judge(CASE, "ada").recorded
    assert layer.layer.waiting == 0
    events = [entry.event for entry in journal.read()]  # type: ignore[union-attr]
    assert [event.id for event in events][:3] == [decision.id for decision in made]
    assert [event.kind for event in events] == ["judgment"] * 3 + ["feedback"] + ["judgment"]
    assert [event.ts for event in events] == sorted(event.ts for event in events)
    assert journal.verify().whole
    assert layer.assess("ada").evidence == 1


def test_lines_wait_up_to_a_bound(make: Make, tmp_path: Path) -> None:
    """Beyond it the oldest is given up, counted and logged."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, most_waiting=3)
    made = [layer.judge(CASE, "ada") for _ in range(5)]
    assert (layer.layer.waiting, layer.layer.lost) == (3, 2)
    journal.path.parent.mkdir()
    assert layer.flush()
    assert [line.id for line in judgments_in(journal)] == [decision.id for decision in made[2:]]


def test_a_journal_that_cannot_be_read_does_not_stop_judgments(make: Make, tmp_path: Path) -> None:
    """A directory stands in its place: no history, no record, still a judgment."""
    layer = make(f"http://127.0.0.1:{unused_port()}", Journal(tmp_path))
    decision = layer.judge(CASE, "ada")
    assert (decision.chosen, decision.recorded) == (0, False)
    assert not layer.feedback(decision.id, "approve")


def test_threads_judge_side_by_side(journal: Journal) -> None:
    """Six threads, one layer: every judgment recorded once, each with its own trace."""
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, journal, 5.0)
        decisions: list[Decision] = []

        def work(subject: str) -> None:
            for _ in range(10):
                decision = layer.judge(CASE, subject)
                layer.feedback(decision.id, "approve")
                decisions.append(decision)

        threads = [threading.Thread(target=work, args=(f"person {number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        layer.close()
    assert sorted(line.id for line in judgments_in(journal)) == sorted(decision.id for decision in decisions)
    assert len({decision.assessment.trace_id for decision in decisions}) == 60
    assert {len(journal.history(f"person {number}").judgments) for number in range(6)} == {10}


def test_tasks_judge_side_by_side(journal: Journal) -> None:
    """Thirty judgments at once in one event loop."""

    async def main(url: str) -> list[Decision]:
        async with (
            aio.VerifierClient(url, 10.0) as client,
            aio.JudgmentLayer(client, aio.MetaJudgmentController(), journal, prover=PROVER) as layer,
        ):
            return await asyncio.gather(*(layer.judge(CASE, "ada") for _ in range(30)))

    with FaultyServer(answering()) as server:
        decisions = asyncio.run(main(server.url))
    assert sorted(line.id for line in judgments_in(journal)) == sorted(decision.id for decision in decisions)


@forks
def test_a_forked_child_goes_on_with_the_layer(tmp_path: Path) -> None:
    """What waits to be written is the parent's; the child judges, records and asks by itself."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, journal)
        layer.judge(CASE, "ada")
        journal.path.parent.mkdir()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if layer.judge(CASE, "ada").recorded else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        layer.judge(CASE, "ada")
        layer.close()
    audit = journal.verify()
    assert audit.whole
    assert sorted(audit.writers.values()) == [1, 2]


def test_what_a_layer_embeds_is_light() -> None:
    """Importing the package imports nothing; using the layer loads no network, no simulator, no server."""
    script = (
        "import sys, bayesian_verifier; assert 'numpy' not in sys.modules and 'pydantic' not in sys.modules;"
        "import bayesian_verifier.aio; from bayesian_verifier import JudgmentLayer, VerifierClient, Journal;"
        "heavy = {'jax', 'keras', 'bayesflow', 'fastapi', 'httpx', 'z3', 'scipy', 'bayesian_verifier.simulators'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
