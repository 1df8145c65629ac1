"""Is it time to train a challenger? Decided from what the ledger and the journal say, and nothing else.

Drift is a reason to try, no evidence that a challenger is better. The trigger fires once when the share of people with
an alarm rises to its upper mark, and is armed again when the share has fallen to the lower one, so that one wave of
alarms is one training. An old model is trained anew without any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from bayesian_verifier.retraining._settings import TriggerSettings

_DAY = 86_400.0

Reason = Literal["drift", "age", "forced"]
Hold = Literal[
    "nothing", "not_armed", "too_few_people", "too_few_windows", "cooling_down", "daily_cap", "running"
]


class Alarms(NamedTuple):
    """At one moment: people followed with two windows or more, and how many of them had an alarm lately."""

    people: int
    alarmed: int

    @property
    def share(self) -> float:
        """Of those with an alarm; 0 where nobody is followed."""
        return self.alarmed / self.people if self.people else 0.0


class Known(NamedTuple):
    """What there is to decide from, times in seconds since 1970.

    armed: whether the share of alarms has been at the lower mark since the last training that drift asked for.
    trained: when the champion was.   windows: since then.   starts: of trainings so far.
    ended: of the last training; None while none has.   running: whether one is at work.
    """

    alarms: Alarms
    armed: bool
    trained: float
    windows: int
    starts: tuple[float, ...] = ()
    ended: float | None = None
    running: bool = False


class Decision(NamedTuple):
    """Whether to train now, why or why not, and in words."""

    start: bool
    code: Reason | Hold
    said: str


def is_armed(was_armed: bool, alarms: Alarms, settings: TriggerSettings) -> bool:  # noqa: FBT001 a state, not an option
    """Whether the trigger is armed after one more look: it stays so, and becomes so at the lower mark."""
    return was_armed or alarms.share <= settings.rearm_share


def decide(known: Known, now: float, settings: TriggerSettings, *, forced: bool = False) -> Decision:
    """Whether a challenger is to be trained now. Forced: whatever there is, but not beside another nor over the cap."""
    if known.running:
        return Decision(False, "running", "another training is at work")
    today = sum(now - _DAY < at <= now for at in known.starts)
    if today >= settings.daily_cap:
        return Decision(
            False, "daily_cap", f"{today} begun in the last 24 hours, {settings.daily_cap} allowed"
        )
    if forced:
        return Decision(True, "forced", "somebody asked for it")
    if known.ended is not None and now - known.ended < settings.cool_down_days * _DAY:
        left = settings.cool_down_days - (now - known.ended) / _DAY
        return Decision(False, "cooling_down", f"the last one ended lately; {left:.1f} days to go")
    age = (now - known.trained) / _DAY
    if settings.max_age_days and age > settings.max_age_days:
        return Decision(True, "age", f"the model is {age:.0f} days old, {settings.max_age_days:g} allowed")
    return _of_drift(known, settings)


def _of_drift(known: Known, settings: TriggerSettings) -> Decision:
    alarms = known.alarms
    told = f"{alarms.alarmed} of {alarms.people} people had an alarm in the last {settings.alarm_days:g} days"
    if alarms.share < settings.alarm_share:
        return Decision(False, "nothing", told)
    if alarms.people < settings.min_people:
        return Decision(
            False,
            "too_few_people",
            f"{told}; {settings.min_people} people are needed to speak of a population",
        )
    if not known.armed:
        return Decision(False, "not_armed", f"{told}, a wave that a training has answered already")
    if known.windows < settings.min_windows:
        return Decision(
            False,
            "too_few_windows",
            f"{told}, but {known.windows} windows since the last training, {settings.min_windows} needed",
        )
    return Decision(True, "drift", told)
