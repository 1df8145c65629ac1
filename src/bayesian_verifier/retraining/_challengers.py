"""Where does each challenger stand? From what the ledger says of it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.journal import PromotionLine

if TYPE_CHECKING:
    from bayesian_verifier.journal import GateLine
    from bayesian_verifier.retraining._operations import Asked, Operations

#: untested: no verdict yet.   hold: not known to be better yet.   rejected: worse, by the gate.   cleared: better.
#: asked: people are to say.   granted: they said yes.   refused: they said no.   promoted: it answered, once or still.
Standing = Literal["untested", "hold", "rejected", "cleared", "asked", "granted", "refused", "promoted"]


class Challenger(NamedTuple):
    """One challenger. run: that trained it.   champion: whom it was trained to follow.   gate: the latest verdict."""

    version: str
    run: str
    champion: str
    standing: Standing
    gate: GateLine | None = None
    asked: Asked | None = None

    @property
    def promoted_by(self) -> str:
        """Who is to be named for its promotion: the person who said yes, else the gate."""
        decided = None if self.asked is None else self.asked.decided
        return str(getattr(decided, "by", "gate"))


def challengers(known: Operations) -> tuple[Challenger, ...]:
    """Each that was trained, oldest first."""
    return tuple(
        _challenger(known, ended.challenger, one.started.run, one.started.champion)
        for one in known.trainings
        if (ended := one.ended) is not None and ended.challenger is not None
    )


def standing_of(known: Operations, version: str) -> Challenger | None:
    """The challenger of this version, if it is one."""
    return next((one for one in reversed(challengers(known)) if one.version == version), None)


def _challenger(known: Operations, version: str, run: str, champion: str) -> Challenger:
    gate = next((one for one in reversed(known.gates) if one.challenger == version), None)
    asked = next((one for one in reversed(known.asked) if one.line.challenger == version), None)
    return Challenger(version, run, champion, _standing(known, version, gate, asked), gate, asked)


def _standing(known: Operations, version: str, gate: GateLine | None, asked: Asked | None) -> Standing:
    # a version that was rolled back has answered, even if the line of its promotion was never written
    if any(
        version == (one.challenger if isinstance(one, PromotionLine) else one.from_) for one in known.changes
    ):
        return "promoted"
    if gate is None:
        return "untested"
    if gate.verdict != "PROMOTE":
        return "hold" if gate.verdict == "HOLD" else "rejected"
    if asked is None:
        return "cleared"
    if asked.state == "open":
        return "asked"
    return "granted" if asked.is_granted else "refused"
