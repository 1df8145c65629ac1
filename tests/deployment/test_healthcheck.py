"""Does the container's health check say what the service says? Asked over real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "healthcheck.py"


def exit_code(*arguments: str, **environ: str) -> int:
    """What the health check ends with, in an environment with these settings.

    Anew where the machine needed more than its two seconds to let us answer.
    """
    bare = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            env={**bare, **environ}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if "timed out" not in done.stdout:
            break
    assert done.stderr == ""
    return done.returncode


def answering(listener: socket.socket, reply: bytes, heard: list[bytes]) -> None:
    """Answer every connection with `reply`."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the test is over
                return
            with connection, suppress(OSError):
                heard.append(connection.recv(4096))
                connection.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()


def end(listener: socket.socket) -> None:
    """Whoever waits for a connection waits no longer; to close it would not wake them."""
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tcp() -> Iterator[socket.socket]:
    """A listener on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener
        end(listener)


READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("reply", "expected"), [(READY, 0), (NOT_READY, 1), (b"not HTTP at all\r\n\r\n", 1), (b"", 1)]
)
def test_it_is_healthy_only_where_ready_says_200(tcp: socket.socket, reply: bytes, expected: int) -> None:
    """200 is healthy; 503, nonsense and a closed connection are not."""
    heard: list[bytes] = []
    answering(tcp, reply, heard)
    assert exit_code(BV_PORT=str(tcp.getsockname()[1])) == expected
    assert heard[0].startswith(b"GET /health/ready HTTP/1.1\r\n")


def test_it_asks_the_route_that_it_is_given(tcp: socket.socket) -> None:
    """Whether the process is alive is another question than whether it is ready."""
    heard: list[bytes] = []
    answering(tcp, READY, heard)
    assert exit_code("/health/live", BV_PORT=str(tcp.getsockname()[1])) == 0
    assert heard[0].startswith(b"GET /health/live HTTP/1.1\r\n")


def test_where_nobody_listens_it_is_not_healthy() -> None:
    """A refused connection is exit code 1, without a traceback."""
    with socket.socket() as never_listens:
        never_listens.bind(("127.0.0.1", 0))
        assert exit_code(BV_PORT=str(never_listens.getsockname()[1])) == 1


def test_a_service_that_listens_everywhere_is_asked_on_loopback(tcp: socket.socket) -> None:
    """BV_HOST=0.0.0.0 is a place to listen, not one to connect to."""
    answering(tcp, READY, [])
    assert exit_code(BV_HOST="0.0.0.0", BV_PORT=str(tcp.getsockname()[1])) == 0  # noqa: S104 - connects only


def test_a_unix_socket_is_asked_where_the_service_has_one(tmp_path: Path) -> None:
    """BV_UDS wins over host and port, as it does for the service."""
    path = tmp_path / "bv.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        heard: list[bytes] = []
        answering(listener, READY, heard)
        assert exit_code(BV_UDS=str(path), BV_PORT="1") == 0
        end(listener)
    assert b"Host: localhost\r\n" in heard[0]
