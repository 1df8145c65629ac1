"""What are the steps of one call, and how long may each wait?

`post` is a generator that waits for nothing itself: it yields what to wait for, and is sent what came of it,
or is thrown the OSError or TimeoutError. Whoever drives it waits in its own way, by blocking or in an event
loop, so both clients do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bayesian_verifier.judgment_layer._connection import Connection, Reply

if TYPE_CHECKING:
    import socket

    from bayesian_verifier.judgment_layer._deadline import Deadline
    from bayesian_verifier.judgment_layer._pool import Pool
    from bayesian_verifier.judgment_layer._resolver import Resolver
    from bayesian_verifier.judgment_layer._search import Address, Search


@dataclass(frozen=True, slots=True)
class Find:
    """Wait for the addresses of the endpoint, a list of Address."""

    addresses: Search
    seconds: float


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect a socket; nothing comes back."""

    socket: socket.socket
    where: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send all of some bytes; nothing comes back."""

    socket: socket.socket
    data: bytes | memoryview
    seconds: float


@dataclass(frozen=True, slots=True)
class Receive:
    """Receive some bytes, at most so many, none at the end of the stream."""

    socket: socket.socket
    most: int
    seconds: float


Step = Find | Connect | Send | Receive
Came = list["Address"] | bytes | None
Steps = Generator[Step, Any, Reply]


class Waiter(Protocol):
    """Does one step, by blocking."""

    def __call__(self, step: Step, /) -> Came:
        """What came of it. Raises OSError, TimeoutError."""


@dataclass(frozen=True, slots=True)
class Question:
    """A POST request.

    headers: of the time left in seconds, since that is known only when they are sent.
    max_reply_bytes: of the body of the reply; a longer one is not HTTP as agreed.
    """

    target: str
    headers: Callable[[float], list[tuple[str, str]]]
    body: bytes
    max_reply_bytes: int


def post(question: Question, pool: Pool, resolver: Resolver, deadline: Deadline) -> Steps:
    """Send a question and return the reply. It is sent again only if an idle connection proves to be stale.

    Raises OSError where the service cannot be reached or breaks off, TimeoutError, NotHttpError.
    """
    idle = pool.take()
    if idle is not None:
        try:
            return (yield from _exchange(idle, question, pool, deadline))
        except ConnectionError:
            # closed while it was idle, so that this question was not answered; or else the fault is a new one
            if not idle.is_silent:
                raise
    connection = yield from _connected(resolver, deadline)
    return (yield from _exchange(connection, question, pool, deadline))


def _exchange(connection: Connection, question: Question, pool: Pool, deadline: Deadline) -> Steps:
    try:
        left = deadline.left()
        pieces = connection.request(
            question.target, question.headers(left), question.body, max_reply_bytes=question.max_reply_bytes
        )
        # who sheds load may answer and close before it has read everything: its reply is looked for all the same
        with suppress(ConnectionError):
            for piece in pieces:
                yield Send(connection.socket, piece, deadline.left())
        reply = None
        while reply is None:
            came = yield Receive(connection.socket, connection.appetite, deadline.left())
            reply = connection.received(came, deadline.left)
    except BaseException:
        connection.close()
        raise
    pool.put(connection)
    return reply


def _connected(resolver: Resolver, deadline: Deadline) -> Generator[Step, Any, Connection]:
    """A new connection to the first address that takes one, each given its share of the time left."""
    fault: OSError = OSError("no address")
    try:
        addresses = yield Find(resolver.addresses(), deadline.left())
        for tried, address in enumerate(addresses):
            share = deadline.left() / (len(addresses) - tried)
            try:
                return (yield from _open(address, share))
            except OSError as exc:
                fault = exc
        deadline.left()
        raise fault
    except OSError:
        resolver.forget()
        raise


def _open(address: Address, seconds: float) -> Generator[Step, Any, Connection]:
    connection = Connection(address.family)
    try:
        yield Connect(connection.socket, address.where, seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def drive(steps: Steps, wait: Waiter) -> Reply:
    """Carry out the steps of a call by blocking. Raises what the call raises."""
    try:
        step = next(steps)
        while True:
            try:
                came = wait(step)
            except OSError as exc:
                step = steps.throw(exc)
            else:
                step = steps.send(came)
    except StopIteration as stop:
        reply: Reply = stop.value
        return reply
    finally:
        steps.close()
