"""What is said in the verifier's stead, whatever the controller does?"""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bayesian_verifier.judgment_layer._controller import CAUTIOUS, Fallback, Forgets, MetaJudgmentController
from bayesian_verifier.judgment_layer._in_time import InTime, NotInTimeError
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import Epoch, History
    from bayesian_verifier.judgment_layer._controller import Controller

T = TypeVar("T")

_log = logging.getLogger(__name__)

# Utility is taken for r within ±10: nobody is described by a mean or an sd beyond this.
_GREATEST = 100.0
_LONGEST_WORDS = 1000
# as many as the Meta-Judgment Controller remembers; one dropped is told again, which costs a call
_MOST_SUBJECTS = 10_000


class Attempt(NamedTuple):
    """What the controller said, or the name of what went wrong."""

    fallback: Fallback | None
    failure: str | None


class _Told:
    """The epoch that a controller was told of last, of those subjects that have one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: OrderedDict[str, str] = OrderedDict()

    def is_other(self, subject: str, epoch: str | None) -> bool:
        """Whether this is another epoch than the subject had."""
        with self._lock:
            return self._of.get(subject) != epoch

    def note(self, subject: str, epoch: str | None) -> None:
        """The controller has been told."""
        with self._lock:
            self._of.pop(subject, None)
            if epoch is not None:
                self._of[subject] = epoch
            while len(self._of) > _MOST_SUBJECTS:
                self._of.popitem(last=False)


class Standby:
    """A controller that may raise, answer nonsense or not answer: then the cautious prior stands, and it is counted.

    timeout: seconds for each call of a controller that is not our own, which is called where it is needed.
    """

    def __init__(self, controller: Controller, timeout: float) -> None:
        self._controller = controller
        self._in_time = _at_once if type(controller) is MetaJudgmentController else InTime(timeout)
        self._lock = threading.Lock()
        self._failures = 0
        self._told = PerProcess(_Told)

    @property
    def failures(self) -> int:
        """Calls of the controller that raised, were not over in time, or whose answer was no belief."""
        return self._failures

    def remember(
        self,
        subject: str | None,
        epoch: Epoch | None,
        belief: Belief,
        at: float,
        *,
        is_waited_for: bool = True,
    ) -> None:
        """Tell the controller of a posterior trusted in an epoch, from a time in seconds since 1970.

        is_waited_for: whether a person is, so that it must be over in time.
        """
        if subject is None:
            return
        call = self._in_time if is_waited_for else _at_once
        try:
            call(lambda: self._remember(subject, epoch, belief, at))
        except Exception:  # noqa: BLE001 somebody else's code, which must not stop a judgment
            self._count("cannot remember")

    def attempt(
        self, subject: str | None, history: History, at: float, *, is_waited_for: bool = True
    ) -> Attempt:
        """What the controller makes of a person who was last trusted when the history says."""

        def assessed() -> Fallback:
            if subject is not None:
                self._follow(subject, history.epoch, at)
                if history.trusted is not None:
                    self._controller.remember(subject, *history.trusted)
            return _checked(self._controller.assess(subject, history.judgments, at))

        call = self._in_time if is_waited_for else _at_once
        try:
            return Attempt(call(assessed), None)
        except NotInTimeError as exc:
            self._count("is late")
            return Attempt(None, str(exc))
        except Exception as exc:  # noqa: BLE001 as above
            self._count("cannot assess")
            return Attempt(None, type(exc).__name__)

    def _remember(self, subject: str, epoch: Epoch | None, belief: Belief, at: float) -> None:
        self._follow(subject, epoch, at)
        self._controller.remember(subject, belief, at)

    def _follow(self, subject: str, epoch: Epoch | None, at: float) -> None:
        """Have the controller forget a subject whose epoch is another than it was told of last."""
        told, now = self._told.here(), None if epoch is None else epoch.id
        if not told.is_other(subject, now):
            return
        if isinstance(self._controller, Forgets):
            self._controller.forget(subject)
        else:
            self._controller.remember(subject, CAUTIOUS, at)
        # only now: one that failed is told again
        told.note(subject, now)

    def assess(self, subject: str | None, history: History, at: float) -> Fallback:
        """The controller's answer, else the cautious prior and why."""
        fallback, failure = self.attempt(subject, history, at)
        if fallback is not None:
            return fallback
        assumed = f"it failed ({failure}), so a cautious {CAUTIOUS.mean:.2f} ± {CAUTIOUS.sd:.2f} is assumed"
        return Fallback(CAUTIOUS, "cautious_prior", assumed)

    def _count(self, what: str) -> None:
        with self._lock:
            self._failures += 1
        _log.exception("the controller %s", what)


def _at_once(job: Callable[[], T]) -> T:
    return job()


def _checked(said: Fallback) -> Fallback:
    """The answer in our own values. Raises ValueError, TypeError or AttributeError where it is none."""
    belief = Belief(float(said.belief.mean), float(said.belief.sd), tuple(map(float, said.belief.quantiles)))
    if not (abs(belief.mean) <= _GREATEST and belief.sd <= _GREATEST):
        raise ValueError(f"expected a mean and an sd of at most {_GREATEST:g}, got {belief}")
    if not all(map(math.isfinite, belief.quantiles)):
        raise ValueError(f"expected finite quantiles, got {belief}")
    return Fallback(belief, _text(said.basis), _text(said.sentence))


def _text(words: object) -> str:
    """Words that any journal can hold."""
    return str(words)[:_LONGEST_WORDS].encode(errors="replace").decode()
