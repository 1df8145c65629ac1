"""Who asks for much at the very moment in which the service is told to leave? What it accepted, it owes."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos.odd_bodies import GOOD

if TYPE_CHECKING:
    from pathlib import Path

CALLERS = 12
BODY = json.dumps({"judgments": GOOD["judgments"] * 500, "draws": 4096}).encode()


def request(name: str) -> bytes:
    """Work for some hundredths of a second."""
    head = (
        "POST /v1/posterior HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Request-Id: burst-{name}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def burst(door: Path) -> list[threading.Thread]:
    """Ask on so many connections at once; what comes back is left to others to judge."""

    def ask(number: int) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5.0)
            connection.connect(str(door))
            connection.sendall(request(str(number)))
            connection.recv(1 << 16)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    return threads
