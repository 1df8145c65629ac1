"""What does the service read of HTTP, and what does it refuse unread?

The application says what is wrong with bodies; here is what it never sees: heads that are too slow, too long or
ambiguous, bodies that nobody reads, and requests that have no place in the queue. Each gets a problem document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.serving._connection import LINGER_SECONDS
from bayesian_verifier.serving._crowd import excess_with
from bayesian_verifier.serving._gate import log_fault
from bayesian_verifier.serving._headers import headers_of
from bayesian_verifier.serving._limits import MAX_BODY_BYTES, MAX_PIPELINED
from bayesian_verifier.serving._problems import (
    MalformedRequestError,
    RefusalError,
    SlowBodyError,
    SlowHeadError,
    TooLargeError,
    TooManyConnectionsError,
)
from bayesian_verifier.serving._reading import Reading
from bayesian_verifier.serving._receive import PATIENCE
from bayesian_verifier.serving._request_head import head_refusal, what_went_wrong

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from bayesian_verifier.serving._gate import Gate
    from bayesian_verifier.serving._protocol_limits import ProtocolLimits

#: Connections that are being told "too many" at the same time; any more are cut off without a word.
MOST_REFUSED = 64


class GuardedProtocol(Reading):
    """One connection. gate: asked before the application is.   limits: what the client may take."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        gate: Gate,
        limits: ProtocolLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop, limits=limits)
        self._gate = gate
        self._refused: Exception | None = None
        self._identity = ""
        self._dropping = self._is_work = self._hesitant = False
        self._body_bytes = 0
        self.last_heard = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many already and none that is idle."""
        super().connection_made(transport)
        self.last_heard = self._gate.clock()
        excess = excess_with(self, self.connections, self._limits.connections)
        if excess <= 0:
            self.wait(self._limits.head_seconds, self.transport.close)
        elif excess <= MOST_REFUSED:
            self._refuse(TooManyConnectionsError("as many connections are open as may be"))
        else:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        if self._ended or self._refused is not None:
            self.drop(data)
            return
        self._unset_keepalive_if_required()
        self.last_heard = self._gate.clock()
        was_in_head = self._in_head
        try:
            self._feed(data)
            if was_in_head and self._in_head:
                # nothing is heard of a name or value before it ends
                self._head.add(len(data))
        except Exception as error:  # noqa: BLE001 whatever it is, the client is told of it
            self._refuse(what_went_wrong(error))
            return
        self._wait_for_the_rest()

    def on_message_begin(self) -> None:
        """One more request."""
        if len(self.pipeline) >= MAX_PIPELINED:
            raise MalformedRequestError(f"more than {MAX_PIPELINED} requests ahead of their answers")
        self._unfinished = True
        self._dropping = self._is_work = self._hesitant = False
        self._body_bytes = 0
        self.stop_waiting()
        self._begin()

    def on_headers_complete(self) -> None:
        """The request is refused, dropped unread, or handed on to the application."""
        version, headers = self.parser.get_http_version(), headers_of(self.headers)
        if (refusal := head_refusal(version=version, target=self.url, headers=headers)) is not None:
            raise refusal
        self.expect_100_continue = self.expect_100_continue and version != "1.0"
        if self.parser.should_upgrade():
            return
        self._is_work = self._gate.is_work(self.parser.get_method(), self.url)
        if self._is_work and not self.answering:
            refusal = self._gate.refusal(self.url, headers)
            if refusal is not None:
                self._drop(refusal, headers)
        if not self._dropping:
            self._hand_on()
            self.scope["state"]["accepted"] = self._gate.open
            if self._is_last:
                self.last_reply()
            # a client that waits for "100 Continue" may or may not send its body after a refusal
            self._hesitant = self.expect_100_continue and self.cycle.keep_alive
            if self._hesitant:
                self.cycle.keep_alive = False
        self._in_head = False
        self.stop_waiting()

    def on_body(self, body: bytes) -> None:
        """A piece of the request's body."""
        self._body_bytes += len(body)
        if self._body_bytes > PATIENCE * MAX_BODY_BYTES:
            raise TooLargeError(f"the body is longer than {MAX_BODY_BYTES} bytes", unread=True)
        self._heard_body()
        if not self._dropping:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.parser.should_upgrade():
            return
        self._unfinished = False
        self.stop_waiting()
        self._heard_body()
        if not self._dropping:
            if self._is_work and self.cycle is self._running and self.answering:
                self.cycle.scope["state"]["ticket"] = self._gate.enter()
            super().on_message_complete()
        if not self.answering:
            self.rest()

    def on_response_complete(self) -> None:
        """An answer is out; the refusal that stood behind it may follow."""
        if self._ended:
            return
        super().on_response_complete()
        if self._refused is not None and not self.answering and not self.transport.is_closing():
            self._say(self._refused)

    @property
    def _is_last(self) -> bool:
        """Whether nothing can follow the request whose head has just come."""
        return self._leaving or self._gate.leaving

    def _heard_body(self) -> None:
        """The client has gone on to send the body, so it is known where the next request begins."""
        if self._hesitant:
            self._hesitant = False
            self.cycle.keep_alive = not (self._leaving or self.cycle.response_started)

    def _wait_for_the_rest(self) -> None:
        """What has begun must go on in time; so must what has not even begun, such as line ends alone."""
        if self._in_head:
            self.wait(self._limits.head_seconds, self._slow_head)
        elif self._unfinished:
            # where the application reads the body it says so itself before
            self.wait(self._limits.body_seconds + LINGER_SECONDS, self._slow_body)
        elif self.timeout_keep_alive_task is None and not self.answering:
            self.wait(self._limits.head_seconds, self.transport.close)

    def _slow_head(self) -> None:
        self._refuse(SlowHeadError(f"the headers were not complete after {self._limits.head_seconds:g} s"))

    def _slow_body(self) -> None:
        self._refuse(SlowBodyError(f"the body was not complete after {self._limits.body_seconds:g} s"))

    def _drop(self, refusal: RefusalError, headers: dict[bytes, bytes]) -> None:
        """Refuse at once, and take in the body without keeping it; raises where the connection should end with it."""
        if self._is_last or self.expect_100_continue or not self.parser.should_keep_alive():
            raise refusal
        self._dropping = True
        identity = self._gate.identity_of(headers)
        self.transport.write(
            self._gate.said(refusal, self.url, identity, arrived=self.last_heard, close=False)
        )

    def _refuse(self, error: Exception) -> None:
        """Read no more; answer what was asked before, then refuse, or own up to a fault, then end."""
        headers = headers_of(self.headers)
        self._refused, self._identity = error, self._gate.identity_of(headers)
        if not isinstance(error, RefusalError):
            log_fault(error, self._identity, headers)
        self.stop_waiting()
        if self._unfinished and not self._in_head and not self._forget_the_last():
            self.end_gently()
        elif not self.answering:
            self._say(error)

    def _forget_the_last(self) -> bool:
        """The request that is not whole is not for the application any more; False where it has its answer."""
        if self._dropping or self.cycle.response_started:
            return False
        if self.pipeline and self.pipeline[0][0] is self.cycle:
            self.pipeline.popleft()
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._running = None
        return True

    def _say(self, error: Exception) -> None:
        arrived = self.last_heard
        self.transport.write(self._gate.said(error, self.url, self._identity, arrived=arrived, close=True))
        self.end_gently()
