"""Can this posterior be trusted, and if not, why?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.serving._limits import MAX_JUDGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.simulators import Parameter

WIDEST_SD = 30.0
GREATEST_LOG = 300.0


@dataclass(frozen=True, slots=True)
class Correction:
    """Whether importance weights were used, and how far they moved the mean of the first parameter, in sd."""

    applied: bool = False
    shift_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """What was checked; None where a check cannot be made.

    typicality_p: how usual this evidence is among simulated people, 0–1.   pareto_k: tail of the draws'
    importance weights.   effective_sample_size: share of the draws, 0–1.   reasons: why the posterior is
    not trustworthy.
    """

    trustworthy: bool
    typicality_p: float | None
    pareto_k: float | None
    effective_sample_size: float | None
    correction: Correction
    reasons: tuple[str, ...]


def check(informative: int, stray_draws: int) -> Checks:
    """Judge a posterior by how much evidence it rests on and whether its draws lie where θ can be.

    informative: judgments that counted, over all requests.   stray_draws: see `within_reach`.
    """
    reasons = []
    if informative > MAX_JUDGMENTS:
        reasons.append("more_evidence_than_trained")
    if stray_draws:
        reasons.append("draws_out_of_range")
    return Checks(
        trustworthy=not reasons,
        typicality_p=None,
        pareto_k=None,
        effective_sample_size=None,
        correction=Correction(),
        reasons=tuple(reasons),
    )


def within_reach(
    theta: NDArray[np.float32], parameters: Sequence[Parameter]
) -> tuple[NDArray[np.float64], int]:
    """Draws [D, P] on the link scale, none further than 30 prior sd from the prior mean; how many were.

    Nothing learned can say more than that; a draw outside, or one that is not a number, comes from a state
    made up to break the network. On a log scale ±300 bounds as well, so that no natural value overflows.
    """
    means = np.array([parameter.prior_mean for parameter in parameters])
    reach = np.array([WIDEST_SD * parameter.prior_sd for parameter in parameters])
    logs = np.array([parameter.link == "log" for parameter in parameters])
    low = np.where(logs, np.maximum(means - reach, -GREATEST_LOG), means - reach)
    high = np.where(logs, np.minimum(means + reach, GREATEST_LOG), means + reach)
    wide = theta.astype(np.float64)
    inside = (wide >= low) & (wide <= high)
    if inside.all():
        return wide, 0
    tamed = np.where(np.isnan(wide), means, np.clip(wide, low, high))
    return tamed, int((~inside.all(axis=1)).sum())
