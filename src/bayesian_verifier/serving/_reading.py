"""How do bytes become a request that may be handed on?

As in uvicorn, but its line and headers are measured while they come, and nothing is made ready for an application
before it is known that the request is for one: under overload most are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools

from bayesian_verifier.serving._connection import Connection
from bayesian_verifier.serving._protocol_limits import HeadMeter
from bayesian_verifier.serving._request_head import head_without_upgrade

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from bayesian_verifier.serving._protocol_limits import ProtocolLimits


class Reading(Connection):
    """A connection on which requests are read. limits: what the client may take."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
        *,
        limits: ProtocolLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, loop, idle_seconds=limits.idle_seconds)
        self._limits = limits
        self._in_head = False
        self._head = HeadMeter(limits)
        self.headers, self.url = [], b""

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._head.add(len(url))
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer behind a body in chunks, which is counted and dropped (RFC 9110, section 6.5.1)."""
        self._head.add(len(name) + len(value) + len(b": \r\n"), headers=1)
        if self._in_head:
            # as uvicorn does, without another call for each header
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def _begin(self) -> None:
        """One more request."""
        self._in_head = True
        self._head.restart()
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def _feed(self, data: bytes) -> None:
        """Feed the parser. What asks for another protocol is read again as if it had not (RFC 9110, section 7.8)."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            head = head_without_upgrade(
                self.parser.get_method(), self.url, self.parser.get_http_version(), self.headers
            )
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            self._feed(head + data[upgrade.args[0] :])

    def _hand_on(self) -> None:
        """Begin the request for the application, which most are not under overload."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
