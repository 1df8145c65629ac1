"""Whatever happens, is what the service has summed of a person exactly what the journal says of them?"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faulty_server import (
    Behaviour,
    FaultyServer,
    answering,
    document,
    hang_up,
    hang_up_in_the_middle,
    status,
    with_parts,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from people import holt_laury_case
from summing_server import Evidence, Summing

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.judgment import Verification
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Case

SUBJECTS = ("ada", "ben")
TROUBLE: dict[str, Behaviour] = {
    "server_error": status("500 Internal Server Error"),
    "overloaded": status("429 Too Many Requests"),
    "unreachable": hang_up,
    "in the middle": hang_up_in_the_middle,
    "not JSON": answering(lambda _: b"<html>"),
    "other counts": with_parts(evidence={"judgments": 9999, "informative": 0, "refuted": 0}),
    "fewer counts": with_parts(evidence={"judgments": 0, "informative": 0, "refuted": 0}),
    "another's": with_parts(request_id="another"),
    # a state, in a reply that is not to be believed: its sums are somebody else's
    "poison": answering(lambda request: document(request, state="poison", checks={})),
}


class Quick:
    """A prover that finds nothing wrong."""

    def verify(self, _case: Case, _chosen: int) -> Verification:
        return Verification(verdict="proved", results=(), elapsed_ms=0.0)


def evidence_in(path: Path, subject: str) -> list[Evidence]:
    """A subject's answered judgments by the rule written out: oldest first, of several answers the latest."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
    order = ("ts", "writer", "seq")
    made = [line for line in lines if line["kind"] == "judgment" and line["subject"] == subject]
    evidence = []
    for judgment in sorted(made, key=lambda line: [line[name] for name in order]):
        said = [line for line in lines if line["kind"] == "feedback" and line["judgment"] == judgment["id"]]
        if said and judgment["chosen"] is not None:
            last = max(said, key=lambda line: [line[name] for name in order])
            wealth = judgment["case"]["wealth"]
            evidence.append((wealth, judgment["chosen"], last["feedback"], last["reward"]))
    return evidence


class Streams(RuleBasedStateMachine):
    """Two people, one client, one journal, a service that changes its model and fails now and then."""

    @initialize(most_states=st.sampled_from([1, 8]))
    def start(self, most_states: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "judgments.jsonl"
        self.journal = Journal(self.path, fsync="never")
        self.service = Summing()
        self.server = FaultyServer(self.service)
        self.server.__enter__()
        self.client = VerifierClient(
            self.server.url,
            5.0,
            keep_state=True,
            most_states=most_states,
            breaker=BreakerPolicy(minimum_calls=10**6),
        )
        self.now = 10**18
        self.layer = JudgmentLayer(
            self.client,
            MetaJudgmentController(),
            self.journal,
            prover=Quick(),
            clock=lambda: self.now,
            history_timeout=10.0,
        )
        self.ids: list[str] = []
        self.checked = 0

    def tick(self, seconds: int) -> None:
        self.now += seconds * 10**9

    @rule(subject=st.sampled_from(SUBJECTS), ago=st.sampled_from([-3, 1]))
    def judge(self, subject: str, ago: int) -> None:
        """A new judgment, its clock running on or set back."""
        self.tick(ago)
        expected = evidence_in(self.path, subject)
        case = holt_laury_case(6) | {"wealth": float(len(self.ids))}
        decision = self.layer.judge(case, subject)
        self.ids.append(decision.id)
        assert self.service.sums.pop() == expected

    @precondition(lambda self: self.ids)
    @rule(
        which=st.integers(0, 30) | st.just(-1),
        feedback=st.sampled_from(["approve", "reject", None]),
        reward=st.sampled_from([0.5, -1.0]),
    )
    def answer(self, which: int, feedback: str | None, reward: float) -> None:
        """A first answer, or a second thought."""
        self.tick(1)
        self.layer.feedback(self.ids[which % len(self.ids)], feedback, reward)  # type: ignore[arg-type]

    @rule(subject=st.sampled_from(SUBJECTS))
    def assess(self, subject: str) -> None:
        """What the service sums is the journal."""
        assessment = self.layer.assess(subject)
        expected = evidence_in(self.path, subject)
        assert self.service.sums.pop() == expected
        assert assessment.reason == (None if expected else "no_evidence")

    @rule()
    def assess_both(self) -> None:
        """The same of a list."""
        histories = [self.journal.history(subject) for subject in SUBJECTS]
        outcomes = self.client.posteriors(
            [history.judgments for history in histories],
            subjects=SUBJECTS,
            marks=[history.marks for history in histories],
        )
        assert [outcome.reason for outcome in outcomes] == [None, None]
        expected = [evidence_in(self.path, subject) for subject in SUBJECTS]
        assert sorted(self.service.sums[-2:], key=repr) == sorted(expected, key=repr)
        self.service.sums.clear()

    @rule(subject=st.sampled_from(SUBJECTS), trouble=st.sampled_from(sorted(TROUBLE)))
    def fail(self, subject: str, trouble: str) -> None:
        """A call that comes to nothing."""
        self.server.behaviour = TROUBLE[trouble]
        assert self.layer.assess(subject).source == "controller"
        self.server.behaviour = self.service

    @rule(version=st.sampled_from(["m1", "m2"]))
    def change_model(self, version: str) -> None:
        """To another version, and back."""
        self.service.version = version

    @rule(form=st.sampled_from(["s1", "s2"]))
    def change_form(self, form: str) -> None:
        """A service that cannot read what another wrote."""
        self.service.form = form

    @rule()
    def restart(self) -> None:
        """Its connections are gone, and nothing else: it keeps nothing of anybody."""
        for open_socket in self.server._clients:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    @rule(subject=st.sampled_from(SUBJECTS))
    def forget(self, subject: str) -> None:
        """What is kept is dropped."""
        self.client.forget(subject)

    @precondition(lambda self: self.path.exists())
    @rule(share=st.sampled_from([0.0, 0.5, 0.9]))
    def lose_lines(self, share: float) -> None:
        """The journal is put back to an earlier copy of itself."""
        lines = self.path.read_bytes().splitlines(keepends=True)
        self.path.write_bytes(b"".join(lines[: int(share * len(lines))]))
        self.ids = [one for one in self.ids if self.journal.knows(one)]

    @invariant()
    def nothing_else_was_summed(self) -> None:
        """Every sum was looked at."""
        if hasattr(self, "service"):
            assert self.service.sums == []

    def teardown(self) -> None:
        if hasattr(self, "server"):
            self.client.close()
            self.journal.close()
            self.server.__exit__()
            shutil.rmtree(self.folder)


TestStreams: Any = Streams.TestCase
TestStreams.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
