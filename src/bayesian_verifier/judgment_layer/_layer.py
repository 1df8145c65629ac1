"""Which option should be proposed to this person, and why? For callers that may block."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Self

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._asks import AsksOnward
from bayesian_verifier.judgment_layer._layer_core import LayerCore, as_case
from bayesian_verifier.judgment_layer._parts import check_parts
from bayesian_verifier.policy import surroundings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment import Case, Feedback, Judgment
    from bayesian_verifier.judgment_layer._asks import Asks
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._controller import Controller
    from bayesian_verifier.judgment_layer._health import Health
    from bayesian_verifier.judgment_layer._layer_core import Asked, Concluded
    from bayesian_verifier.judgment_layer._ranking import Chooser
    from bayesian_verifier.judgment_layer._values import Assessment, Decision, Outcome
    from bayesian_verifier.policy import ABTest, Surroundings


class JudgmentLayer:
    """Chooses for people: asks the verifier, else the controller, has the choice verified, and records it.

    client: asks the verifier, within its own time limit; one that `AsksOnward` sends only what is new.
    controller: stands in for it.
    journal: where judgments are recorded and histories read.
    max_sd: a posterior of greater sd is not used.   max_sds: the same of further parameters, by name, where the
    verifier's model has them.   prover: checks the rules; by default the built-in ones.
    most_waiting, most_waiting_bytes: lines kept in memory, and about how many bytes of them, while the journal
    cannot be written.   history_timeout: seconds an assessment waits for a history to be read from the journal.
    controller_timeout: seconds it waits for a controller or a chooser that is not our own; ours is called where it is
    needed.   chooser: ranks options in place of expected worth.   ab_test: for whom, else for everybody.
    shadow: share of the calls that the verifier answered which the controller then answers as well, for the
    record; 0 for none.   chance: numbers even on [0, 1), one for each of those calls.
    candidate: asks another model what the verifier was asked, in a thread, for the record alone.
    clock: nanoseconds since 1970.   monotonic: seconds.
    Safe among threads and after a fork.
    """

    def __init__(
        self,
        client: Asks,
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
        check_parts(client=client, controller=controller, prover=prover, chooser=chooser, candidate=candidate)
        self._client = client
        self._onward = client if isinstance(client, AsksOnward) and client.keeps_state else None
        self._core = LayerCore(
            controller,
            journal,
            max_sd=max_sd,
            max_sds=max_sds,
            prover=prover,
            most_waiting=most_waiting,
            most_waiting_bytes=most_waiting_bytes,
            history_timeout=history_timeout,
            controller_timeout=controller_timeout,
            chooser=chooser,
            ab_test=ab_test,
            shadow=shadow,
            chance=chance,
            candidate=candidate,
            clock=clock,
            monotonic=monotonic,
        )

    def assess(
        self,
        subject: str | None = None,
        judgments: Sequence[Judgment | Mapping[str, object]] | None = None,
    ) -> Assessment:
        """How much risk a person wants; never raises for what the verifier, the controller or the journal does.

        Nor does it wait beyond `history_timeout`, the client and `controller_timeout`.
        judgments: evidence, oldest first, of which the newest 512 count; by default the subject's answered
        judgments in the journal.
        Raises CallerError for judgments that break a rule.
        """
        concluded = self._conclude(subject, judgments)
        self._core.follow(concluded)
        return concluded.assessment

    def _conclude(
        self, subject: str | None, judgments: Sequence[Judgment | Mapping[str, object]] | None
    ) -> Concluded:
        asked = self._core.ask(subject, judgments)
        return self._core.conclude(asked, self._ask(asked))

    def _ask(self, asked: Asked) -> Outcome:
        history = asked.history
        try:
            if self._onward is None:
                return self._client.posterior(history.judgments)
            return self._onward.posterior(history.judgments, subject=asked.stream, marks=history.marks)
        except CallerError:
            raise
        except Exception as exc:  # noqa: BLE001 a client of another make: a person is waiting for a choice
            return self._core.failed_call(exc)

    def judge(
        self,
        case: Case | Mapping[str, object],
        subject: str | None = None,
        surroundings: Surroundings | Mapping[str, object] | None = None,
    ) -> Decision:
        """Choose an option for a person, verify it, and record both.

        The option of greatest posterior-expected worth, or of greatest score by the chooser, among those that no rule
        refutes; `unknown` may be chosen and is said; where all are refuted `chosen` is None.
        surroundings: what a chooser may know beside the case; see `Surroundings`.
        Raises CallerError for a case or surroundings that are none.
        """
        parsed = as_case(case)
        around = surroundings_of(surroundings, parsed)
        return self._core.decide(parsed, subject, around, self._conclude(subject, None))

    def feedback(
        self, judgment_id: str, feedback: Feedback | None = None, reward: float | None = None
    ) -> bool:
        """Record what a person said of a judgment, or what it was worth to them; the latest word counts.

        reward: -3 to 3, on the scale of the advantage, never money. Whether it is in the journal now; if not,
        it is kept and written when it can be. Raises CallerError for an unknown judgment or no answer.
        """
        return self._core.answer(judgment_id, feedback, reward)

    @property
    def waiting(self) -> int:
        """Lines that wait for the journal."""
        return self._core.recorder.waiting

    @property
    def lost(self) -> int:
        """Lines given up because too many waited."""
        return self._core.recorder.lost

    def health(self) -> Health:
        """How the layer has fared in this process: lines that wait or are lost, failures, the shadow, the candidate."""
        return self._core.health()

    def flush(self) -> bool:
        """Write lines that wait; whether none waits any more."""
        return self._core.recorder.flush()

    def close(self) -> None:
        """Write lines that wait, if that is possible now, and give what runs beside it a second to end."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
