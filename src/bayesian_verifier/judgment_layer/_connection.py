"""One HTTP/1.1 connection without the waiting: which bytes to send, and what the bytes received amount to."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# A head is read in one go, which nothing interrupts: what it may cost is bounded by its length.
_HEAD = 8 * 1024
_CHUNK = 64 * 1024
_PIECE = 128 * 1024
# Few bytes can hold thousands of events, each dearer than its bytes.
_MOST_EVENTS, _LEAST_CHUNK, _AT_ONCE, _COST_OF_HINT = 256, 256, 8, 8


class BrokenOffError(ConnectionError):
    """The other side closed before its reply was complete."""


class NotHttpError(Exception):
    """What came is not a reply in HTTP, or greater than allowed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply. Header names are in lower case; of a repeated one the last value is kept."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Connection:
    """A socket and the state of HTTP on it, for one call at a time."""

    def __init__(self, family: int) -> None:
        self.socket = _socket(family)
        self.idle_since = 0.0
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._max_body = 0
        self._events = 0
        self.is_silent = True  # no byte of the reply has come
        self._head: h11.Response | None = None
        self._body = bytearray()

    def request(
        self, target: str, headers: list[tuple[str, str]], body: bytes, *, max_reply_bytes: int
    ) -> Iterator[bytes | memoryview]:
        """The bytes of a POST request in pieces, to be sent one after the other.

        One piece where it is short; handing some megabytes to the system at once takes milliseconds, in which nobody
        looks at the clock.
        """
        self.is_silent, self._head, self._max_body = True, None, max_reply_bytes
        self._body.clear()
        self._events = 0
        head = h11.Request(method="POST", target=target, headers=headers)
        parts = [self._http.send(head), self._http.send(h11.Data(body)), self._http.send(h11.EndOfMessage())]
        if len(body) <= _PIECE:
            return iter((b"".join(part for part in parts if part),))
        return _pieces(part for part in parts if part)

    @property
    def appetite(self) -> int:
        """How many bytes to receive next, at most."""
        return _HEAD if self._head is None else _CHUNK

    def received(self, data: bytes, in_time: Callable[[], object]) -> Reply | None:
        """The reply, once `data` completes it; empty data means that the other side closed.

        in_time: raises TimeoutError when there is no time to go on reading.
        Raises BrokenOffError, NotHttpError, and what `in_time` raises.
        """
        if not data and self.is_silent:
            raise BrokenOffError("closed without a reply")
        self.is_silent = False
        try:
            self._http.receive_data(data)
            return self._next(in_time)
        except h11.RemoteProtocolError as exc:
            if not data:
                raise BrokenOffError("closed in the middle of the reply") from exc
            raise NotHttpError(str(exc)) from exc

    def _next(self, in_time: Callable[[], object]) -> Reply | None:
        while (event := self._http.next_event()) is not h11.NEED_DATA:
            self._count(event, in_time)
            if isinstance(event, h11.Response):
                self._head = event
                self._check_size(int(dict(event.headers).get(b"content-length", b"0")))
            elif isinstance(event, h11.Data):
                self._body += event.data
                self._check_size(len(self._body))
            elif isinstance(event, h11.EndOfMessage) and self._head is not None:
                return Reply(self._head.status_code, dict(self._head.headers), bytes(self._body))
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                raise BrokenOffError("closed in the middle of the reply")
        return None

    def _count(self, event: object, in_time: Callable[[], object]) -> None:
        """Refuse more events than a reply is made of, and look at the clock among many."""
        self._events += _COST_OF_HINT if isinstance(event, h11.InformationalResponse) else 1
        if self._events > _MOST_EVENTS + self._max_body // _LEAST_CHUNK:
            raise NotHttpError("cut into too many pieces")
        if (
            self._events % _AT_ONCE == 0
        ):  # a whole reply is a few events: one that is here already is not late
            in_time()

    def _check_size(self, size: int) -> None:
        if size > self._max_body:
            raise NotHttpError(f"a body of more than {self._max_body} bytes")

    def is_reusable(self) -> bool:
        """Whether another request may be sent on it, having made it ready for one."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        if self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        return True

    def is_quiet(self) -> bool:
        """Whether an idle connection is still open, with nothing come that was not asked for."""
        try:
            self.socket.setblocking(False)
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def _socket(family: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        if family != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


def _pieces(parts: Iterable[bytes]) -> Iterator[memoryview]:
    for part in parts:
        whole = memoryview(part)
        for begin in range(0, len(whole), _PIECE):
            yield whole[begin : begin + _PIECE]
