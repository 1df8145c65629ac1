"""Can this posterior be trusted, and if not, why?

Reasons: `more_evidence_than_trained`, `draws_out_of_range` (a state made up to break the network),
`beyond_described_range` (risk aversion where judgments are no longer told apart), `unreliable_correction` (the
network is too far off for its weights to mend), `atypical_evidence`, `misfit` (a rival of the model explains the
answers far better than anybody the model knows).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.serving._limits import MAX_JUDGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.posterior import Misfit
    from bayesian_verifier.simulators import Parameter

WIDEST_SD = 30.0
#: e^±85 is a number in single precision, which draws are sent in
GREATEST_LOG = 85.0
#: evidence that so few simulated people's is further out than is not trusted: of honest people, one in 200 each time
LEAST_TYPICALITY = 0.005
#: this much of a posterior may lie where judgments are not described
MOST_BEYOND = 0.05


#: answers that fewer of the model's own people would give are a misfit: at most this share of honest people's
LEAST_MISFIT = 0.04
#: from so many judgments on: an unlikely answer or two convict nobody
FEWEST_FOR_MISFIT = 4


@dataclass(frozen=True, slots=True)
class MisfitNote:
    """How likely answers that fit as badly are among the model's people, 0–1, and which rival explains them best."""

    p: float
    rival: str
    share: float


@dataclass(frozen=True, slots=True)
class CorrectionNote:
    """Whether importance weights were used, and how far they move the mean of the first parameter, in sd."""

    applied: bool = False
    shift_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """What was checked; None where a check cannot be made.

    typicality_p: how usual this evidence is among simulated people, 0–1.   pareto_k: tail of the draws'
    importance weights.   effective_sample_size: share of the draws, 0–1.   misfit: whether somebody with any θ would
    answer like that.   unidentified: parameters that the evidence told nothing of: their posterior is as wide as their
    prior.   reasons: why the posterior is not trustworthy.   unweighted: why there are no importance weights, hence no
    pareto_k and no correction: `no_evidence` or `no_likelihood`.
    """

    trustworthy: bool
    typicality_p: float | None
    pareto_k: float | None
    effective_sample_size: float | None
    correction: CorrectionNote
    misfit: MisfitNote | None
    unidentified: tuple[str, ...]
    reasons: tuple[str, ...]
    unweighted: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What an answer found out on its way.

    informative: judgments that counted, over all requests.   stray_draws: see `within_reach`.
    beyond: share of the posterior where judgments are not described.   reliable: whether weights could be used,
    None without a likelihood.
    """

    informative: int
    stray_draws: int = 0
    beyond: float = 0.0
    typicality_p: float | None = None
    pareto_k: float | None = None
    effective: float | None = None
    reliable: bool | None = None
    shift_sd: float | None = None
    misfit: Misfit | None = None


def judged(found: Findings, unidentified: tuple[str, ...] = ()) -> Checks:
    """Whether a posterior can be trusted, given what was found; unidentified: see `together`."""
    faults = {
        "more_evidence_than_trained": found.informative > MAX_JUDGMENTS,
        "draws_out_of_range": found.stray_draws > 0,
        "beyond_described_range": found.beyond > MOST_BEYOND,
        "unreliable_correction": found.reliable is False,
        "atypical_evidence": found.typicality_p is not None and found.typicality_p < LEAST_TYPICALITY,
        "misfit": _misfitting(found),
    }
    reasons = tuple(name for name, holds in faults.items() if holds)
    return Checks(
        trustworthy=not reasons,
        typicality_p=found.typicality_p,
        pareto_k=found.pareto_k,
        effective_sample_size=found.effective,
        correction=CorrectionNote(bool(found.reliable), found.shift_sd),
        misfit=None if found.misfit is None else _noted(found.misfit),
        unidentified=unidentified,
        reasons=reasons,
        unweighted=_unweighted(found),
    )


def _misfitting(found: Findings) -> bool:
    enough = found.informative >= FEWEST_FOR_MISFIT
    return enough and found.misfit is not None and found.misfit.p < LEAST_MISFIT


def _unweighted(found: Findings) -> str | None:
    if not found.informative:
        return "no_evidence"
    return "no_likelihood" if found.reliable is None else None


def _noted(found: Misfit) -> MisfitNote:
    return MisfitNote(found.p, found.rival, found.share)


def within_reach(
    theta: NDArray[np.float32], parameters: Sequence[Parameter]
) -> tuple[NDArray[np.float64], int]:
    """Draws [D, P] on the link scale, none further than 30 prior sd from the prior mean; how many were.

    Nothing learned can say more than that; a draw outside, or one that is not a number, comes from a state
    made up to break the network. On a log scale ±85 bounds as well, so that no natural value overflows.
    """
    means, low, high = _bounds(tuple(parameters))
    wide = theta.astype(np.float64)
    inside = (wide >= low) & (wide <= high)
    if inside.all():
        return wide, 0
    tamed = np.where(np.isnan(wide), means, np.clip(wide, low, high))
    return tamed, int((~inside.all(axis=1)).sum())


@lru_cache(maxsize=8)
def _bounds(
    parameters: tuple[Parameter, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The prior means, and the ends of what is within reach [P]."""
    means = np.array([parameter.prior_mean for parameter in parameters])
    reach = np.array([WIDEST_SD * parameter.prior_sd for parameter in parameters])
    logs = np.array([parameter.link == "log" for parameter in parameters])
    low = np.where(logs, np.maximum(means - reach, -GREATEST_LOG), means - reach)
    high = np.where(logs, np.minimum(means + reach, GREATEST_LOG), means + reach)
    return means, low, high
