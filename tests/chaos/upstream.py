"""What does the service make of a request, and what of that is evidence?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any, NamedTuple

from chaos.faults import Raw

PATIENCE = 15.0  # seconds that the service has to answer


class Message(NamedTuple):
    """A request or a reply: its first line, headers by lower-case name, and as it came."""

    first: str
    headers: dict[str, str]
    raw: Raw


async def read_message(stream: asyncio.StreamReader) -> Message:
    """The next message, which states its length. Raises OSError, EOFError (IncompleteReadError)."""
    head = await stream.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await stream.readexactly(int(headers.get("content-length", "0")))
    return Message(first, headers, Raw(head, body))


def trace_of(request: Message) -> str | None:
    """Which call a request belongs to, as W3C Trace Context has it: version-trace-span-flags."""
    parts = request.headers.get("traceparent", "").split("-")
    return parts[1] if len(parts) == 4 else None


class Upstream:
    """The service's end of one caller's connection."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[Message | None, dict[str, Any]]:
        """The reply, and what is to be said of it: when it was sent, and how it ended."""
        notes: dict[str, Any] = {"sent_up": None, "up": "refused"}
        try:
            if self._streams is None:
                self._streams = await asyncio.open_unix_connection(self._path)
            reader, writer = self._streams
            notes["up"] = "not sent"
            writer.write(request)
            await writer.drain()
            notes |= {"sent_up": time.monotonic(), "up": "no reply"}
            async with asyncio.timeout(PATIENCE):
                reply = await read_message(reader)
        except (OSError, EOFError, asyncio.LimitOverrunError) as exc:
            self.close()
            return None, notes | {"up_error": type(exc).__name__}
        if reply.headers.get("connection") == "close":
            self.close()
        return reply, notes | {"up": "complete", "reply_at": time.monotonic()} | _gist(reply)

    def close(self) -> None:
        """Go on with a new connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _gist(reply: Message) -> dict[str, Any]:
    """What the service said, as far as it is evidence."""
    notes: dict[str, Any] = {
        "status": int(reply.first.split()[1]),
        "type": reply.headers.get("content-type"),
    }
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        said = json.loads(reply.raw.body)
        notes["problem"] = said.get("type")
        marginal = said["posterior"]["risk_aversion"]
        notes |= {"mean": marginal["mean"], "sd": marginal["sd"], "version": said["model"]["version"]}
        notes["answers"] = said["request_id"]
    return notes
