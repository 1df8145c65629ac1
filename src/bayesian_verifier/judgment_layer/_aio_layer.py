"""Which option should be proposed to this person, and why? For callers in an event loop."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._layer_core import LayerCore, as_case
from bayesian_verifier.judgment_layer._parts import check_parts
from bayesian_verifier.policy import surroundings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment import Case, Feedback, Judgment
    from bayesian_verifier.judgment_layer._asks import Asks as MayBlock
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._controller import Controller
    from bayesian_verifier.judgment_layer._health import Health
    from bayesian_verifier.judgment_layer._layer_core import Asked, Concluded
    from bayesian_verifier.judgment_layer._ranking import Chooser
    from bayesian_verifier.judgment_layer._values import Assessment, Decision, Outcome
    from bayesian_verifier.policy import ABTest, Surroundings


class Asks(Protocol):
    """Whatever has an outcome for every question, in bounded time, without blocking the event loop."""

    async def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        """What the verifier says of a person with these judgments."""


@runtime_checkable
class AsksOnward(Asks, Protocol):
    """Whatever can also go on from what the verifier knows of a subject, and does where `keeps_state` is true."""

    @property
    def keeps_state(self) -> bool:
        """Whether it is to be told whose judgments they are."""

    async def posterior(
        self,
        judgments: Sequence[Judgment],
        *,
        subject: str | None = None,
        marks: Sequence[bytes] | None = None,
        trace_id: str | None = None,
    ) -> Outcome:
        """The same, of a subject whose history in the journal has these marks."""


class JudgmentLayer:
    """Chooses for people without blocking the event loop; otherwise as its blocking namesake.

    Files are read and written, and the prover asked, in threads. A judgment that was begun is recorded even
    if whoever waits for it is cancelled meanwhile.
    candidate: a client that may block, as it is asked in a thread.
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
        candidate: MayBlock | None = None,
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

    async def assess(
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
        concluded = await self._conclude(subject, judgments)
        self._core.follow(concluded)
        return concluded.assessment

    async def _conclude(
        self, subject: str | None, judgments: Sequence[Judgment | Mapping[str, object]] | None
    ) -> Concluded:
        asked = await asyncio.to_thread(self._core.ask, subject, judgments)
        outcome = await self._ask(asked)
        if outcome.reason is None:
            return self._core.conclude(asked, outcome)
        return await asyncio.to_thread(self._core.conclude, asked, outcome)

    async def _ask(self, asked: Asked) -> Outcome:
        history = asked.history
        try:
            if self._onward is None:
                return await self._client.posterior(history.judgments)
            return await self._onward.posterior(history.judgments, subject=asked.stream, marks=history.marks)
        except CallerError:
            raise
        except Exception as exc:  # noqa: BLE001 a client of another make: a person is waiting for a choice
            return self._core.failed_call(exc)

    async def judge(
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
        concluded = await self._conclude(subject, None)
        return await asyncio.to_thread(self._core.decide, parsed, subject, around, concluded)

    async def feedback(
        self, judgment_id: str, feedback: Feedback | None = None, reward: float | None = None
    ) -> bool:
        """Record what a person said of a judgment, or what it was worth to them; the latest word counts.

        reward: -3 to 3, on the scale of the advantage, never money. Whether it is in the journal now; if not,
        it is kept and written when it can be. Raises CallerError for an unknown judgment or no answer.
        """
        return await asyncio.to_thread(self._core.answer, judgment_id, feedback, reward)

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

    async def flush(self) -> bool:
        """Write lines that wait; whether none waits any more."""
        return await asyncio.to_thread(self._core.recorder.flush)

    async def aclose(self) -> None:
        """Write lines that wait, if that is possible now, and give what runs beside it a second to end."""
        await asyncio.to_thread(self._core.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
