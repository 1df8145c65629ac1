"""Which connection gives way to a new one when there are as many as may be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

#: One that was heard of more recently may have a request on its way.
SPARE_AFTER_SECONDS = 1.0


class Crowded(Protocol):
    """What is asked of a connection. last_heard: when bytes last came, in seconds."""

    last_heard: float

    @property
    def idle(self) -> bool:
        """Whether neither side owes the other anything."""


One = TypeVar("One", bound=Crowded)


def spare(connections: Iterable[One], now: float) -> One | None:
    """The connection that has been idle longest, if that is a second at least."""
    idle = [one for one in connections if one.idle and now - one.last_heard >= SPARE_AFTER_SECONDS]
    return min(idle, key=lambda one: one.last_heard, default=None)
