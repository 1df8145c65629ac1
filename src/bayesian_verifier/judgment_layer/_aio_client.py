"""How is the verifier asked, from an event loop?"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Self

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
from bayesian_verifier.judgment_layer._call import Came, Connect, Find, Send, Step, Steps
from bayesian_verifier.judgment_layer._client_core import ClientCore
from bayesian_verifier.judgment_layer._connection import NotHttpError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from opentelemetry.trace import Tracer

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._attempt import Attempt
    from bayesian_verifier.judgment_layer._resolver import Lookup
    from bayesian_verifier.judgment_layer._values import Outcome, Phase


class VerifierClient:
    """Asks the verifier for posteriors without blocking the event loop; otherwise as its blocking namesake.

    Connections belong to no event loop: one client may serve several, one after the other or in threads.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        timeout: float = 0.050,
        token: str | None = None,
        *,
        breaker: BreakerPolicy = BreakerPolicy(),  # noqa: B008 a frozen value
        keep_alive: float = 30.0,
        max_reply_bytes: int = 1 << 16,
        keep_state: bool = False,
        most_states: int = 1000,
        clock: Callable[[], float] = time.monotonic,
        lookup: Lookup = socket.getaddrinfo,
        tracer: Tracer | None = None,
    ) -> None:
        if most_states < 1:
            raise CallerError(f"expected most_states of 1 or more, got {most_states!r}")
        self._core = ClientCore(
            url,
            timeout,
            token,
            breaker,
            keep_alive,
            max_reply_bytes,
            most_states=most_states if keep_state else 0,
            clock=clock,
            lookup=lookup,
            tracer=tracer,
        )

    async def posterior(
        self,
        judgments: Sequence[Judgment],
        *,
        subject: str | None = None,
        marks: Sequence[bytes] | None = None,
        trace_id: str | None = None,
    ) -> Outcome:
        """What the verifier says of a person with these judgments, oldest first; the newest 512 count.

        subject: whose they are, which is never sent; where states are kept only what is new of this subject is.
        marks: `History.marks` where the judgments are a journal's; else they are made, at the cost of them all.
        trace_id: 32 lower-case hexadecimal digits, else a new one. Never raises for what the verifier does.
        """
        asking = self._core.about_one(judgments, subject, marks, trace_id)
        for attempt in asking.attempts():
            await _carry_out(attempt)
        return asking.outcomes()[0]

    async def posteriors(
        self,
        many: Sequence[Sequence[Judgment]],
        *,
        subjects: Sequence[str | None] | None = None,
        marks: Sequence[Sequence[bytes] | None] | None = None,
        trace_id: str | None = None,
    ) -> list[Outcome]:
        """What the verifier says of each of many people, in order, all within the time of one call.

        subjects, marks: one for each, as `posterior` takes them. 64 people go into a request; those whose turn
        does not come in time have the outcome "timeout". Never raises for what the verifier does.
        Raises CallerError where there are not as many subjects or marks as lists.
        """
        asking = self._core.about_many(many, subjects, marks, trace_id)
        for attempt in asking.attempts():
            await _carry_out(attempt)
        return asking.outcomes()

    @property
    def keeps_state(self) -> bool:
        """Whether it goes on from what the verifier has summed of a subject."""
        return self._core.keeps_state

    def forget(self, subject: str) -> None:
        """Drop what is kept of a subject."""
        self._core.forget(subject)

    @property
    def breaker(self) -> Phase:
        """Phase of the circuit breaker."""
        return self._core.breaker

    @property
    def timeout(self) -> float:
        """Seconds for a call in all."""
        return self._core.timeout

    async def aclose(self) -> None:
        """Close idle connections; the client may be used again."""
        self._core.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def _carry_out(attempt: Attempt) -> None:
    """Make a request, if it may be made, and note what came of it."""
    try:
        if attempt.is_allowed:
            attempt.replied(await _drive(attempt.steps()))
    except (OSError, NotHttpError) as exc:
        attempt.failed(exc)
    finally:
        attempt.close()


async def _drive(steps: Steps) -> Reply:
    """Carry out the steps of a call in the event loop. Raises what the call raises."""
    try:
        step = next(steps)
        while True:
            try:
                async with asyncio.timeout(step.seconds):
                    came = await _wait(step)
            except OSError as exc:
                step = steps.throw(exc)
            else:
                step = steps.send(came)
    except StopIteration as stop:
        reply: Reply = stop.value
        return reply
    finally:
        steps.close()


async def _wait(step: Step) -> Came:
    loop = asyncio.get_running_loop()
    if isinstance(step, Find):
        return await step.addresses.awaited()
    if isinstance(step, Connect):
        if step.socket.family == socket.AF_UNIX:
            # done or refused at once; a loop would take "queue full" for "not yet" and call it connected
            step.socket.connect(step.where)
        else:
            await loop.sock_connect(step.socket, step.where)
        return None
    if isinstance(step, Send):
        await loop.sock_sendall(step.socket, step.data)
        return None
    return await loop.sock_recv(step.socket, step.most)
