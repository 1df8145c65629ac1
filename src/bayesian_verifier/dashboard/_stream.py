"""How does an open page learn of news? Server-sent events: how far the tables are, whenever that has changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bayesian_verifier.dashboard._problems import bytes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bayesian_verifier.dashboard._cache import Cache
    from bayesian_verifier.dashboard._reader import Reader

_LOOK_SECONDS = 0.2
_HEARTBEAT_SECONDS = 10.0
_NEWEST = """
    SELECT id, key, t FROM judgments ORDER BY t DESC, writer DESC, seq DESC LIMIT 1
"""


async def news(cache: Cache, reader: Reader, leaving: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Events of a stream, until the server leaves: at once how things stand, then each change, and a heartbeat."""
    told, quiet = -1, 0.0
    loop = asyncio.get_running_loop()
    try:
        yield b"retry: 2000\n\n"
        while not leaving():
            reader.want()
            version = cache.version
            if version.number != told:
                told, quiet = version.number, 0.0
                newest = await loop.run_in_executor(None, cache.rows, _NEWEST)
                said = {
                    **version._asdict(),
                    "newest": dict(zip(("id", "key", "t"), newest[0], strict=True)) if newest else None,
                }
                yield b"event: news\nid: %d\ndata: %b\n\n" % (version.number, bytes_of(said))
            elif quiet >= _HEARTBEAT_SECONDS:
                quiet = 0.0
                yield b": still here\n\n"
            await asyncio.sleep(_LOOK_SECONDS)
            quiet += _LOOK_SECONDS
    finally:
        reader.leave()
