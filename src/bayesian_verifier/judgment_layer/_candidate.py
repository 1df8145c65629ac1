"""What would another model have said of each person who was asked about, before anything rests on it?

A model is not put in the place of another one on the word of its own report. So a candidate, served by a service of its
own, is asked what the served model was asked, once the person has their answer, and the journal gets a line of both. It
is asked in a thread that nobody waits for; where it is slower than people ask, calls are left out and counted.
"""

from __future__ import annotations

import inspect
import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BayesianVerifierError, CallerError
from bayesian_verifier.journal import RecordedPosterior
from bayesian_verifier.judgment_layer._asks import asking
from bayesian_verifier.judgment_layer._health import CandidateHealth
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.judgment_layer._queue_beside import QueueBeside
from bayesian_verifier.judgment_layer._values import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import History, Journal
    from bayesian_verifier.judgment_layer._asks import Asks
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._chosen import Chosen
    from bayesian_verifier.judgment_layer._values import Posterior, Reason
    from bayesian_verifier.posterior import Belief

_log = logging.getLogger(__name__)

# A history is up to 512 judgments, which the layer keeps anyway: what waits here is a name and a posterior.
_MOST_WAITING = 100


class Call(NamedTuple):
    """A question that the served model was asked, and what came of it.

    stream: the subject, where the history is the one in the journal.   reason: why its answer is not used.
    at: nanoseconds since 1970.   chosen: None where nothing was to be chosen.
    """

    subject: str | None
    history: History
    stream: str | None
    outcome: Outcome
    reason: Reason | None
    at: int
    chosen: Chosen | None


class _Counts:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = self.dropped = self.failed = self.unrecorded = 0
        self.told = 0  # of those dropped, how many the journal knows


class Candidate:
    """Asks the candidate beside calls, and writes down what both said.

    client: asks it, within its own time limit and with its own breaker, and may block.
    reason_against: why the layer would not use what it says.
    Raises CallerError for a client that has to be awaited.
    """

    def __init__(
        self,
        client: Asks,
        reason_against: Callable[[Outcome], Reason | None],
        journal: Journal,
        prover: Verifies,
    ) -> None:
        if inspect.iscoroutinefunction(client.posterior):
            raise CallerError(
                "expected a candidate that may block, bayesian_verifier.VerifierClient: it is asked in a thread"
            )
        self._ask = asking(client)
        self._reason_against = reason_against
        self._journal = journal
        self._prover = prover
        self._here = PerProcess(_Counts).here
        self._queue = QueueBeside(_MOST_WAITING)

    def put(self, call: Call) -> None:
        """Have the candidate asked when its turn comes; a call is left out where too many wait."""
        counts = self._here()
        if not self._queue.put(lambda: self._run(call, counts)):
            with counts.lock:
                counts.dropped += 1

    def _run(self, call: Call, counts: _Counts) -> None:
        counts.asked += 1
        said = self._answered(call)
        counts.failed += said["posterior"] is None
        dropped = counts.dropped
        fields = {
            "judgment": None if call.chosen is None else call.chosen.judgment,
            "trace_id": call.outcome.trace_id,
            "subject": call.subject,
            "evidence": len(call.history.judgments),
            "served": self._served(call),
            "candidate": said,
            "dropped": dropped - counts.told,
        }
        try:
            self._journal.append("candidate", fields, at=call.at)
            counts.told = dropped
        except BayesianVerifierError as exc:
            counts.unrecorded += 1
            _log.warning("what the candidate said is not recorded: %s", exc)

    def _served(self, call: Call) -> dict[str, object]:
        made = None if call.reason is not None or call.chosen is None else call.chosen.choice.chosen
        return _told(call.outcome, call.reason) | {"chosen": made}

    def _answered(self, call: Call) -> dict[str, object]:
        outcome = self._outcome(call)
        reason = self._reason_against(outcome)
        said = _told(outcome, reason)
        posterior = outcome.posterior
        if call.chosen is None or posterior is None or reason is not None:
            return said | {"chosen": None}
        return said | {"chosen": call.chosen.by(posterior.belief, self._prover, posterior.others).chosen}

    def _outcome(self, call: Call) -> Outcome:
        trace_id = call.outcome.trace_id
        try:
            return self._ask(call.history, call.stream, trace_id)
        except Exception as exc:  # noqa: BLE001 a client of another make
            _log.error("the candidate's client failed", exc_info=exc)
            said = f"its client failed: {type(exc).__name__}"
            return Outcome(None, "unreachable", said, "closed", 0.0, trace_id)

    def wait(self, seconds: float) -> bool:
        """Wait for those whose turn is to come; whether none is left."""
        return self._queue.wait(seconds)

    @property
    def health(self) -> CandidateHealth:
        """How it has fared in this process."""
        counts = self._here()
        return CandidateHealth(
            asked=counts.asked,
            waiting=self._queue.waiting,
            dropped=counts.dropped,
            failed=counts.failed,
            unrecorded=counts.unrecorded,
        )


def _told(outcome: Outcome, reason: Reason | None) -> dict[str, object]:
    """An outcome as the journal's `AnsweredBy`, but for what would be chosen."""
    posterior = outcome.posterior
    return {
        "reason": reason,
        "model_version": None if posterior is None else posterior.model_version,
        "trustworthy": None if posterior is None else posterior.trustworthy,
        "posterior": None if posterior is None else _beliefs(posterior),
        "elapsed_ms": round(outcome.elapsed_ms, 3),
    }


def _beliefs(posterior: Posterior) -> dict[str, object]:
    named: dict[str, Belief] = {"risk_aversion": posterior.belief, **posterior.others}
    return {
        name: RecordedPosterior.of(belief).model_dump(exclude_none=True) for name, belief in named.items()
    }
