"""Which version of the model answered at some time? What was current, by the ledger; who answered, by the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import JudgmentLine, PromotionLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.journal import Line
    from bayesian_verifier.retraining._operations import Change


class Current(NamedTuple):
    """The version that was current. since: when it became so, by whom; None: before all that the ledger says."""

    version: str
    since: str | None
    by: str | None


class Answered(NamedTuple):
    """The newest answer by a model up to the time: its version, when, and the judgment's id."""

    version: str
    at: str
    judgment: str


def current_at(changes: Sequence[Change], moment: str, *, now: str | None) -> Current | None:
    """What was current at a moment, by the ledger's changes in their order.

    moment: in the journal's form, so that text compares as time does.   now: what is current now, which is what always
    was where the ledger knows no change. None where nobody can say.
    """
    before = [one for one in changes if one.ts <= moment]
    if before:
        last = before[-1]
        version = last.challenger if isinstance(last, PromotionLine) else last.to
        return Current(version, last.ts, last.by)
    if not changes:
        return None if now is None else Current(now, None, None)
    first = changes[0]
    was = first.champion if isinstance(first, PromotionLine) else first.from_
    return None if was is None else Current(was, None, None)


def answered_at(events: Iterable[Line], moment: str) -> Answered | None:
    """Who gave the newest judgment's posterior up to a moment; a service goes on to a new version a little later."""
    found: Answered | None = None
    for one in events:
        if not isinstance(one, JudgmentLine) or one.model_version is None or one.ts > moment:
            continue
        if found is None or one.ts >= found.at:
            found = Answered(one.model_version, one.ts, one.id)
    return found
