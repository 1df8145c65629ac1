"""What do the blocking and the asynchronous Judgment Layer share? Everything but asking the verifier."""

from __future__ import annotations

import logging
import math
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import MOST_ANSWERED, History, check_answer
from bayesian_verifier.judgment import Case, Judgment, Rules, parse_judgments, parse_record
from bayesian_verifier.judgment_layer._choice import choose
from bayesian_verifier.judgment_layer._comments import explain_fallback, explain_posterior, meta_comment
from bayesian_verifier.judgment_layer._recorder import Line, Recorder
from bayesian_verifier.judgment_layer._values import Assessment, Decision
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment import Feedback
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._controller import Controller
    from bayesian_verifier.judgment_layer._values import Outcome, Reason

    Evidence = Sequence[Judgment | Mapping[str, object]]

_log = logging.getLogger(__name__)

_BESIDE_THE_CASE = 1024


class Asked(NamedTuple):
    """What the verifier is asked about, and since when, in monotonic seconds.

    stream: the subject, where the history is the one in the journal, which grows from call to call.
    """

    subject: str | None
    history: History
    since: float
    stream: str | None


class LayerCore:
    """See the Judgment Layer for what each argument means."""

    def __init__(
        self,
        controller: Controller,
        journal: Journal,
        *,
        max_sd: float = 0.6,
        prover: Verifies | None = None,
        most_waiting: int = 1000,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (max_sd > 0 and math.isfinite(max_sd)):
            raise CallerError(f"expected max_sd above 0, got {max_sd!r}")
        self._controller = controller
        self._journal = journal
        self._max_sd = max_sd
        self._prover = _builtin_prover() if prover is None else prover
        self._clock = clock
        self._monotonic = monotonic
        self.recorder = Recorder(most_waiting)

    def ask(self, subject: str | None, judgments: Evidence | None) -> Asked:
        """What to ask the verifier: the judgments given, else the subject's in the journal.

        Raises CallerError (InvalidEvidenceError) for judgments given that are none.
        """
        since = self._monotonic()
        known = self._known(subject)
        if judgments is None:
            return Asked(subject, known, since, subject)
        parsed = _parsed(judgments)
        return Asked(subject, History(tuple(parsed[-MOST_ANSWERED:]), known.trusted), since, None)

    def _known(self, subject: str | None) -> History:
        if subject is None:
            return History()
        try:
            return self._journal.history(subject)
        except JournalError as exc:
            _log.warning("assessing without a history: %s", exc)
            return History()

    def conclude(self, asked: Asked, outcome: Outcome) -> Assessment:
        """The verifier's answer where it can be used, else the controller's."""
        reason = self._reason_against(outcome)
        posterior = outcome.posterior
        if posterior is not None and reason is None:
            self._remember(asked.subject, posterior.belief, self._now())
            explanation = explain_posterior(posterior, len(asked.history.judgments))
            return self._assessment(posterior.belief, explanation, None, asked, outcome)
        if asked.history.trusted is not None:
            self._remember(asked.subject, *asked.history.trusted)
        fallback = self._controller.assess(asked.subject, asked.history.judgments, self._now())
        why: Reason = reason or "invalid_reply"
        explanation = explain_fallback(why, outcome, fallback, self._max_sd)
        return self._assessment(fallback.belief, explanation, why, asked, outcome)

    def _reason_against(self, outcome: Outcome) -> Reason | None:
        """Why the verifier's answer cannot be used; None if it can."""
        posterior = outcome.posterior
        if posterior is None:
            return outcome.reason
        if posterior.informative == 0:
            return "no_evidence"
        if not posterior.trustworthy:
            return "untrustworthy"
        return "wide_posterior" if posterior.belief.sd > self._max_sd else None

    def _remember(self, subject: str | None, belief: Belief, at: float) -> None:
        if subject is not None:
            self._controller.remember(subject, belief, at)

    def _assessment(
        self, belief: Belief, explanation: str, reason: Reason | None, asked: Asked, outcome: Outcome
    ) -> Assessment:
        return Assessment(
            mean=belief.mean,
            sd=belief.sd,
            quantiles=belief.quantiles,
            source="verifier" if reason is None else "controller",
            reason=reason,
            model_version=None if outcome.posterior is None else outcome.posterior.model_version,
            breaker=outcome.breaker,
            elapsed_ms=(self._monotonic() - asked.since) * 1e3,
            trace_id=outcome.trace_id,
            evidence=len(asked.history.judgments),
            explanation=explanation,
        )

    def decide(self, case: Case, subject: str | None, assessment: Assessment) -> Decision:
        """Choose, verify and record. Raises CallerError for what no journal can hold."""
        belief = Belief(assessment.mean, assessment.sd, assessment.quantiles)
        choice = choose(case, belief, self._prover)
        comment = meta_comment(choice, assessment)
        decision_id = uuid.uuid4().hex
        write = partial(
            self._journal.append_judgment,
            subject=subject,
            case=case,
            chosen=choice.chosen,
            verdict=choice.verdict,
            posterior=belief,
            source=assessment.source,
            reason=assessment.reason,
            model_version=assessment.model_version,
            meta_comment=comment,
            tried=choice.tried,
            values=choice.values,
            more={
                "trace_id": assessment.trace_id,
                "breaker": assessment.breaker,
                "elapsed_ms": round(assessment.elapsed_ms, 3),
            },
            event_id=decision_id,
            at=self._clock(),
        )
        return Decision(
            id=decision_id,
            chosen=choice.chosen,
            verdict=choice.verdict,
            meta_comment=comment,
            assessment=assessment,
            values=choice.values,
            recorded=self.recorder.record(Line(write, decision_id, lambda: _weight(case, comment))),
        )

    def answer(self, judgment_id: str, feedback: Feedback | None, reward: float | None) -> bool:
        """Record feedback; whether it is in the journal now. Raises CallerError for an unknown judgment."""
        check_answer(feedback, reward)
        if not self.recorder.holds(judgment_id) and not self._may_know(judgment_id):
            raise CallerError(f"no judgment {judgment_id!r} in {self._journal.path}")
        write = partial(
            self._journal.append_feedback,
            judgment_id,
            feedback,
            reward,
            event_id=uuid.uuid4().hex,
            at=self._clock(),
        )
        return self.recorder.record(Line(write, None, lambda: _BESIDE_THE_CASE))

    def _may_know(self, judgment_id: str) -> bool:
        try:
            return self._journal.knows(judgment_id)
        except JournalError as exc:
            # an answer is too dear to be refused because of a disk: it is looked up when it is written
            _log.warning("cannot look up judgment %s: %s", judgment_id, exc)
            return True

    def _now(self) -> float:
        return self._clock() / 1e9


def _weight(case: Case, comment: str) -> int:
    """About the bytes of a judgment's line."""
    return len(case.model_dump_json()) + len(comment) + _BESIDE_THE_CASE


def as_case(case: Case | Mapping[str, object]) -> Case:
    """The case a caller gave. Raises CallerError (InvalidEvidenceError) naming what is wrong with it."""
    return case if isinstance(case, Case) else parse_record(Case, case)


def _parsed(judgments: Evidence) -> list[Judgment]:
    ready = [judgment for judgment in judgments if isinstance(judgment, Judgment)]
    return ready if len(ready) == len(judgments) else parse_judgments(list(judgments))


def _builtin_prover() -> Verifies:
    from bayesian_verifier.judgment import Prover  # noqa: PLC0415 - Z3 takes 0.2 s to import

    return Prover(Rules.builtin())
