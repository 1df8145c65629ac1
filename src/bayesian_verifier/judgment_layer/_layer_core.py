"""What do the blocking and the asynchronous Judgment Layer share? Everything but asking the verifier."""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import MOST_ANSWERED, History, Journal, check_answer
from bayesian_verifier.judgment import Case, Judgment, Rules, parse_judgments, parse_record
from bayesian_verifier.judgment_layer._candidate import Call, Candidate
from bayesian_verifier.judgment_layer._comments import explain_fallback, explain_posterior, gaps
from bayesian_verifier.judgment_layer._deciding import Deciding
from bayesian_verifier.judgment_layer._health import Health
from bayesian_verifier.judgment_layer._ranking import Ranking
from bayesian_verifier.judgment_layer._reader import Reader
from bayesian_verifier.judgment_layer._recorder import Recorder
from bayesian_verifier.judgment_layer._shadow import Seen, Shadow
from bayesian_verifier.judgment_layer._standby import Standby
from bayesian_verifier.judgment_layer._values import Assessment, Outcome
from bayesian_verifier.judgment_layer._width import Width
from bayesian_verifier.judgment_layer._written import answer_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.judgment import Feedback
    from bayesian_verifier.judgment_layer._asks import Asks
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._chosen import Chosen
    from bayesian_verifier.judgment_layer._controller import Controller
    from bayesian_verifier.judgment_layer._ranking import Chooser
    from bayesian_verifier.judgment_layer._values import Decision, Reason
    from bayesian_verifier.policy import ABTest, Surroundings
    from bayesian_verifier.posterior import Belief

    Evidence = Sequence[Judgment | Mapping[str, object]]

_log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What the verifier is asked about, and since when, in monotonic seconds.

    stream: the subject, where the history is the one in the journal, which grows from call to call.
    is_late: whether the journal may hold more of this person.
    """

    subject: str | None
    history: History
    since: float
    stream: str | None
    is_late: bool = False


class Concluded(NamedTuple):
    """An assessment, and the calls to be put to others as well when the person has their answer.

    seen: to the controller, None for most.   call: to the candidate, None where there is none.
    """

    assessment: Assessment
    seen: Seen | None
    call: Call | None


class LayerCore:
    """See the Judgment Layer for what each argument means."""

    def __init__(
        self,
        controller: Controller,
        journal: Journal,
        *,
        max_sd: float = 0.6,
        max_sds: Mapping[str, float] | None = None,
        prover: Verifies | None = None,
        most_waiting: int = 1000,
        most_waiting_bytes: int = 1 << 24,
        history_timeout: float = 0.05,
        controller_timeout: float = 1.0,
        chooser: Chooser | None = None,
        ab_test: ABTest | None = None,
        shadow: float = 0.01,
        chance: Callable[[], float] = random.random,
        candidate: Asks | None = None,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not isinstance(journal, Journal):
            raise CallerError(f"expected a Journal, such as Journal('judgments.jsonl'), got {journal!r}")
        if not controller_timeout > 0:
            raise CallerError(f"expected controller_timeout above 0, got {controller_timeout!r}")
        self._journal = journal
        self._width = Width(max_sd, max_sds)
        checks = _builtin_prover() if prover is None else prover
        self._clock = clock
        self._monotonic = monotonic
        self._standby = Standby(controller, controller_timeout)
        self._ranking = Ranking(chooser, ab_test, controller_timeout)
        self._lock = threading.Lock()
        self._client_failures = 0
        self.recorder = Recorder(most_waiting, most_bytes=most_waiting_bytes, monotonic=monotonic)
        self._deciding = Deciding(self._ranking, checks, journal, self.recorder, clock)
        self.shadow = Shadow(shadow, chance, self._standby, journal, checks, monotonic)
        self.candidate = (
            None if candidate is None else Candidate(candidate, self._reason_against, journal, checks)
        )
        self._reader = Reader(journal, history_timeout)

    def ask(self, subject: str | None, judgments: Evidence | None) -> Asked:
        """What to ask the verifier: the judgments given, else the subject's in the journal.

        Raises CallerError (InvalidEvidenceError) for judgments given that are none, or a subject that is no text.
        """
        since = self._monotonic()
        if subject is None:
            known, is_late = History(), False
        elif isinstance(subject, str):
            known, is_late = self._reader.of(subject)
        else:
            raise CallerError(f"expected a subject as text or None, got {type(subject).__name__}")
        if judgments is None:
            return Asked(subject, known, since, None if is_late else subject, is_late)
        parsed = _parsed(judgments)
        given = known._replace(judgments=tuple(parsed[-MOST_ANSWERED:]), marks=())
        return Asked(subject, given, since, None)

    def failed_call(self, exc: Exception) -> Outcome:
        """What it means that a client raised, which none should."""
        with self._lock:
            self._client_failures += 1
        _log.error("the client failed", exc_info=exc)
        said = f"its client failed: {type(exc).__name__}"
        return Outcome(None, "unreachable", said, "closed", 0.0, uuid.uuid4().hex)

    def conclude(self, asked: Asked, outcome: Outcome) -> Concluded:
        """The verifier's answer where it can be used, else the controller's."""
        reason = self._reason_against(outcome)
        posterior, now = outcome.posterior, self._clock()
        call = None
        if self.candidate is not None:
            call = Call(asked.subject, asked.history, asked.stream, outcome, reason, now, None)
        if posterior is not None and reason is None:
            explanation = explain_posterior(posterior, len(asked.history.judgments))
            assessment = self._assessment(posterior.belief, explanation, None, asked, outcome)
            if self.shadow.takes():
                seen = asked.subject, asked.history, posterior.belief, posterior.model_version
                return Concluded(assessment, Seen(*seen, outcome.trace_id, now, None), call)
            self._standby.remember(asked.subject, asked.history.epoch, posterior.belief, now / 1e9)
            return Concluded(assessment, None, call)
        fallback = self._standby.assess(asked.subject, asked.history, now / 1e9)
        why: Reason = reason or "invalid_reply"
        too_wide = "" if posterior is None else self._width.excess(posterior) or ""
        explanation = explain_fallback(why, outcome, fallback, too_wide)
        return Concluded(self._assessment(fallback.belief, explanation, why, asked, outcome), None, call)

    def _reason_against(self, outcome: Outcome) -> Reason | None:
        """Why the verifier's answer cannot be used; None if it can."""
        posterior = outcome.posterior
        if posterior is None:
            return outcome.reason
        if posterior.informative == 0:
            return "no_evidence"
        if not posterior.trustworthy:
            return "untrustworthy"
        return None if self._width.excess(posterior) is None else "wide_posterior"

    def _assessment(
        self, belief: Belief, explanation: str, reason: Reason | None, asked: Asked, outcome: Outcome
    ) -> Assessment:
        epoch, told = asked.history.epoch, asked.stream is not None or asked.is_late
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
            explanation=explanation + gaps(epoch if told else None, is_late=asked.is_late),
            epoch=None if epoch is None else epoch.id,
            others={} if reason is not None or outcome.posterior is None else outcome.posterior.others,
        )

    def follow(self, concluded: Concluded, chosen: Chosen | None = None) -> None:
        """Put a call to others too, now that the person has their answer."""
        if (seen := concluded.seen) is not None and not self.shadow.begin(seen._replace(chosen=chosen)):
            self._standby.remember(seen.subject, seen.history.epoch, seen.belief, seen.at / 1e9)
        if self.candidate is not None and concluded.call is not None:
            self.candidate.put(concluded.call._replace(chosen=chosen))

    def decide(
        self, case: Case, subject: str | None, surroundings: Surroundings, concluded: Concluded
    ) -> Decision:
        """Choose, verify and record. Raises CallerError for what no journal can hold."""
        decision, chosen = self._deciding.decide(case, subject, surroundings, concluded.assessment)
        self.follow(concluded, chosen)
        return decision

    def answer(self, judgment_id: str, feedback: Feedback | None, reward: float | None) -> bool:
        """Record feedback; whether it is in the journal now. Raises CallerError for an unknown judgment."""
        if not isinstance(judgment_id, str):
            raise CallerError(
                f"expected a judgment's id, such as decision.id, got a {type(judgment_id).__name__}"
            )
        check_answer(feedback, reward)
        if not self.recorder.holds(judgment_id) and not self._may_know(judgment_id):
            raise CallerError(f"no judgment {judgment_id!r} in {self._journal.path}")
        return self.recorder.record(answer_line(self._journal, judgment_id, feedback, reward, self._clock()))

    def _may_know(self, judgment_id: str) -> bool:
        try:
            return self._journal.knows(judgment_id)
        except JournalError as exc:
            # an answer is too dear to be refused because of a disk: it is looked up when it is written
            _log.warning("cannot look up judgment %s: %s", judgment_id, exc)
            return True

    def health(self) -> Health:
        """How the layer has fared in this process."""
        return Health(
            waiting=self.recorder.waiting,
            waiting_bytes=self.recorder.waiting_bytes,
            lost=self.recorder.lost,
            write_failures=self.recorder.failures,
            late_histories=self._reader.late,
            client_failures=self._client_failures,
            controller_failures=self._standby.failures,
            chooser_failures=self._ranking.failures,
            shadow=self.shadow.health,
            candidate=None if self.candidate is None else self.candidate.health,
        )

    def close(self) -> None:
        """Write lines that wait, if that is possible now, and give what runs beside a second to end."""
        self.shadow.wait(1.0)
        if self.candidate is not None:
            self.candidate.wait(1.0)
        self.recorder.close()


def as_case(case: Case | Mapping[str, object]) -> Case:
    """The case a caller gave. Raises CallerError (InvalidEvidenceError) naming what is wrong with it."""
    return case if isinstance(case, Case) else parse_record(Case, case)


def _parsed(judgments: Evidence) -> list[Judgment]:
    ready = [judgment for judgment in judgments if isinstance(judgment, Judgment)]
    return ready if len(ready) == len(judgments) else parse_judgments(list(judgments))


def _builtin_prover() -> Verifies:
    from bayesian_verifier.judgment import Prover  # noqa: PLC0415 - Z3 takes 0.2 s to import

    return Prover(Rules.builtin())
