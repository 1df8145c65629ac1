"""What would the controller have said where the verifier's answer was used?

A fallback that is never used is not known to work. So a small share of such calls is also put to the
controller, once the person has their answer, and the journal gets a line of how far the two are apart. It is
asked as if the verifier had not answered: it learns of the new posterior only afterwards.
"""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BayesianVerifierError, CallerError
from bayesian_verifier.judgment_layer._beside import Beside
from bayesian_verifier.judgment_layer._health import ShadowHealth
from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import History, Journal
    from bayesian_verifier.judgment_layer._choice import Verifies
    from bayesian_verifier.judgment_layer._chosen import Chosen
    from bayesian_verifier.judgment_layer._controller import Fallback
    from bayesian_verifier.judgment_layer._standby import Standby
    from bayesian_verifier.posterior import Belief

_log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A call that the verifier answered, and what the controller could have gone by.

    at: nanoseconds since 1970.   chosen: None where nothing was to be chosen.
    """

    subject: str | None
    history: History
    belief: Belief
    model_version: str
    trace_id: str
    at: int
    chosen: Chosen | None


class _Counts:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.runs = self.skipped = self.failed = self.unrecorded = 0
        self.slowest = 0.0
        self.since: float | None = None
        self.rests_until = 0.0


class Shadow:
    """Runs the controller beside calls that do not need it.

    share: of calls, 0 to 1; also of time: a run is followed by a rest that keeps the controller at work for no
    greater share of the time, however slow it is.   chance: numbers even on [0, 1); a call is taken where its
    number is below the share.   One run at a time, in a thread that nobody waits for: a controller that hangs
    ends the shadow, not the layer.
    """

    def __init__(
        self,
        share: float,
        chance: Callable[[], float],
        standby: Standby,
        journal: Journal,
        prover: Verifies,
        monotonic: Callable[[], float],
    ) -> None:
        if not 0 <= share <= 1:
            raise CallerError(f"expected a shadow from 0 to 1, a share of calls, got {share!r}")
        self._share = share
        self._chance = chance
        self._standby = standby
        self._journal = journal
        self._prover = prover
        self._monotonic = monotonic
        self._here = PerProcess(_Counts).here
        self._beside = Beside()

    def takes(self) -> bool:
        """Whether the next call is taken."""
        return self._share > 0 and self._chance() < self._share

    def begin(self, seen: Seen) -> bool:
        """Run the controller beside the caller; False where it is not its time.

        The controller is told of the verifier's belief when it has answered.
        """
        counts = self._here()
        began = self._monotonic() >= counts.rests_until and self._beside.start(
            lambda: self._run(seen, counts)
        )
        with counts.lock:
            if began:
                counts.runs += 1
            else:
                counts.skipped += 1
        return began

    def _run(self, seen: Seen, counts: _Counts) -> None:
        start = counts.since = self._monotonic()
        try:
            fallback, failure = self._standby.attempt(
                seen.subject, seen.history, seen.at / 1e9, is_waited_for=False
            )
            elapsed = self._monotonic() - start
            self._standby.remember(
                seen.subject, seen.history.epoch, seen.belief, seen.at / 1e9, is_waited_for=False
            )
            counts.failed += failure is not None
            counts.slowest = max(counts.slowest, elapsed)
            self._record(seen, fallback, {"failure": failure, "controller_ms": round(elapsed * 1e3, 3)})
        except BayesianVerifierError as exc:
            counts.unrecorded += 1
            _log.warning("a shadow of the controller is not recorded: %s", exc)
        finally:
            now = self._monotonic()
            counts.rests_until = now + (now - start) * (1 / self._share - 1)
            counts.since = None

    def _record(self, seen: Seen, fallback: Fallback | None, more: dict[str, object]) -> None:
        fields: dict[str, object] = {
            "judgment": None if seen.chosen is None else seen.chosen.judgment,
            "trace_id": seen.trace_id,
            "subject": seen.subject,
            "evidence": len(seen.history.judgments),
            "verifier": _told(seen.belief) | {"model_version": seen.model_version},
            "controller": None if fallback is None else _told(fallback.belief) | {"basis": fallback.basis},
            "difference": None if fallback is None else _difference(seen.belief, fallback.belief),
        }
        self._journal.append("shadow", fields | self._other_choice(seen.chosen, fallback) | more, at=seen.at)

    def _other_choice(self, chosen: Chosen | None, fallback: Fallback | None) -> dict[str, object]:
        """What the controller's belief would have chosen."""
        if chosen is None or fallback is None:
            return {"chosen": None, "would_choose": None, "other_choice": None}
        made, other = chosen.choice, chosen.by(fallback.belief, self._prover)
        return {
            "chosen": made.chosen,
            "would_choose": other.chosen,
            "other_choice": other.chosen != made.chosen,
        }

    def wait(self, seconds: float) -> bool:
        """Wait for the run that is under way; whether none is any more."""
        return self._beside.wait(seconds)

    @property
    def health(self) -> ShadowHealth:
        """How it has fared in this process."""
        counts, now = self._here(), self._monotonic()
        since = counts.since
        return ShadowHealth(
            runs=counts.runs,
            skipped=counts.skipped,
            failed=counts.failed,
            unrecorded=counts.unrecorded,
            slowest_ms=counts.slowest * 1e3,
            running_ms=None if since is None else (now - since) * 1e3,
        )


def _told(belief: Belief) -> dict[str, object]:
    return {"mean": belief.mean, "sd": belief.sd}


def _difference(verifier: Belief, controller: Belief) -> float:
    """How far the controller's mean lies above the verifier's, in sd of their difference."""
    return (controller.mean - verifier.mean) / math.hypot(controller.sd, verifier.sd)
