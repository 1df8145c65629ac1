"""Do two sources contradict each other about a person?

The service, the controller, the RL policy and the person's own answers each say something of the same θ.
Sources that saw the same judgments are correlated by an unknown amount: then the difference is held against the
sum of their sd, which no correlation can exceed, instead of the root of the sum of squares.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.posterior import Belief


class Conflict(NamedTuple):
    """How far two sources are apart, in sd: positive where the first is above the second."""

    z: float
    shared_evidence: bool


def conflict(a: Belief, b: Belief, *, shared_evidence: bool = True) -> Conflict:
    """The difference of two means over the sd of that difference; its upper bound where they share evidence."""
    apart = a.sd + b.sd if shared_evidence else math.hypot(a.sd, b.sd)
    return Conflict((a.mean - b.mean) / apart, shared_evidence)


class Heterogeneity(NamedTuple):
    """Cochran's Q of K independent sources, with its degrees of freedom, K − 1."""

    q: float
    degrees: int


def heterogeneity(sources: Sequence[Belief]) -> Heterogeneity:
    """Q = Σ (m_k − m̄)²/s_k² with m̄ weighted by precision: χ² with K − 1 degrees where all say the same (Cochran 1954).

    Raises ValueError with fewer than two sources.
    """
    if len(sources) < 2:  # noqa: PLR2004 one source contradicts nobody
        raise ValueError("expected two sources at least")
    weights = [one.sd**-2 for one in sources]
    middle = sum(w * one.mean for w, one in zip(weights, sources, strict=True)) / sum(weights)
    q = sum(w * (one.mean - middle) ** 2 for w, one in zip(weights, sources, strict=True))
    return Heterogeneity(q, len(sources) - 1)
