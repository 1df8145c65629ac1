"""What is asked of those who train a challenger and compare it, and what do they say?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.retraining._leased_run import Machine

Verdict = Literal["PROMOTE", "HOLD", "REJECT"]


class Order(NamedTuple):
    """What to train. run: the id of the run.   champion: the version to be better than."""

    run: str
    champion: str
    seed: int


class Trained(NamedTuple):
    """What came of it. challenger: published and not current; None where nothing new came out.

    prior: of risk_aversion, {"mean", "sd"}.
    """

    challenger: str | None
    prior: dict[str, float] | None = None


class Pair(NamedTuple):
    """Whom to compare. number: k, of the k-th challenger there ever was.   trained: when it was, RFC 3339."""

    champion: str
    challenger: str
    number: int
    trained: str


class Weighed(NamedTuple):
    """The gate's verdict on a pair, why, and what it rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: Mapping[str, object]


class Hands(Protocol):
    """Who does the work; each runs its commands on the machine, and lets its LeaseEndedError through."""

    def train(self, order: Order, machine: Machine) -> Trained:
        """Train and publish a challenger."""

    def weigh(self, pair: Pair, machine: Machine) -> Weighed:
        """Compare a pair, and have the gate say."""
