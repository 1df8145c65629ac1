"""What is left to be written or done, whoever was killed half-way? From the ledger and the version that answers.

A run does its last steps by this too, so that what a crash leaves undone is done by the same rules as in a night
without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.retraining._challengers import challengers

if TYPE_CHECKING:
    from collections.abc import Collection

    from bayesian_verifier.retraining._challengers import Challenger
    from bayesian_verifier.retraining._operations import Operations


class Step(NamedTuple):
    """One thing to do. of: a run for "end", a request for "expire" and "withdraw", a version for "ask" and "promote".

    said: in words.
    """

    do: Literal["end", "expire", "withdraw", "ask", "promote"]
    of: str
    said: str


def due(
    known: Operations,
    current: str | None,
    now: float,
    *,
    approval: bool | None,
    dead: Collection[str] = (),
) -> Step | None:
    """The next thing to do; None where nothing is. Once it is done, ask again.

    current: the version that answers.   now: seconds since 1970.
    approval: whether people are asked before a promotion; None: leave those alone that nobody was asked about yet.
    dead: runs that have no lease any more.
    """
    for training in known.trainings:
        if training.ended is None and training.started.run in dead:
            return Step("end", training.started.run, "its process is gone")
    there = challengers(known)
    for asked in known.asked:
        if asked.state != "open":
            continue
        if asked.expires <= now:
            said = f"nobody answered; {asked.line.default} is the default"
            return Step("expire", asked.line.id, said)
        of = next((one for one in there if one.version == asked.line.challenger), None)
        past = asked.line.what == "promotion" and (of is None or of.standing != "asked" or of.asked != asked)
        if past or asked.line.champion != current:
            return Step("withdraw", asked.line.id, f"{asked.line.champion} does not answer any more")
    return _of_newest(there, current, approval=approval) if there else None


def _of_newest(there: tuple[Challenger, ...], current: str | None, *, approval: bool | None) -> Step | None:
    """An older challenger than the newest is past: its champion may answer still, but somebody better was trained."""
    newest = there[-1]
    cleared = newest.standing == "cleared" and approval is not None
    if not (cleared or newest.standing == "granted") or current not in {newest.champion, newest.version}:
        return None
    if cleared and approval and current != newest.version:
        return Step("ask", newest.version, "people are asked")
    return Step("promote", newest.version, f"by {newest.promoted_by}")
