"""A client that sends what it is told to, byte for byte, and reads replies with a parser that is not the server's."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import h11

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


class Reply(NamedTuple):
    """One reply; headers by lower-case name. interim: statuses of 1xx replies before it."""

    status: int
    headers: dict[str, str]
    body: bytes
    interim: tuple[int, ...]

    @property
    def problem(self) -> dict[str, Any]:
        """The body, which must be a problem document with the headers that every reply carries."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-request-id"]
        assert self.headers["x-model-version"]
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert all(document[name] for name in ("type", "title", "detail"))
        return document

    @property
    def kind(self) -> str:
        """The last part of a problem's type."""
        return str(self.problem["type"]).rpartition(":")[2]

    @property
    def closes(self) -> bool:
        """Whether it says that the connection ends with it."""
        return self.headers.get("connection") == "close"


class Raw:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(self, method: str = "POST") -> Reply | None:
        """The next reply; None where the connection ends instead, in order or not."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("host", "x"), ("content-length", "0")]))
        parser.send(h11.EndOfMessage())
        if self._rest:
            parser.receive_data(self._rest)
        status, headers, body, interim = 0, {}, b"", []
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                try:
                    data = self.connection.recv(65536)
                except ConnectionError:
                    return None
                if not data and not status:
                    return None
                parser.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._rest = parser.trailing_data[0]
                return Reply(status, headers, body, tuple(interim))
            else:
                return None

    def replies(self) -> list[Reply]:
        """All replies until the connection ends."""
        found = []
        while (one := self.reply()) is not None:
            found.append(one)
        return found

    def ended(self) -> bool:
        """Whether the server has ended the connection, and said nothing more."""
        return self.reply() is None


@contextmanager
def raw(client: httpx.Client, seconds: float = 60.0) -> Iterator[Raw]:
    """A connection to where a client's service listens; reading waits so many seconds at most."""
    place = (client.base_url.host, client.base_url.port)
    with socket.create_connection(place, timeout=seconds) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Raw(connection)


def post(body: bytes = b'{"judgments": []}', *lines: str, path: str = "/v1/posterior") -> bytes:
    """A request for a posterior, with more header lines."""
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *lines]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def get(path: str = "/health/live", *lines: str) -> bytes:
    """A request without a body, with more header lines."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()
