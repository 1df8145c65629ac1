"""What would a run do now? Train, compare a challenger that waits, or nothing; decided, not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.journal import seconds_since_epoch
from bayesian_verifier.retraining._challengers import challengers
from bayesian_verifier.retraining._knowing import known_of
from bayesian_verifier.retraining._trigger import decide

if TYPE_CHECKING:
    from bayesian_verifier.retraining._challengers import Challenger
    from bayesian_verifier.retraining._knowing import Champion, Seen
    from bayesian_verifier.retraining._operations import Operations
    from bayesian_verifier.retraining._settings import TriggerSettings

_DAY = 86_400.0


class Plan(NamedTuple):
    """What to do, why, and in words.

    code: the trigger's; or "untested" and "new_answers", reasons to compare; or "waiting" for people, who said no
    ("refused") lately.   ask: whether a training may be.
    challenger: to compare, or that people are asked about.
    """

    do: Literal["train", "compare", "ask", "nothing"]
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
        asking = settings.approval and decision.code != "forced"
        held = _held(done, champion, now, settings) if asking else None
        return held or Plan("train", decision.code, decision.said)
    if decision.code == "running" or newest is None:
        return Plan("nothing", decision.code, decision.said)
    if newest.standing == "untested":
        return Plan("compare", "untested", f"{newest.version} was never compared", newest)
    if newest.standing == "hold" and newest.gate and journal.answered_since(newest.gate.ts):
        said = f"people have answered since {newest.version} was compared last"
        return Plan("compare", "new_answers", said, newest)
    return Plan("nothing", decision.code, decision.said)


def _held(done: Operations, champion: Champion, now: float, settings: TriggerSettings) -> Plan | None:
    """What there is to do before a training that people are to allow; None where they have.

    A yes is for one training. After a no they are asked again when the cool-down is over.
    """
    last = max((one.started.ts for one in done.trainings), default="")
    mine = [
        one
        for one in done.asked
        if one.line.what == "training" and one.line.champion == champion.version and one.line.ts > last
    ]
    if not mine:
        return Plan("ask", "asked", "people are to allow a training")
    newest = mine[-1]
    if newest.decided is None:
        said = f"a training waits for an answer to {newest.line.id} until {newest.line.expires}"
        return Plan("nothing", "waiting", said)
    if newest.is_granted:
        return None
    if now - seconds_since_epoch(newest.decided.ts) < settings.cool_down_days * _DAY:
        return Plan("nothing", "refused", f"people allowed no training at {newest.decided.ts}")
    return Plan("ask", "asked", "people are to allow a training, and said no long ago")
