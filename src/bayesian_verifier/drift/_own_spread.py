"""Has this person changed, even if their answers scatter more than their posteriors say?

A window's posterior takes choice noise from the prior anew, so that it is too sure of people whose hand is unsteadier
than most, and nothing a population learns mends that for them. Each person is therefore followed twice: as stated,
and with messages widened by the scatter of their own past windows. An alarm needs both. It comes no earlier than that
of the first alone, whose rate of false alarms is proven (see `_detector`), and later for those who scatter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.drift._detector import State, advance, of_people, restarted, start
from bayesian_verifier.drift._message import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.drift._detector import Detector, Info

    Float = NDArray[np.float64]

#: windows' worth of belief that a person scatters as stated
_BELIEF = 20.0
#: a squared surprise counts as this much at most
_MOST = 9.0
#: the newest windows do not count yet: they may be a change that is on its way to its alarm
_WAIT = 8
#: by how many standard errors the scatter must be above what is stated
_MARGIN = 0.5


class Person(NamedTuple):
    """What is known of people [...] followed side by side.

    stated, widened: as the detector has it.   squares, counted [...]: sum of their squared surprises, and how many.
    waiting [<= 8, ...]: squares that do not count yet, newest first; NaN for none.
    """

    stated: State
    widened: State
    squares: Float
    counted: Float
    waiting: Float


def begin(detector: Detector, shape: tuple[int, ...] = ()) -> Person:
    """Nothing heard yet."""
    return Person(
        start(detector, shape),
        start(detector, shape),
        np.zeros(shape),
        np.zeros(shape),
        np.empty((0, *shape)),
    )


def hear(known: Person, told: Message, detector: Detector) -> tuple[Person, Info]:
    """One message of each person. The statistic is the lesser of both; when and how far it changed, as stated."""
    new, info = listen(known, told, detector)
    return begun_anew(new, info.alarm, detector), info


def listen(known: Person, told: Message, detector: Detector) -> tuple[Person, Info]:
    """As `hear`, and go on after an alarm as if there had been none."""
    stated, info = advance(known.stated, told, detector)
    own = Message(told.value, told.precision / own_scale(known))
    widened, also = advance(known.widened, own, detector)
    statistic = np.minimum(info.statistic, also.statistic)
    alarm = statistic >= detector.threshold
    new = Person(stated, widened, *_counted(known, told, detector))
    return new, info._replace(statistic=statistic, alarm=alarm)


def begun_anew(known: Person, alarm: NDArray[np.bool_], detector: Detector) -> Person:
    """The same, but as at the start for those with an alarm; how widely they scatter is still known."""
    return Person(
        restarted(known.stated, alarm, detector),
        restarted(known.widened, alarm, detector),
        known.squares,
        known.counted,
        # what came just before an alarm was the change
        np.where(alarm, np.nan, known.waiting),
    )


def own_scale(known: Person) -> Float:
    """The factor [...] on a person's stated variance, 1 to 9, from windows before the newest eight."""
    windows = _BELIEF + known.counted
    found = (_BELIEF + known.squares) / windows - _MARGIN * np.sqrt(2.0 / windows)
    result: Float = np.maximum(1.0, found)
    return result


def of_followed(known: Person, who: NDArray[np.bool_]) -> Person:
    """Some of the people [N]."""
    return Person(
        of_people(known.stated, who),
        of_people(known.widened, who),
        known.squares[who],
        known.counted[who],
        known.waiting[..., who],
    )


def _counted(known: Person, told: Message, detector: Detector) -> tuple[Float, Float, Float]:
    """Squares and counts with the one that has waited long enough, and those that wait now."""
    away = told.value - known.widened.mean
    spread = known.widened.variance + detector.wander**2 + 1.0 / told.precision
    # how far the first window lies from the prior is the population's affair
    square = np.where(known.widened.windows == 0, np.nan, np.minimum(away * away / spread, _MOST))
    waiting = np.concatenate([square[None], known.waiting])
    ready = waiting[_WAIT] if len(waiting) > _WAIT else np.full_like(square, np.nan)
    there = ~np.isnan(ready)
    return known.squares + np.where(there, ready, 0.0), known.counted + there, waiting[:_WAIT]
