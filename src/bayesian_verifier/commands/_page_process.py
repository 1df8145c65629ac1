"""How does the service have the page beside it without being held up by it? In a process of its own.

Reading a journal takes the interpreter from a service that answers in a millisecond. So the page runs beside it, from
the first time that somebody asks for it; each request for it is handed on over a connection of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import h11

from bayesian_verifier.commands._beside import CONNECTION, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from bayesian_verifier.settings import Settings

_PROGRAM = "from bayesian_verifier.commands._page_child import main; main()"
#: headers of one connection, which say nothing of the next (RFC 9110, section 7.6.1)
_OF_A_CONNECTION = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
        b"content-length",
    )
)
#: no question of the page is longer; of a longer one the page need not see the rest to refuse it
_MOST_BODY = 16_384
_LOOK_SECONDS = 0.25
_CHUNK = 65_536
_AWAY = b'{"type":"urn:bayesian-verifier:problem:page-away","title":"The page is away","status":503,'
_AWAY += b'"detail":"its process has ended; it is started again with the next question"}'


class PageProcess:
    """An ASGI application that hands requests on. leaving: whether the service is about to go."""

    def __init__(self, settings: Settings, leaving: Callable[[], bool]) -> None:
        self._settings = settings
        self._leaving = leaving
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()

    def read_token_again(self) -> None:
        """Have the process read the token file again, if there is one."""
        control = self._control
        if control is not None:
            with contextlib.suppress(OSError):
                control.send(TOKEN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on, and its reply back."""
        body = await _body(receive)
        begun = False

        async def send_noted(message: dict[str, object]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        asking = asyncio.ensure_future(self._ask(scope, body, send_noted))  # type: ignore[arg-type]
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and asking.exception() is not None and not begun:
                await _say_away(send)
        finally:
            for task in (asking, gone):
                task.cancel()
            await asyncio.gather(asking, gone, return_exceptions=True)

    async def _ask(self, scope: Scope, body: bytes, send: Send) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=await self._connection())
        try:
            connection = h11.Connection(h11.CLIENT)
            for piece in _request(scope, body):
                writer.write(connection.send(piece) or b"")
            await self._hand_back(connection, reader, send)
        finally:
            writer.close()

    async def _hand_back(self, connection: h11.Connection, reader: asyncio.StreamReader, send: Send) -> None:
        """Send what comes, as it comes. Raises h11.RemoteProtocolError where it ends too early."""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                data = await self._read(reader)
                if data is None:
                    await send({"type": "http.response.body", "body": b""})
                    return
                connection.receive_data(data)
            elif isinstance(event, h11.Response):
                headers = [(name, value) for name, value in event.headers if name not in _HOPS]
                await send({"type": "http.response.start", "status": event.status_code, "headers": headers})
            elif isinstance(event, h11.Data):
                await send({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
            elif isinstance(event, h11.EndOfMessage):
                await send({"type": "http.response.body", "body": b""})
                return

    async def _read(self, reader: asyncio.StreamReader) -> bytes | None:
        """What comes next; None where the service leaves while nothing does."""
        reading = asyncio.ensure_future(reader.read(_CHUNK))
        try:
            while not (await asyncio.wait({reading}, timeout=_LOOK_SECONDS))[0]:
                if self._leaving():
                    return None
            return reading.result()
        finally:
            reading.cancel()

    async def _connection(self) -> socket.socket:
        """One end of a new connection, of which the process has the other. Raises OSError."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            async with self._starting:
                if self._process is None or self._process.poll() is not None:
                    await asyncio.get_running_loop().run_in_executor(None, self._start)
                assert self._control is not None  # noqa: S101 it was started
                socket.send_fds(self._control, [CONNECTION], [theirs.fileno()])
        return ours

    def _start(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [
                sys.executable,
                "-P",
                "-c",
                _PROGRAM,
                str(theirs.fileno()),
                self._settings.model_dump_json(),
            ]
            # nothing but what this process runs itself, with its own settings
            self._process = subprocess.Popen(  # noqa: S603
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )


_HOPS = _OF_A_CONNECTION - {b"content-length"}


def _request(scope: Scope, body: bytes) -> list[h11.Request | h11.Data | h11.EndOfMessage]:
    target = scope.get("raw_path") or scope["path"].encode()
    if scope.get("query_string"):
        target += b"?" + scope["query_string"]
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_A_CONNECTION]
    headers += [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    request = h11.Request(method=scope["method"].encode(), target=target, headers=headers)
    return [request, h11.Data(data=body), h11.EndOfMessage()]


async def _body(receive: Receive) -> bytes:
    """A request's body, cut where it is longer than any."""
    body = b""
    while len(body) <= _MOST_BODY:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    return body[:_MOST_BODY]


async def _disconnect(receive: Receive) -> None:
    """Return when whoever asked is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say_away(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(_AWAY))]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _AWAY})
