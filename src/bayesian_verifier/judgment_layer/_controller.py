"""What do we go by when the verifier has no answer that can be used?

The Meta-Judgment Controller owes nothing to the network or to the simulator's likelihood. In this order: the
last posterior of this person that was trusted, less and less sure with age, with the answers since; the person's
own answers, by least squares; a cautious prior. It always says which.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from bayesian_verifier.judgment_layer._bracket import bracket
from bayesian_verifier.judgment_layer._curves import told_by
from bayesian_verifier.judgment_layer._least_squares import nearest
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._curves import Told

# Fitted to people choosing for payoffs near zero, r has a median of 0.54 to 0.68: 0.7 is that, rounded
# towards caution. Its sd among them is 0.4 to 0.8, but payoffs far from zero move the centre to 1.5 or 2:
# with an sd of 1.0 neither is a surprise.
CAUTIOUS = Belief(0.7, 1.0)

_DAY = 86_400.0

Basis = Literal["last_trusted", "bracket", "cautious_prior"]


@dataclass(frozen=True, slots=True)
class Fallback:
    """The controller's answer: a belief, what it rests on, and the same in words, as a clause."""

    belief: Belief
    basis: str
    sentence: str


class Controller(Protocol):
    """Whatever can stand in for the verifier, such as an agent framework's own; safe among threads, and quick.

    A person waits for it when it is needed, in a thread of its own and no longer than the layer's `controller_timeout`.
    Being late is counted, as what it raises is, and the cautious prior stands.
    """

    def remember(self, subject: str, belief: Belief, at: float) -> None:
        """Note a trusted posterior of a subject, from a time in seconds since 1970."""

    def assess(self, subject: str | None, judgments: Sequence[Judgment], at: float) -> Fallback:
        """A belief about a person from their judgments, oldest first, at a time in seconds since 1970."""


@runtime_checkable
class Forgets(Controller, Protocol):
    """A controller that can also be told that a person has changed.

    One that cannot is told to remember the cautious prior of them instead.
    """

    def forget(self, subject: str) -> None:
        """What was remembered of this subject does not hold any more."""


class _Remembered(NamedTuple):
    belief: Belief
    at: float


class _Memory(NamedTuple):
    lock: threading.Lock
    of: OrderedDict[str, _Remembered]


class MetaJudgmentController:
    """The controller described above.

    cautious: belief about somebody unknown.   drift: sd of what a person's risk aversion changes by in a day,
    adding up like a random walk; a trusted posterior is used until it is no surer than the cautious prior, and a
    person's own answers are never less sure than that.
    memory: subjects remembered; the one longest not heard of is forgotten.
    newest: judgments looked at, which bounds the cost.
    """

    def __init__(
        self, *, cautious: Belief = CAUTIOUS, drift: float = 0.1, memory: int = 10_000, newest: int = 128
    ) -> None:
        self._cautious = cautious
        self._drift = drift
        self._most = memory
        self._newest = newest
        self._memory = PerProcess(lambda: _Memory(threading.Lock(), OrderedDict()))

    def remember(self, subject: str, belief: Belief, at: float) -> None:
        """Note a trusted posterior of a subject; an older one than is known changes nothing."""
        memory = self._memory.here()
        with memory.lock:
            known = memory.of.get(subject)
            if known is None or at >= known.at:
                memory.of[subject] = _Remembered(belief, at)
            memory.of.move_to_end(subject)
            while len(memory.of) > self._most:
                memory.of.popitem(last=False)

    def forget(self, subject: str) -> None:
        """Remember no posterior of a subject, as when they have changed."""
        memory = self._memory.here()
        with memory.lock:
            memory.of.pop(subject, None)

    def assess(self, subject: str | None, judgments: Sequence[Judgment], at: float) -> Fallback:
        """The best belief there is about a person at a time in seconds since 1970."""
        newest = judgments[-self._newest :]
        if subject is not None and (last := self._last_trusted(subject, newest, at)) is not None:
            return last
        if (found := self._answers(told_by(newest), at)) is not None:
            return found
        assumed = f"it knows no answer of this person and assumes a cautious {_plain(self._cautious)}"
        return Fallback(self._cautious, "cautious_prior", assumed)

    def _last_trusted(self, subject: str, newest: Sequence[Judgment], at: float) -> Fallback | None:
        memory = self._memory.here()
        with memory.lock:
            known = memory.of.get(subject)
        if known is None:
            return None
        age = max(0.0, at - known.at)
        belief = self._aged(known.belief, age)
        if belief is None:
            return None
        words = f"it goes by the last trusted posterior, {_age(age)} old"
        since = told_by(one for one in newest if (made := _made(one)) is not None and made > known.at)
        if since:
            belief, words = nearest(since, belief), f"{words}, and {len(since)} answers since"
        return Fallback(belief, "last_trusted", f"{words}, now {_plain(belief)}")

    def _answers(self, told: Sequence[Told], at: float) -> Fallback | None:
        if not told:
            return None
        made = [time for one in told if (time := _made(one.judgment)) is not None]
        fresh = nearest(told, self._cautious)
        # however old, they are the person's own: a guess by them is no worse than one about anybody
        aged = self._aged(fresh, max(0.0, at - max(made)) if made else 0.0)
        belief = aged or Belief(fresh.mean, self._cautious.sd)
        return Fallback(belief, "bracket", _words(told, belief))

    def _aged(self, belief: Belief, seconds: float) -> Belief | None:
        """A belief so much later; None where it is no surer than the cautious prior."""
        sd = math.sqrt(belief.sd**2 + self._drift**2 * seconds / _DAY)
        return Belief(belief.mean, sd) if sd < self._cautious.sd else None


def _made(judgment: Judgment) -> float | None:
    """When a judgment was made, in seconds since 1970; None where it does not say, in a form that is known."""
    try:
        moment = datetime.fromisoformat(judgment.ts or "")
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _words(told: Sequence[Told], belief: Belief) -> str:
    found = bracket(told)
    rewards = sum(one.judgment.reward is not None for one in told)
    if found is None:
        return f"it goes by {len(told)} answers, to which {_plain(belief)} is nearest"
    agreeing = found.answers - found.contradicted
    if math.isinf(found.low) and math.isinf(found.high):
        where = "anywhere"
    elif math.isinf(found.low):
        where = f"below {found.high:.2f}"
    elif math.isinf(found.high):
        where = f"above {found.low:.2f}"
    else:
        where = f"from {found.low:.2f} to {found.high:.2f}"
    agree = f"{agreeing} of {found.answers} answers agree with a risk aversion {where}"
    return f"{agree}, which{' with the rewards' if rewards else ''} it takes as {_plain(belief)}"


def _plain(belief: Belief) -> str:
    return f"{belief.mean:.2f} ± {belief.sd:.2f}"


def _age(seconds: float) -> str:
    for unit, length in (("d", _DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
