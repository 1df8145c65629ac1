"""How do clients of other people's making keep a time limit, used as their manuals say?

`python ask.py httpx|aiohttp` answers each line of standard input, {"url", "timeout", "body"}, with one of its own:
{"seconds", "came"}, where what came is a status or the name of an exception.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

UNKNOWN = "verifier.internal"
HEADERS = {"content-type": "application/json", "x-request-id": "peer"}


def hang(host: Any, *more: Any, **named: Any) -> Any:
    """A name service that does not answer for this host."""
    if host == UNKNOWN:
        time.sleep(5)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")
    return known(host, *more, **named)


known, socket.getaddrinfo = socket.getaddrinfo, hang


def httpx_asks() -> Callable[[str, float, bytes], str]:
    """httpx, one client for all calls, with its `timeout`."""
    import httpx

    client = httpx.Client(trust_env=False)

    def ask(url: str, timeout: float, body: bytes) -> str:
        reply = client.post(url + "/v1/posterior", content=body, headers=HEADERS, timeout=timeout)
        reply.json()
        return str(reply.status_code)

    return ask


def aiohttp_asks() -> Callable[[str, float, bytes], str]:
    """aiohttp, one session for all calls, with its total time limit."""
    import aiohttp

    loop = asyncio.new_event_loop()

    async def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    session = loop.run_until_complete(open_session())

    async def post(url: str, timeout: float, body: bytes) -> str:
        limit = aiohttp.ClientTimeout(total=timeout)
        async with session.post(url + "/v1/posterior", data=body, headers=HEADERS, timeout=limit) as reply:
            await reply.json()
            return str(reply.status)

    return lambda url, timeout, body: loop.run_until_complete(post(url, timeout, body))


def main() -> None:
    """Answer line by line."""
    ask = {"httpx": httpx_asks, "aiohttp": aiohttp_asks}[sys.argv[1]]()
    for line in sys.stdin:
        asked = json.loads(line)
        body = asked["body"].encode()
        begun = time.perf_counter()
        try:
            came = ask(asked["url"], asked["timeout"], body)
        except Exception as error:  # noqa: BLE001
            came = type(error).__name__
        print(json.dumps({"seconds": time.perf_counter() - begun, "came": came}), flush=True)


if __name__ == "__main__":
    main()
