"""What would a run do now? Train, compare a challenger that waits, or nothing; decided, not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.retraining._challengers import challengers
from bayesian_verifier.retraining._knowing import known_of
from bayesian_verifier.retraining._trigger import decide

if TYPE_CHECKING:
    from bayesian_verifier.retraining._challengers import Challenger
    from bayesian_verifier.retraining._knowing import Champion, Seen
    from bayesian_verifier.retraining._operations import Operations
    from bayesian_verifier.retraining._settings import TriggerSettings


class Plan(NamedTuple):
    """What to do, why, and in words.

    code: the trigger's; or "untested" and "new_answers", reasons to compare; or "waiting", for people.
    challenger: to compare, or that people are asked about.
    """

    do: Literal["train", "compare", "nothing"]
    code: str
    said: str
    challenger: Challenger | None = None


def plan(
    done: Operations,
    journal: Seen,
    champion: Champion,
    now: float,
    settings: TriggerSettings,
    *,
    forced: bool = False,
) -> Plan:
    """A challenger on hold is compared again when people have answered since, and is not trained again for it."""
    there = challengers(done)
    newest = there[-1] if there and there[-1].champion == champion.version else None
    if newest and newest.standing == "asked" and newest.asked:
        asked = newest.asked.line
        said = (
            f"{newest.version} waits for an answer to {asked.id} until {asked.expires}, then: {asked.default}"
        )
        return Plan("nothing", "waiting", said, newest)
    decision = decide(known_of(done, journal, champion, now, settings), now, settings, forced=forced)
    if decision.start:
        return Plan("train", decision.code, decision.said)
    if decision.code == "running" or newest is None:
        return Plan("nothing", decision.code, decision.said)
    if newest.standing == "untested":
        return Plan("compare", "untested", f"{newest.version} was never compared", newest)
    if newest.standing == "hold" and newest.gate and journal.answered_since(newest.gate.ts):
        said = f"people have answered since {newest.version} was compared last"
        return Plan("compare", "new_answers", said, newest)
    return Plan("nothing", decision.code, decision.said)
