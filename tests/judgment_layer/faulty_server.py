"""A real server on real sockets that can be told to do anything wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

QUANTILES = {"0.05": 0.3, "0.25": 0.49, "0.5": 0.6, "0.75": 0.72, "0.95": 0.92}


@dataclass(frozen=True)
class Request:
    """What a client sent; header names in lower case."""

    connection: int
    target: str
    headers: dict[str, str]
    body: bytes


# Given the socket, what was asked, and when to stop, does whatever it does; True to serve the connection on.
Behaviour = Callable[[socket.socket, Request, threading.Event], bool]


def document(request: Request, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 any part of a document
    """A posterior as the contract has it, with some of its parts replaced."""
    judgments = len(json.loads(request.body)["judgments"])
    return {
        "request_id": request.headers["x-request-id"],
        "model": {"name": "bayesian-verifier", "version": "2026-11-23T10-00-00Z-1f3c"},
        "posterior": {
            "risk_aversion": {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES},
            "choice_noise": {"mean": 0.1, "sd": 0.02, "quantiles": dict.fromkeys(QUANTILES, 0.1)},
        },
        "evidence": {"judgments": judgments, "informative": judgments, "refuted": 0},
        "checks": {"trustworthy": True, "typicality_p": 0.4, "pareto_k": 0.2, "reasons": []},
        "draws": None,
        "seed": None,
        "state": "AAEC",
        "timing_ms": {"queue": 0.02, "inference": 0.4},
    } | changes


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole response."""
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


def answering(change: Callable[[Request], bytes | dict[str, Any]] = document, headers: str = "") -> Behaviour:
    """Answer 200 with this body."""

    def behave(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        body = change(request)
        client.sendall(http(body if isinstance(body, bytes) else json.dumps(body).encode(), headers=headers))
        return True

    return behave


def with_parts(**changes: Any) -> Behaviour:  # noqa: ANN401 any part of a document
    """Answer 200 with some parts of the document replaced."""
    return answering(lambda request: document(request, **changes))


def risk_aversion(**changes: Any) -> Behaviour:  # noqa: ANN401 any part of a marginal
    """Answer 200 with a posterior of risk_aversion like this."""
    marginal = {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES} | changes
    return with_parts(posterior={"risk_aversion": marginal})


def status(line: str, body: bytes = b'{"title":"no","detail":"because"}') -> Behaviour:
    """Answer with another status."""

    def behave(client: socket.socket, _request: Request, _stop: threading.Event) -> bool:
        client.sendall(http(body, line))
        return True

    return behave


def raw(data: bytes) -> Behaviour:
    """Send these bytes and close."""

    def behave(client: socket.socket, _request: Request, _stop: threading.Event) -> bool:
        client.sendall(data)
        return False

    return behave


def silent(_client: socket.socket, _request: Request, stop: threading.Event) -> bool:
    """Never answer."""
    stop.wait()
    return False


def trickling(client: socket.socket, request: Request, stop: threading.Event) -> bool:
    """Answer a byte at a time, well within any time limit of a single read."""
    for byte in http(json.dumps(document(request)).encode()):
        client.sendall(bytes([byte]))
        if stop.wait(0.01):
            return False
    return True


def endless_body(client: socket.socket, _request: Request, stop: threading.Event) -> bool:
    """A chunked body without an end, as fast as it is taken."""
    client.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not stop.is_set():
        client.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
    return False


def endless_hints(client: socket.socket, _request: Request, stop: threading.Event) -> bool:
    """Informational responses, and never the real one."""
    while not stop.wait(0.01):
        client.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    return False


def hang_up(_client: socket.socket, _request: Request, _stop: threading.Event) -> bool:
    """Close without an answer."""
    return False


def reset(client: socket.socket, _request: Request, _stop: threading.Event) -> bool:
    """Reset the connection."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang_up_in_the_middle(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
    """Close after half of the body."""
    client.sendall(http(json.dumps(document(request)).encode())[:-100])
    return False


def then(*behaviours: Behaviour) -> Behaviour:
    """One behaviour for each request in turn, the last one for all that follow."""
    turns = iter(behaviours)
    last = behaviours[-1]

    def behave(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        return next(turns, last)(client, request, stop)

    return behave


class FaultyServer:
    """Serves connections in threads until it is closed.

    requests: what was asked so far, in order.   reads: whether requests are read at all.
    """

    def __init__(self, behaviour: Behaviour, *, socket_path: Path | None = None, reads: bool = True) -> None:
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self._reads = reads
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        if socket_path is None:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = self._socket.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(socket_path))
            self._socket.listen()
            self.url = f"http+unix://{socket_path}"
        self._clients: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for open_socket in [self._socket, *self._clients]:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def wait_asked(self, count: int, seconds: float = 60.0) -> None:
        """Until so many requests have been read, by threads that come to it when the machine lets them."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _begin(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        connections = 0
        with contextlib.suppress(OSError):
            while not self._stop.is_set():
                client, _ = self._socket.accept()
                self._clients.append(client)
                connections += 1
                self._begin(self._serve, client, connections)

    def _serve(self, client: socket.socket, connection: int) -> None:
        with client, contextlib.suppress(OSError, EOFError):
            if not self._reads:
                self._stop.wait()
                return
            with client.makefile("rb") as stream:
                while not self._stop.is_set():
                    request = _read(stream, connection)
                    self.requests.append(request)
                    if not self.behaviour(client, request, self._stop):
                        return


def _read(stream: Any, connection: int) -> Request:  # noqa: ANN401 a socket's file
    first = stream.readline()
    if not first:
        raise EOFError
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers["content-length"]))
    return Request(connection, first.split()[1].decode(), headers, body)


#: Bound and never listened on: who connects is refused, and nobody else is given the port meanwhile.
_TAKEN: list[socket.socket] = []


def unused_port() -> int:
    """A port that nobody listens on, nor will while this process runs."""
    if not _TAKEN:
        _TAKEN.append(socket.socket())
        _TAKEN[0].bind(("127.0.0.1", 0))
    port: int = _TAKEN[0].getsockname()[1]
    return port


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a port whose queue is full: the system answers no further connection, and refuses none."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        try:
            for _ in range(4):
                queued = socket.socket()
                waiting.append(queued)
                queued.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    queued.connect(full.getsockname())
            time.sleep(0.05)
            yield f"http://127.0.0.1:{full.getsockname()[1]}"
        finally:
            for queued in waiting:
                queued.close()
