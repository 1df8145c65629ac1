"""How is a body read that may be too long, too slow, or break off?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bayesian_verifier.serving._problems import SlowBodyError, TooLargeError

if TYPE_CHECKING:
    from starlette.types import Receive

# A body this many times too long is refused at once, and still taken in to its end and dropped: a client that is cut
# off while sending would see its connection reset instead of the reason.
PATIENCE = 4


class DisconnectedError(Exception):
    """The client went away before its body was complete; there is nobody to answer."""


async def read_body(receive: Receive, length: int | None, *, limit: int, seconds: float) -> bytes:
    """The whole body.

    length: Content-Length, None where unknown; what counts is what arrives.   limit: bytes.
    Raises TooLargeError, SlowBodyError when it takes longer than `seconds`, DisconnectedError.
    """
    if length is not None and length > limit:
        raise _too_large(limit, unread=length > PATIENCE * limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, limit)
    except TimeoutError as exc:
        raise SlowBodyError(f"the body was not complete after {seconds:g} s") from exc


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > PATIENCE * limit:
            raise _too_large(limit, unread=True)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int, *, unread: bool = False) -> TooLargeError:
    return TooLargeError(f"the body is longer than {limit} bytes", unread=unread)
