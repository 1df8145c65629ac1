"""What a server can do to keep a caller waiting or busy for ever, each in a process of its own.

`python slow_faults.py` serves every fault on a port of its own and says which as one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from faulty_server import (
    Behaviour,
    FaultyServer,
    Request,
    answering,
    black_hole,
    document,
    endless_body,
    http,
    silent,
)

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable, Iterator

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_CHUNKED = _HEAD + b"transfer-encoding: chunked\r\n\r\n"
_PAUSE = 0.003


def dripping(first: bytes, drop: bytes, pause: float = _PAUSE) -> Behaviour:
    """Send the first at once, then a drop now and then, for ever."""

    def behave(client: socket.socket, _request: Request, stop: threading.Event) -> bool:
        client.sendall(first)
        while not stop.wait(pause):
            client.sendall(drop)
        return False

    return behave


def flooding(first: bytes, drop: bytes) -> Behaviour:
    """Send the first, then many small things as fast as they are taken."""

    def behave(client: socket.socket, _request: Request, stop: threading.Event) -> bool:
        client.sendall(first)
        flood = drop * ((1 << 16) // len(drop))
        while not stop.is_set():
            client.sendall(flood)
        return False

    return behave


def at_the_last_moment(seconds: float, make: Callable[[Request], bytes]) -> Behaviour:
    """Answer after so many seconds, with what takes long to read."""

    def behave(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        stop.wait(seconds)
        client.sendall(http(make(request)))
        return True

    return behave


def _letter_by_letter(client: socket.socket, request: Request, stop: threading.Event) -> bool:
    for byte in http(json.dumps(document(request)).encode()):
        client.sendall(bytes([byte]))
        if stop.wait(_PAUSE):
            return False
    return True


def _many_values(request: Request) -> bytes:
    return (
        b'{"request_id":"' + request.headers["x-request-id"].encode() + b'","x":[' + b"[]," * 21_000 + b"1]}"
    )


def slow_faults(timeout: float) -> dict[str, Behaviour]:
    """By name. timeout: of those who will ask, in seconds."""
    return {
        "silent": silent,
        "head, then silent": dripping(_HEAD + b"content-length: 1000\r\n\r\n", b"", 60.0),
        "a letter at a time": _letter_by_letter,
        "endless head, slowly": dripping(_HEAD, b"x: y\r\n"),
        "endless body, slowly": dripping(_CHUNKED, b"1\r\n \r\n"),
        "endless trailers, slowly": dripping(_CHUNKED + b"2\r\n{}\r\n0\r\n", b"x: y\r\n"),
        "endless hints, slowly": dripping(b"", b"HTTP/1.1 103 E\r\n\r\n"),
        "endless hints, at once": flooding(b"", b"HTTP/1.1 103 E\r\n\r\n"),
        "endless chunks, at once": flooding(_CHUNKED, b"1\r\n \r\n"),
        "endless body, at once": endless_body,
        "a long head at the last moment": at_the_last_moment(timeout * 0.9, lambda _: b"x" * 60_000),
        "many values at the last moment": at_the_last_moment(timeout * 0.95, _many_values),
        "deep nesting at the last moment": at_the_last_moment(timeout * 0.95, lambda _: b"[" * 60_000),
    }


UNREAD = "never reads"
UNANSWERED = "never accepts"
SOUND = "sound"


@contextlib.contextmanager
def apart(timeout: float) -> Iterator[dict[str, str]]:
    """URLs of all faults by name, and of a sound server, served by another process."""
    here = Path(__file__)
    command = [sys.executable, str(here), str(timeout)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    """Serve until told to end."""
    with contextlib.ExitStack() as stack:
        faults = slow_faults(float(sys.argv[1])) | {SOUND: answering()}
        urls = {name: stack.enter_context(FaultyServer(behave)).url for name, behave in faults.items()}
        urls[UNREAD] = stack.enter_context(FaultyServer(silent, reads=False)).url
        urls[UNANSWERED] = stack.enter_context(black_hole())
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        time.sleep(3600)


if __name__ == "__main__":
    main()
