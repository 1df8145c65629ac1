"""How does a connection wait for its client, and how does it end?

uvicorn's protocol waits for ever for what a client has begun to send, and for ever until a reply is taken; and it
closes a connection on which more is still coming, so that the client finds it reset before it can read why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bayesian_verifier.serving._limits import MAX_BODY_BYTES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

#: What is still coming on a connection that has had its last reply is taken in for so long, and dropped.
LINGER_SECONDS = 1.0
#: And no more than so many bytes of it.
LINGER_BYTES = MAX_BODY_BYTES
#: After so long the loop has read what lay in a socket when the server began to leave.
SETTLING_SECONDS = 0.05


class _ReplyTransport:
    """What an answer is written to: its `close` lets the client read to the end."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class Connection(HttpToolsProtocol):
    """A connection whose client is waited for with patience that ends.

    idle_seconds: between requests, and for a reply to be taken.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
        *,
        idle_seconds: float,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._idle_seconds = idle_seconds
        self._running: RequestResponseCycle | None = None
        self._ended = False
        self._leaving = False
        self._unfinished = False  # a request has begun to arrive and is not whole
        self._lingering = LINGER_BYTES
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None

    @property
    def answering(self) -> bool:
        """Whether a reply is owed."""
        return self._running is not None and not self._running.response_complete

    @property
    def idle(self) -> bool:
        """Whether neither side owes the other anything."""
        return not (self.answering or self._unfinished or self._ended)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._reply_transport: Any = _ReplyTransport(transport, self._end_with_reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it; whoever works on an answer learns of it."""
        self._ended = True
        self.stop_waiting()
        self._unset_keepalive_if_required()
        for timer in (self._write_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        if self._running is not None and not self._running.response_complete:
            # of pipelined requests uvicorn tells only the last
            self._running.disconnected = True
            self._running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more. What it asked in full is answered; the rest of half a request will not come."""
        if self._ended or self._unfinished or not self.answering:
            return False
        self.last_reply()
        return True

    def pause_writing(self) -> None:
        """The client takes replies more slowly than they are made."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self._idle_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def wait(self, seconds: float, then: Callable[[], None]) -> None:
        """Do `then` unless the client goes on in time; what is waited for already is waited for no longer."""
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, then)

    def stop_waiting(self) -> None:
        """The client has done what was waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def rest(self) -> None:
        """Nothing is owed: wait for the next request, or end where there will be none."""
        self._unset_keepalive_if_required()
        if self._leaving:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(
                self._idle_seconds, self.timeout_keep_alive_handler
            )

    def last_reply(self) -> None:
        """End with the reply that is owed last."""
        self._leaving = True
        if self.answering:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """The server leaves: what has begun to arrive is still answered, and with that the connection ends."""
        self.last_reply()
        self.loop.call_later(SETTLING_SECONDS, self._close_if_idle)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for too long; or the last reply was not even taken."""
        self.transport.abort()

    def end_gently(self) -> None:
        """Send what is written and an end; take in what still comes for a moment, so that the client can read it."""
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        self.stop_waiting()
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._end_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def drop(self, data: bytes) -> None:
        """Take in what nobody reads any more."""
        self._lingering -= len(data)
        if self._lingering < 0:
            self.transport.abort()

    def _end_with_reply(self) -> None:
        """The last reply is written."""
        if self._unfinished:
            self.end_gently()
        else:
            self.transport.close()
            self._end_timer = self.loop.call_later(self._idle_seconds, self.transport.abort)

    def _close_if_idle(self) -> None:
        if self.idle and not self.transport.is_closing():
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        cycle.transport = self._reply_transport
        super()._start_asgi_task(cycle, app)
