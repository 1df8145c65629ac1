"""By what are a person's options ranked: by expected worth alone, or by a policy that knows more of the choice?"""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._in_time import InTime
from bayesian_verifier.policy import PolicyChooser, Scored

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Case
    from bayesian_verifier.policy import ABTest, ArmName, Surroundings
    from bayesian_verifier.posterior import Belief

_log = logging.getLogger(__name__)


class Chooser(Protocol):
    """Whatever can score the options of a case, such as a trained policy; safe among threads, and quick.

    A person waits for it. One of another make than `PolicyChooser` is called in a thread of its own and for no longer
    than the layer's `controller_timeout`. Being late is counted, as what it raises is, and expected worth ranks.
    """

    def score(self, case: Case, belief: Belief, surroundings: Surroundings) -> Scored:
        """A score of each option, for a person of whom this is believed, whoever says so."""


class Ranked(NamedTuple):
    """scored: what the policy says, None where expected worth ranks.   arm: of the A/B test, None outside of any."""

    scored: Scored | None
    arm: ArmName | None


class Ranking:
    """Ranks for everybody, or for one arm of a test.

    chooser: None for expected worth.   ab_test: who gets the chooser, everybody without one. Somebody without a name is
    in no arm, and has expected worth.   timeout: seconds for a chooser of another make.
    Raises CallerError for a test of nothing.
    """

    def __init__(self, chooser: Chooser | None, ab_test: ABTest | None, timeout: float) -> None:
        if ab_test is not None and chooser is None:
            raise CallerError("an A/B test needs a chooser to compare with expected value")
        self._chooser = chooser
        self.ab_test = ab_test
        self._in_time = _at_once if type(chooser) is PolicyChooser else InTime(timeout)
        self._lock = threading.Lock()
        self.failures = 0

    def rank(self, case: Case, belief: Belief, subject: str | None, surroundings: Surroundings) -> Ranked:
        """What the policy says, where it is to be asked."""
        arm = None if self.ab_test is None or subject is None else self.ab_test.arm(subject)
        chooser = self._chooser
        if chooser is None or arm == "rule" or (arm is None and self.ab_test is not None):
            return Ranked(None, arm)
        try:
            return Ranked(
                _checked(self._in_time(lambda: chooser.score(case, belief, surroundings)), case), arm
            )
        except Exception:  # noqa: BLE001 a person is waiting for a choice
            with self._lock:
                self.failures += 1
            _log.exception("the chooser failed")
            return Ranked(None, arm)


def _at_once(job: Callable[[], Scored]) -> Scored:
    return job()


def _checked(said: Scored, case: Case) -> Scored:
    """Raises ValueError or TypeError where that ranks nothing, or no journal could hold it."""
    if len(said.scores) != len(case.options):
        raise ValueError(f"expected a score of {len(case.options)} options, got {len(said.scores)}")
    numbers = [*(one for one in said.scores if one is not None), said.temperature]
    if said.ask is not None:
        numbers.append(said.ask)
    if not all(math.isfinite(one) for one in numbers):
        raise ValueError(f"expected scores that are numbers, got {said.scores}, {said.ask}")
    return said
