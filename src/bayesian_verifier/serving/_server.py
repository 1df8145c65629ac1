"""How does the process serve, and how does it leave?

On SIGTERM or SIGINT readiness flips first; the door closes a moment later, so that whoever watches
readiness sends nothing into a closing door; what was accepted is answered; then the process ends with exit
code 0. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI


class DrainingServer(uvicorn.Server):
    """uvicorn's server, with a pause between "not ready" and closing the door.

    on_drain: called first.   drain_seconds: the pause.   on_listening: called once requests are taken.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_drain: Callable[[], None],
        drain_seconds: float,
        on_listening: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_drain = on_drain
        self._drain_seconds = drain_seconds
        self._on_listening = on_listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        self._loop = asyncio.get_running_loop()
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
        self._on_drain()
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, self._close_door)

    def _close_door(self) -> None:
        self.should_exit = True


def server_of(
    app: FastAPI,
    *,
    keep_alive_seconds: int,
    drain_seconds: float,
    grace_seconds: float,
    log_level: str,
    on_listening: Callable[[], None] = lambda: None,
) -> DrainingServer:
    """A server for an application of `create_app`; `run([listener])` serves until a signal ends it.

    keep_alive_seconds: an idle connection is kept.   drain_seconds: between "not ready" and a closed door.
    grace_seconds: for accepted requests after that.
    """
    config = uvicorn.Config(
        app,
        loop="auto",
        http="httptools",
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
        on_drain=app.state.service.drain,
        drain_seconds=drain_seconds,
        on_listening=on_listening,
    )
