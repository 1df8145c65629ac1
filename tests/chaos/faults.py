"""What can go wrong with a reply, as bytes and pauses? Nothing here touches a socket.

A fault turns the service's reply into a script: bytes to send, seconds to pause, and how the connection ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

FOREVER = 10.0  # seconds, far beyond any caller's patience


class End(Enum):
    """How a connection ends."""

    CLOSE = "close"
    RESET = "reset"


Step = bytes | float | End


class Raw(NamedTuple):
    """A reply as it came: its head with the empty line, and its body."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.head + self.body

    def saying(self, body: bytes) -> bytes:
        """The same with another body, its length put right."""
        length = b"content-length: %d\r\n" % len(body)
        return re.sub(rb"(?i)content-length:[^\r]*\r\n", length, self.head) + body


class Given(NamedTuple):
    """What a fault may make use of. former: the reply before on this connection, or some other one."""

    reply: Raw
    former: Raw
    chance: random.Random


Script = Iterator[Step]


def whole(given: Given) -> Script:
    """No fault at all."""
    yield given.reply.whole


def late(given: Given) -> Script:
    """A slow start: within the deadline or beyond it."""
    yield given.chance.choice((0.01, 0.03, 0.08, 0.3))
    yield given.reply.whole


def silent(_: Given) -> Script:
    """Accepted, read, never answered."""
    yield FOREVER
    yield End.CLOSE


def hang_after_headers(given: Given) -> Script:
    """The head, and nothing more."""
    yield given.reply.head
    yield FOREVER
    yield End.CLOSE


def trickled(data: bytes, pause: float) -> Script:
    """A byte at a time, each well within any time limit of a single read."""
    for byte in data:
        yield bytes([byte])
        yield pause


def trickle_headers(given: Given) -> Script:
    """The head a byte at a time."""
    yield from trickled(given.reply.head, 0.005)
    yield given.reply.body


def trickle_body(given: Given) -> Script:
    """The body a byte at a time."""
    yield given.reply.head
    yield from trickled(given.reply.body, 0.005)


def half_delayed(given: Given) -> Script:
    """Half of it now, half of it later, in time or not."""
    half = len(given.reply.whole) // 2
    yield given.reply.whole[:half]
    yield given.chance.choice((0.01, 0.2))
    yield given.reply.whole[half:]


def truncated(given: Given) -> Script:
    """Closed before the end."""
    yield given.reply.whole[: given.chance.randrange(len(given.reply.whole))]
    yield End.CLOSE


def reset(given: Given) -> Script:
    """Reset at some byte."""
    yield given.reply.whole[: given.chance.randrange(len(given.reply.whole))]
    yield End.RESET


def garbage(given: Given) -> Script:
    """Bytes that are no HTTP."""
    yield given.chance.randbytes(given.chance.randrange(1, 2000))
    yield End.CLOSE


def bad_json(given: Given) -> Script:
    """A body that is no JSON, well delivered."""
    body = given.reply.body
    yield given.reply.saying(
        given.chance.choice((body[:-1], body + body, b"", b"\xff" + body, b"[" * 50_000))
    )


def not_a_number(given: Given) -> Script:
    """NaN or an infinity where the mean was, in one spelling or another."""
    spelling = given.chance.choice((b"NaN", b"Infinity", b"-Infinity", b"1e999", b"nan", b'"NaN"', b"null"))
    yield given.reply.saying(re.sub(rb'"mean":[^,}]+', b'"mean":' + spelling, given.reply.body))


def wrong_id(given: Given) -> Script:
    """The answer to a request that nobody made."""
    other = b"%032x" % given.chance.getrandbits(128)
    body = re.sub(rb'"request_id":"[^"]*"', b'"request_id":"%b"' % other, given.reply.body)
    yield given.reply.saying(body)


def wrong_version(given: Given) -> Script:
    """A body of another model than the head names."""
    body = re.sub(rb'"version":"[^"]*"', b'"version":"2020-01-01T00-00-00Z-0000"', given.reply.body)
    yield given.reply.saying(body)


def problem(status: int, title: str) -> Callable[[Given], Script]:
    """An answer of this status that the service never gave."""

    def script(_: Given) -> Script:
        body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": title}).encode()
        head = f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n"
        yield f"{head}content-length: {len(body)}\r\n\r\n".encode() + body

    return script


def twice(given: Given) -> Script:
    """The reply, and at once the same again: what is left over belongs to no later request."""
    yield given.reply.whole * 2


def former(given: Given) -> Script:
    """The reply to an earlier request."""
    yield given.former.whole


def huge(given: Given) -> Script:
    """True, and three megabytes long."""
    yield given.reply.saying(given.reply.body[:-1] + b" " * 3_000_000 + b"}")


def continues(_: Given) -> Script:
    """`100 Continue` without end."""
    for _round in range(int(FOREVER / 0.001)):
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 20
        yield 0.001
    yield End.CLOSE


def http_1_0(given: Given) -> Script:
    """HTTP/1.0: no length, the end of the connection is the end of the body."""
    head = re.sub(rb"(?i)content-length:[^\r]*\r\n", b"", given.reply.head)
    yield head.replace(b"HTTP/1.1", b"HTTP/1.0", 1) + given.reply.body
    yield End.CLOSE


SOUND: dict[str, Callable[[Given], Script]] = {
    "whole": whole,
    "late": late,
    "half_delayed": half_delayed,
    "trickle_headers": trickle_headers,
    "trickle_body": trickle_body,
    "twice": twice,
    "http_1_0": http_1_0,
}
"""Those after which the service's own answer has been sent, if all of it arrives."""

FAULTS: dict[str, Callable[[Given], Script]] = SOUND | {
    "silent": silent,
    "hang_after_headers": hang_after_headers,
    "truncated": truncated,
    "reset": reset,
    "garbage": garbage,
    "bad_json": bad_json,
    "not_a_number": not_a_number,
    "wrong_id": wrong_id,
    "wrong_version": wrong_version,
    "status_429": problem(429, "Too Many Requests"),
    "status_500": problem(500, "Internal Server Error"),
    "status_503": problem(503, "Service Unavailable"),
    "status_504": problem(504, "Gateway Timeout"),
    "former": former,
    "huge": huge,
    "continues": continues,
}
