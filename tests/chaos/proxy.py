"""What stands between the callers and the service, and says of every request what it did to it?

A process of its own. It takes a request whole, hands it to the service, takes the reply whole, and sends on what
the fault makes of it. The service's reply is awaited even if the caller has gone: what becomes of a request that
the service accepted is evidence too.

    python proxy.py '{"tcp": 25000, "unix": "a.sock", "full": 25001, "upstream": "b.sock", "seed": 1, "log": "p.jsonl"}'
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.faults import FAULTS, SOUND, End, Given, Raw
from chaos.record import opened, saying
from chaos.upstream import PATIENCE, Message, Upstream, read_message, trace_of
from chaos.weather import SLICE, fault, is_deaf, is_faulty, weather

if TYPE_CHECKING:
    from chaos.faults import Script

NO_REPLY = Raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n", b"{}")


class Proxy:
    """Serves the doors until it is told to end."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._orders = orders
        self._seed: int = orders["seed"]
        self._since = time.monotonic()
        self._connections = 0
        self._faulty = 0
        self._say = saying(opened(Path(orders["log"])))
        self._former = NO_REPLY
        self._handlers: set[asyncio.Task[None]] = set()

    def _seconds(self) -> float:
        return time.monotonic() - self._since

    async def run(self) -> None:
        """Open the doors, say so, and serve until SIGTERM."""
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        unix = await asyncio.start_unix_server(
            lambda *streams: self._accept("unix", *streams), self._orders["unix"]
        )
        tcp = asyncio.create_task(self._keep_tcp_door())
        with full_queue(self._orders["full"]):
            print("ready", flush=True)  # noqa: T201 that is how the parent is told
            await over.wait()
        unix.close()
        for task in (tcp, *self._handlers):
            task.cancel()
        await asyncio.gather(tcp, *self._handlers, return_exceptions=True)

    async def _keep_tcp_door(self) -> None:
        """Listen, but for the slices of time in which nobody does."""
        door: asyncio.Server | None = None
        while True:
            if weather(self._seed, self._seconds()).shut:
                if door is not None:
                    door.close()
                    self._say("shut")
                    door = None
            elif door is None:
                with contextlib.suppress(OSError):
                    door = await asyncio.start_server(
                        lambda *streams: self._accept("tcp", *streams), "127.0.0.1", self._orders["tcp"]
                    )
            await asyncio.sleep(SLICE / 4)

    async def _accept(self, door: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        with contextlib.suppress(asyncio.CancelledError):  # the end of it all
            await self._serve(door, self._connections, reader, writer)

    async def _serve(
        self, door: str, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if is_deaf(self._seed, self._seconds(), connection):
            self._say("deaf", door=door, connection=connection)
            await asyncio.sleep(PATIENCE)
        upstream = Upstream(self._orders["upstream"])
        number = 0
        try:
            while True:
                request = await read_message(reader)
                number += 1
                if not await self._answer(door, connection, number, request, upstream, reader, writer):
                    return
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return
        finally:
            upstream.close()
            writer.close()

    def _fault(self, connection: int, number: int, reply: Message, trace: str | None) -> str:
        """Only an answer to a caller can be spoiled: whoever else asks is there for the service's sake."""
        now = self._seconds()
        is_answer = trace is not None and reply.first.split()[1] == "200"
        if not is_answer or not is_faulty(self._seed, now, connection, number):
            return "whole"
        self._faulty += 1
        return fault(self._seed, now, self._faulty - 1)

    async def _answer(
        self,
        door: str,
        connection: int,
        number: int,
        request: Message,
        upstream: Upstream,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Hand a request on and send what the fault makes of the reply; whether the connection goes on."""
        about = {
            "door": door,
            "connection": connection,
            "number": number,
            "id": request.headers.get("x-request-id"),
            "trace": trace_of(request),
        }
        self._say("arrived", **about)
        reply, notes = await asyncio.shield(asyncio.ensure_future(upstream.ask(request.raw.whole)))
        if reply is None:
            self._say("done", **about, **notes, fault="whole", sent=0, sound=False)
            return False
        name = self._fault(connection, number, reply, about["trace"])
        given = Given(reply.raw, self._former, random.Random(f"{self._seed}/{connection}/{number}/how"))
        first_out = time.monotonic()
        sent, goes_on = await _carry_out(FAULTS[name](given), reader, writer)
        self._former = reply.raw
        out = {"fault": name, "sound": name in SOUND, "first_out": first_out, "sent": sent}
        self._say("done", **about, **notes, **out)
        return goes_on and not reader.at_eof()


async def _carry_out(
    script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, bool]:
    """Do what a script says; bytes sent, and whether the connection goes on."""
    sent = 0
    try:
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                sent += len(step)
            elif isinstance(step, float):
                await _pause(step, reader)
            else:
                if step is End.RESET:
                    _reset(writer)
                return sent, False
    except OSError:
        return sent, False
    return sent, True


async def _pause(seconds: float, reader: asyncio.StreamReader) -> None:
    """Wait. Raises ConnectionError as soon as the caller has gone."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if reader.at_eof():
            raise ConnectionResetError
        await asyncio.sleep(min(left, 0.02))


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset, and nothing that still waits to be sent goes out."""
    own: socket.socket = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.contextmanager
def full_queue(port: int) -> Any:  # noqa: ANN401 a generator of nothing
    """A port whose queue is full: the system answers no further connection, and refuses none."""
    with contextlib.ExitStack() as held:
        full = held.enter_context(socket.create_server(("127.0.0.1", port), backlog=0))
        for _ in range(4):
            queued = held.enter_context(socket.socket())
            queued.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                queued.connect(full.getsockname())
        yield


if __name__ == "__main__":
    asyncio.run(Proxy(json.loads(sys.argv[1])).run())
