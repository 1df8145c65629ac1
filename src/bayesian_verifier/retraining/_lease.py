"""Who may use the machine for batch work now? The rules of a lease, without files or clocks.

One holder at a time, for a stated time. A holder shows that it lives by a heartbeat; one that has stopped, or whose
process is gone, has lost its lease. Whoever is more urgent may ask the holder to yield; it does so when it can.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: a holder beats this often, and has lost the lease when it has not for several times as long
BEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0

Text = Annotated[str, Field(min_length=1, max_length=200)]
Time = Annotated[float, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class Wish(_Frozen):
    """Somebody more urgent waits. priority: the greater goes first."""

    owner: Text
    priority: int = 0
    at: Time


class Lease(_Frozen):
    """What the lease file holds while somebody has the machine.

    id: of this lease alone.   owner, purpose: for people.   host, pid: of the process that beats.
    started, until, heartbeat: seconds since 1970.   wish: the most urgent who waits, if any is.
    """

    v: Literal[1] = 1
    id: Text
    owner: Text
    purpose: str = ""
    priority: int = 0
    host: Text
    pid: Annotated[int, Field(ge=1)]
    started: Time
    until: Time
    heartbeat: Time
    wish: Wish | None = None


def is_held(lease: Lease | None, now: float, *, alive: bool) -> bool:
    """Whether somebody has the machine at a time.

    alive: whether the holder's process runs, as far as this machine can tell.
    """
    if lease is None or not alive:
        return False
    return now < lease.until and now - lease.heartbeat < SILENT_SECONDS


def wished(lease: Lease, wish: Wish) -> Lease:
    """The same lease, with a wish to have it noted where it is more urgent than the holder and than who waits."""
    outdone = (
        lease.wish is not None and lease.wish.priority >= wish.priority and lease.wish.owner != wish.owner
    )
    stale = lease.wish is not None and wish.at - lease.wish.at >= SILENT_SECONDS
    if wish.priority <= lease.priority or (outdone and not stale):
        return lease
    return lease.model_copy(update={"wish": wish})


def must_yield(lease: Lease, now: float) -> bool:
    """Whether somebody more urgent waits, and still does."""
    return lease.wish is not None and now - lease.wish.at < SILENT_SECONDS


def may_take(lease: Lease | None, wish: Wish, *, held: bool) -> bool:
    """Whether an asker may have the machine: nobody has it, and nobody more urgent was waiting for it."""
    if held:
        return False
    waiting = None if lease is None else lease.wish
    return (
        waiting is None
        or waiting.owner == wish.owner
        or waiting.priority <= wish.priority
        or wish.at - waiting.at >= SILENT_SECONDS
    )
