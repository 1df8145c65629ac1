"""The page in a process of its own: what does it serve, and when does it end?

A service starts it and hands it connections one by one over a socket that it inherits. It listens nowhere, gives way to
whoever wants the processor, and ends when the service does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, cast

from bayesian_verifier.commands._beside import TOKEN
from bayesian_verifier.commands._page import Rules, dashboard_of
from bayesian_verifier.commands._page_server import PageServer, page_config
from bayesian_verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import uvicorn

_POLITE = 10  # of nice(2)
_MOST_AT_ONCE = 16


class GivenServer(PageServer):
    """Serves connections that come over a socket. read_again: called when the token is to be read again."""

    def __init__(
        self, config: uvicorn.Config, control: socket.socket, read_again: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._control = control
        self._read_again = read_again
        self._welcomes: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets)
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._told)

    def _told(self) -> None:
        """One message: its bytes say what it is, and the end that the service is gone."""
        try:
            said, given, _, _ = socket.recv_fds(self._control, 1, _MOST_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            said, given = b"", []
        loop = asyncio.get_running_loop()
        for fd in given:
            connection = socket.socket(fileno=fd)
            connection.setblocking(False)
            task = loop.create_task(self._welcome(loop, connection))
            self._welcomes.add(task)
            task.add_done_callback(self._welcomes.discard)
        if said == TOKEN:
            self._read_again()
        elif not said:
            loop.remove_reader(self._control.fileno())
            self.should_exit = True

    async def _welcome(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whoever asked is gone already
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def main() -> None:
    """Serve until the service is gone. The command line: the socket's descriptor, and the settings as JSON."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = Settings.model_validate_json(sys.argv[2])
    logging.basicConfig(level=settings.log_level.upper())
    with contextlib.suppress(OSError):
        os.nice(_POLITE)
    # a terminal's ^C is for the service, which ends this process when it has answered
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rules = Rules(settings)
    server: GivenServer | None = None
    page = dashboard_of(settings, rules, leaving=lambda: server is not None and server.should_exit)
    server = GivenServer(page_config(page.app), control, rules.read_again)
    try:
        server.run([])
    finally:
        page.close()
