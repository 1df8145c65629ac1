"""How is the verifier asked, from an event loop?"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Self

from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
from bayesian_verifier.judgment_layer._call import Came, Connect, Find, Send, Step, Steps
from bayesian_verifier.judgment_layer._client_core import Attempt, ClientCore
from bayesian_verifier.judgment_layer._connection import NotHttpError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._resolver import Lookup
    from bayesian_verifier.judgment_layer._values import Outcome, Phase

_CHUNK = 1 << 16


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
        max_reply_bytes: int = 1 << 20,
        clock: Callable[[], float] = time.monotonic,
        lookup: Lookup = socket.getaddrinfo,
    ) -> None:
        self._core = ClientCore(url, timeout, token, breaker, keep_alive, max_reply_bytes, clock, lookup)

    async def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        """What the verifier says of a person with these judgments, oldest first; the newest 512 are sent.

        trace_id: 32 lower-case hexadecimal digits, else a new one. Never raises for what the verifier does.
        """
        attempt = Attempt(self._core, judgments, trace_id)
        try:
            if attempt.is_allowed:
                attempt.replied(await _drive(attempt.steps()))
        except (OSError, NotHttpError) as exc:
            attempt.failed(exc)
        finally:
            attempt.close()
        return attempt.outcome()

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
        # shielded: the answer serves later calls too
        return await asyncio.shield(asyncio.wrap_future(step.addresses))
    if isinstance(step, Connect):
        await loop.sock_connect(step.socket, step.where)
        return None
    if isinstance(step, Send):
        await loop.sock_sendall(step.socket, step.data)
        return None
    return await loop.sock_recv(step.socket, _CHUNK)
