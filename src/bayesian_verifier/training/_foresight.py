"""How well does a model foresee a person's next answer, from what is known of them before it?

As it would be served: the network's draws, mended by their weights where those can be relied on; with nothing known,
the prior. The chance that it gives to approval is the mean over the draws of each draw's chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.training._calibration import prior_draws

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Evidence
    from bayesian_verifier.training._network import Network, Said

Float = NDArray[np.float64]
_AT_ONCE = 64


class ToForesee(Protocol):
    """An answer, and the same person's judgments before it."""

    @property
    def subject(self) -> str:
        """Whose they are, so that evidence can be added to."""
        ...

    @property
    def known(self) -> tuple[Judgment, ...]:
        """Those before, oldest first."""
        ...

    @property
    def judgment(self) -> Judgment:
        """The one that was answered, with its feedback."""
        ...


class _Known(NamedTuple):
    judgments: tuple[Judgment, ...]
    evidence: Evidence
    informative: int


def chances(network: Network, answers: Iterable[ToForesee]) -> Float:
    """The chance of approval [n] that a model gave to each before it came; NaN where the network gives no numbers.

    Raises ValueError where the simulator offers no likelihood of an answer.
    """
    people: dict[str, _Known] = {}
    waiting: list[tuple[_Known, Judgment]] = []
    found: list[float] = []
    for answer in answers:
        known = _with(network, people.get(answer.subject), answer.known)
        people[answer.subject] = known
        waiting.append((known, answer.judgment))
        if len(waiting) == _AT_ONCE:
            found += _chances(network, waiting)
            waiting.clear()
    return np.array(found + _chances(network, waiting), np.float64)


def _with(network: Network, before: _Known | None, judgments: tuple[Judgment, ...]) -> _Known:
    """What these judgments say; only what is new of them is described, where they go on from those before."""
    describe = network.simulator.describe
    if before is not None and judgments[: len(before.judgments)] == before.judgments:
        if len(judgments) == len(before.judgments):
            return before
        more = describe(judgments[len(before.judgments) :])
        return _Known(judgments, before.evidence.plus(more.evidence), before.informative + more.informative)
    described = describe(judgments)
    return _Known(judgments, described.evidence, described.informative)


def _chances(network: Network, waiting: Sequence[tuple[_Known, Judgment]]) -> list[float]:
    if not waiting:
        return []
    said = network.ask([known.evidence for known, _ in waiting])
    return [
        _chance(network, one, known, judgment) for one, (known, judgment) in zip(said, waiting, strict=True)
    ]


def _chance(network: Network, said: Said, known: _Known, judgment: Judgment) -> float:
    theta, share = said.theta, network.points.share
    if not known.informative:
        theta = prior_draws(network)
    elif np.isfinite(theta).all():
        correction = network.corrected(said, known.evidence)
        if correction.reliable and correction.weights is not None:
            share = correction.weights.share
    approval = judgment.model_copy(update={"feedback": "approve", "reward": None})
    chance = network.simulator.log_likelihood(theta, [approval])
    if chance is None:
        raise ValueError(
            f"simulator {network.simulator.name!r} offers no likelihood, so nothing can be foreseen"
        )
    return float(share @ np.exp(chance))
