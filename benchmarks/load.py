"""How long does a reply take, and how many are given a second? wrk from outside, and a loop of our own.

wrk speaks TCP only and is compiled, so it costs the machine little; our own loop (h11) also speaks over a Unix
socket and keeps what was replied. Both send one request at a time on each connection and keep connections open.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import h11

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

OK = 200
#: Fewer replies than this have no median worth the name.
FEW = 5
LUA = Path(__file__).with_name("post.lua")


class Target(NamedTuple):
    """Where requests go: a port of loopback, or the path of a Unix socket."""

    port: int | None
    uds: str | None
    path: str = "/v1/posterior"

    @property
    def host(self) -> str:
        """What the Host header says."""
        return "localhost" if self.port is None else f"127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A connection. Raises OSError."""
        if self.port is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(str(self.uds))
            return connection
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class Exchange:
    """One kept connection, one request after the other."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = target.connect()
        self._protocol = h11.Connection(h11.CLIENT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and content of the reply. Raises OSError."""
        protocol = self._protocol
        if protocol.our_state is not h11.IDLE:
            protocol.start_next_cycle()
        self._connection.sendall(request_bytes(protocol, self._target, body))
        status, content = 0, []
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                protocol.receive_data(self._connection.recv(1 << 18))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                content.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return status, b"".join(content)
            else:
                raise ConnectionError(f"the connection ended: {event}")


class Loop(NamedTuple):
    """What our own loop saw: seconds of each reply that was 200, and how many were not."""

    seconds: list[float]
    failed: int
    duration: float
    replies: list[bytes]

    @property
    def per_second(self) -> float:
        """Good replies a second."""
        return len(self.seconds) / self.duration


def request_bytes(protocol: h11.Connection, target: Target, body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    headers = [
        ("Host", target.host),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    head = protocol.send(h11.Request(method="POST", target=target.path, headers=headers))
    return (head or b"") + (protocol.send(h11.Data(body)) or b"") + (protocol.send(h11.EndOfMessage()) or b"")


def one_client(target: Target, body: bytes, seconds: float) -> Loop:
    """One client that asks again as soon as it is answered."""
    return in_rotation(target, {0: body}, seconds)[0]


def in_rotation(target: Target, bodies: Mapping[int, bytes], seconds: float) -> dict[int, Loop]:
    """One client that asks one body after the other, over and over: what disturbs one of them disturbs all.

    At least so many turns that a median means something; the first three do not count. By key of bodies.
    """
    times: dict[int, list[float]] = {key: [] for key in bodies}
    replies: dict[int, list[bytes]] = {key: [] for key in bodies}
    failed = dict.fromkeys(bodies, 0)
    with Exchange(target) as exchange:
        for _ in range(3):
            for body in bodies.values():
                exchange.post(body)
        began, turns = time.perf_counter(), 0
        while time.perf_counter() - began < seconds or turns < FEW:
            turns += 1
            for key, body in bodies.items():
                sent = time.perf_counter()
                status, content = exchange.post(body)
                if status == OK:
                    times[key].append(time.perf_counter() - sent)
                    replies[key].append(content)
                else:
                    failed[key] += 1
    # of one body among others, the time they all took says nothing: its own counts
    return {key: Loop(times[key], failed[key], sum(times[key]) or seconds, replies[key]) for key in bodies}


def many_clients(target: Target, body: bytes, seconds: float, clients: int) -> Loop:
    """So many clients on one event loop, each asking again as soon as it is answered."""
    return asyncio.run(_many(target, body, seconds, clients))


async def _many(target: Target, body: bytes, seconds: float, clients: int) -> Loop:
    times: list[float] = []
    failed = 0
    began = time.perf_counter()
    until = began + seconds

    async def client() -> None:
        nonlocal failed
        if target.port is None:
            reader, writer = await asyncio.open_unix_connection(str(target.uds))
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        protocol = h11.Connection(h11.CLIENT)
        try:
            while time.perf_counter() < until:
                sent = time.perf_counter()
                writer.write(request_bytes(protocol, target, body))
                status = await _reply_status(protocol, reader)
                if status == OK:
                    times.append(time.perf_counter() - sent)
                else:
                    failed += 1
                protocol.start_next_cycle()
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return Loop(times, failed, time.perf_counter() - began, [])


async def _reply_status(protocol: h11.Connection, reader: asyncio.StreamReader) -> int:
    status = 0
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            protocol.receive_data(await reader.read(1 << 18))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.EndOfMessage):
            return status
        elif not isinstance(event, h11.Data):
            raise ConnectionError(f"the connection ended: {event}")


def wrk_version() -> str | None:
    """Version of the wrk that is installed, or None."""
    if shutil.which("wrk") is None:
        return None
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).split("\n", 1)[0].split(" [")[0].removeprefix("wrk ").strip()


def wrk(target: Target, body: bytes, seconds: float, clients: int) -> dict[str, Any]:
    """What wrk says of one run: p50, p99 in ms, good replies a second, failures. One thread, over TCP.

    A run with hardly a reply says nothing: it is made again, five times as long. Raises RuntimeError then.
    """
    found = _wrk(target, body, seconds, clients)
    if found["count"] < FEW:
        found = _wrk(target, body, 5 * seconds, clients)
    if found["count"] < FEW:
        raise RuntimeError(f"wrk got {found['count']} replies in {5 * seconds:.0f} s")
    return found


def _wrk(target: Target, body: bytes, seconds: float, clients: int) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = [
            "wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s",
            "-s", str(LUA), f"http://127.0.0.1:{target.port}{target.path}",
        ]  # fmt: skip
        said = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ) | {"BENCHMARK_BODY": file.name},
        )
    found: dict[str, Any] = json.loads(said.stdout.rsplit("JSON ", 1)[1])
    good = found["requests"] - found["failed"]
    return {
        "clients": clients,
        "p50_ms": round(found["p50_us"] / 1e3, 4),
        "p99_ms": round(found["p99_us"] / 1e3, 4),
        "count": found["requests"],
        "failed": found["failed"],
        "per_second": round(good / (found["duration_us"] / 1e6), 1),
    }
