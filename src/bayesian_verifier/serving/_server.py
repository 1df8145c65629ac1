"""How does the process serve, and how does it leave?

On SIGTERM or SIGINT readiness flips first. What has reached this machine by then is answered; what comes later is
refused, and replies end their connections, until the door closes a moment later, so that whoever watches readiness
sends nothing into a closing door. Then the process ends with exit code 0. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from bayesian_verifier.serving._connection import Connection
from bayesian_verifier.serving._protocol import GuardedProtocol
from bayesian_verifier.serving._protocol_limits import ProtocolLimits

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

#: After so many turns of the loop it has begun with whatever had arrived on its connections: made, read, started.
TURNS_TO_SETTLE = 4
#: How long the inference thread may keep the interpreter from the event loop while it runs Python (5 ms by default):
#: a full queue is to be told so in less.
SWITCH_SECONDS = 0.0005


class DrainingServer(uvicorn.Server):
    """uvicorn's server, with a pause between "not ready" and closing the door.

    on_leave: called first.   on_drain: called once what had arrived has been taken in.
    drain_seconds: the pause.   on_listening: called once requests are taken.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_leave: Callable[[], None],
        on_drain: Callable[[], None],
        drain_seconds: float,
        on_listening: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_leave = on_leave
        self._on_drain = on_drain
        self._drain_seconds = drain_seconds
        self._on_listening = on_listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = False
        self._listeners: list[socket.socket] = []
        self._farewell: asyncio.Task[None] | None = None
        self._former_switch = sys.getswitchinterval()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        self._loop = asyncio.get_running_loop()
        self._listeners = sockets or []
        sys.setswitchinterval(SWITCH_SECONDS)
        await super().startup(sockets)
        self._on_listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave: gently at the first signal, at once at the second."""
        del sig, frame
        if self._leaving or self._loop is None:
            self.force_exit = self._leaving
            self.should_exit = True
            return
        self._leaving = True
        self._on_leave()
        self._loop.call_soon_threadsafe(self._begin_to_leave)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in whoever has connected already, close the door, answer what was accepted."""
        for listener in self._listeners:
            await self._accept_the_rest(listener)
        await super().shutdown(sockets)
        sys.setswitchinterval(self._former_switch)

    def _begin_to_leave(self) -> None:
        self._farewell = asyncio.get_running_loop().create_task(self._leave())

    async def _leave(self) -> None:
        """Take in what has arrived, refuse what comes later, and close the door after the pause."""
        for listener in self._listeners:
            await self._accept_the_rest(listener)
        for _ in range(TURNS_TO_SETTLE):
            await asyncio.sleep(0)
        self._on_drain()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.last_reply()
        await asyncio.sleep(self._drain_seconds)
        self.should_exit = True

    async def _accept_the_rest(self, listener: socket.socket) -> None:
        """Connections that the kernel has made and nobody has taken would be reset when the listener closes."""
        listener.setblocking(False)
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def server_of(
    app: FastAPI,
    *,
    keep_alive_seconds: int,
    drain_seconds: float,
    grace_seconds: float,
    log_level: str,
    head_seconds: float = 10.0,
    body_seconds: float = 10.0,
    head_bytes: int = 32_768,
    head_count: int = 100,
    connection_limit: int = 512,
    on_listening: Callable[[], None] = lambda: None,
) -> DrainingServer:
    """A server for an application of `create_app`; `run([listener])` serves until a signal ends it.

    keep_alive_seconds: an idle connection is kept, and a client may take to read a reply.
    drain_seconds: between "not ready" and a closed door.   grace_seconds: for accepted requests after that.
    head_seconds, body_seconds, head_bytes, head_count, connection_limit: see `ProtocolLimits`.
    """
    limits = ProtocolLimits(
        head_seconds=head_seconds,
        body_seconds=body_seconds,
        idle_seconds=keep_alive_seconds,
        head_bytes=head_bytes,
        head_count=head_count,
        connections=connection_limit,
    )
    protocol: Any = partial(GuardedProtocol, gate=app.state.gate, limits=limits)
    config = uvicorn.Config(
        app,
        loop="auto",
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level=log_level,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=max(1, round(grace_seconds)),
    )
    return DrainingServer(
        config,
        on_leave=app.state.service.leave,
        on_drain=app.state.service.drain,
        drain_seconds=drain_seconds,
        on_listening=on_listening,
    )
