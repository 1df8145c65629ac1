"""Which connection gives way to a new one when there are as many as may be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Iterable

#: One that was heard of more recently may have a request on its way.
SPARE_AFTER_SECONDS = 1.0


class Crowded(Protocol):
    """What is asked of a connection. last_heard: when bytes last came, in seconds."""

    transport: asyncio.Transport
    last_heard: float

    @property
    def idle(self) -> bool:
        """Whether neither side owes the other anything."""


One = TypeVar("One", bound=Crowded)


def spare(connections: Iterable[One], now: float) -> One | None:
    """The connection that has been idle longest, if that is a second at least."""
    idle = [one for one in connections if one.idle and now - one.last_heard >= SPARE_AFTER_SECONDS]
    return min(idle, key=lambda one: one.last_heard, default=None)


def excess_with(newcomer: One, connections: Collection[object], limit: int) -> int:
    """How many connections there are too many once a spare one, if any is needed and there, has been closed."""
    excess = len(connections) - limit
    others = (one for one in connections if isinstance(one, type(newcomer)) and one is not newcomer)
    if excess > 0 and (other := spare(others, newcomer.last_heard)) is not None:
        other.transport.close()
        excess -= 1
    return excess
