"""What do callers get who ask at a rate of their own, however busy the server is?

Requests are due at even intervals. Each takes a connection that is free, and waits for one where none is; its latency
counts from when it was due, so that a server that stalls cannot slow its callers down and look good.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple, cast

import uvloop

if TYPE_CHECKING:
    from load import Target

OK = 200
#: Callers that may wait for a reply at the same time.
CONNECTIONS = 256
#: After the last request was due, replies are waited for so long.
AFTERWARDS_SECONDS = 1.0
#: So long at least before the next look at what is due.
TICK_SECONDS = 0.0005


class Reply(NamedTuple):
    """One reply. total: seconds from when the request was due; waited: from when it was sent."""

    status: int
    total: float
    waited: float


class Rush(NamedTuple):
    """What came of so many requests in so many seconds; `asked` counts those without a reply too."""

    seconds: float
    asked: int
    replies: list[Reply]

    def good_per_second(self, budget: float) -> float:
        """Posteriors that came within budget seconds of when they were due."""
        good = sum(one.status == OK and one.total <= budget for one in self.replies)
        return good / self.seconds

    def waits(self, status: int) -> list[float]:
        """Seconds from sending to a reply with this status."""
        return [one.waited for one in self.replies if one.status == status]

    def statuses(self) -> dict[str, int]:
        """How many replies of each status, and requests without one."""
        counts = Counter(str(one.status) for one in self.replies)
        return dict(sorted(counts.items())) | {"none": self.asked - len(self.replies)}


class _Caller(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._read = b""
        self._length = 0
        self._due = self._sent = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape alone

    def ask(self, request: bytes, due: float, now: float) -> None:
        assert self.transport is not None
        self._due, self._sent = due, now
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._length:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._read[:end].lower()
            self._length = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self._read) >= self._length:
            status = int(self._read[9:12])
            self._read, self._length = self._read[self._length :], 0
            self._crowd.answered(self, status, self._due, self._sent)

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.lost(self)


class _Crowd:
    """All callers of one rush."""

    def __init__(self, target: Target, request: bytes) -> None:
        self._target = target
        self._request = request
        self._loop = asyncio.get_running_loop()
        self._free: list[_Caller] = []
        self._due: deque[float] = deque()
        self._opened = 0
        self.replies: list[Reply] = []

    async def open(self) -> None:
        """One more connection."""
        self._opened += 1
        target = self._target
        if target.port is None:
            _, caller = await self._loop.create_unix_connection(lambda: _Caller(self), str(target.uds))
        else:
            _, caller = await self._loop.create_connection(lambda: _Caller(self), "127.0.0.1", target.port)
        self._free.append(caller)

    def due(self, at: float) -> None:
        """A request is due; it goes out as soon as a connection is free."""
        if self._free:
            self._free.pop().ask(self._request, at, time.perf_counter())
        else:
            self._due.append(at)

    def answered(self, caller: _Caller, status: int, due: float, sent: float) -> None:
        """A connection is free again, for the request that has been due longest."""
        now = time.perf_counter()
        self.replies.append(Reply(status, now - due, now - sent))
        if self._due:
            caller.ask(self._request, self._due.popleft(), now)
        else:
            self._free.append(caller)

    def lost(self, caller: _Caller) -> None:
        """The server has ended a connection; another is opened in its place."""
        if caller in self._free:
            self._free.remove(caller)
        self._loop.create_task(self.open())

    def give_up(self) -> None:
        """Ask no more."""
        self._due.clear()


def rush(target: Target, request: bytes, *, per_second: float, seconds: float) -> Rush:
    """Ask so many times a second for so long, whatever comes of it."""
    return uvloop.run(_rush(target, request, per_second, seconds))


async def _rush(target: Target, request: bytes, per_second: float, seconds: float) -> Rush:
    crowd = _Crowd(target, request)
    await asyncio.gather(*(crowd.open() for _ in range(CONNECTIONS)))
    count = max(1, round(per_second * seconds))
    began = time.perf_counter()
    asked = 0
    while asked < count:
        now = time.perf_counter()
        while asked < count and began + asked / per_second <= now:
            crowd.due(began + asked / per_second)
            asked += 1
        await asyncio.sleep(max(TICK_SECONDS, began + asked / per_second - time.perf_counter()))
    await asyncio.sleep(AFTERWARDS_SECONDS)
    crowd.give_up()
    return Rush(seconds, count, list(crowd.replies))
