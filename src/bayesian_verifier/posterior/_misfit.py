"""Would a person with some θ answer like that, or does a rival of the model explain the answers better?

The evidence of each rival over the model's is a Bayes factor; the weighted mean over the rivals that were met is the
statistic, and its distribution among simulated people who do follow the model gives a p-value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.posterior._misfit_calibration import MisfitCalibration
    from bayesian_verifier.posterior._misfit_evidence import MisfitEvidence
    from bayesian_verifier.posterior._misfit_grid import MisfitGrid

Float = NDArray[np.float64]
#: rivals that need no case of their own, in the order of `MisfitEvidence.log_marginals`
ALWAYS = ("random_answers", "changed")


class Misfit(NamedTuple):
    """What the check found.

    p: chance, 0–1, of a statistic at least as great for someone who follows the model.   statistic: log of the
    weighted mean Bayes factor of the rivals over the model.   rival: the likeliest of them.   share: its share of
    their evidence, 0–1.
    """

    p: float
    statistic: float
    rival: str
    share: float


def misfit(evidence: MisfitEvidence, grid: MisfitGrid, calibration: MisfitCalibration) -> Misfit | None:
    """Check evidence for misfit; None where there is none to check, or none that any rival sees otherwise."""
    if not evidence.informative:
        return None
    return weighed(evidence, evidence.log_marginals(grid), calibration)


def weighed(evidence: MisfitEvidence, marginals: Float, calibration: MisfitCalibration) -> Misfit | None:
    """The same of evidence that is not empty, its marginals known."""
    there = met(evidence)
    table = calibration.table(answered(evidence), there)
    size = evidence.informative
    log_weights = table.log_weights(size)
    terms = np.where(there, marginals[1:] - marginals[0] + log_weights, -np.inf)
    total = float(sum_log(terms))
    if not np.isfinite(total):
        return None
    over = float(sum_log(log_weights[there])) if calibration.over_met else 0.0
    statistic = total - over
    best = int(np.argmax(terms))
    share = float(np.exp(terms[best] - total))
    return Misfit(table.p_value(statistic, size), statistic, calibration.rivals[best], min(1.0, share))


def met(evidence: MisfitEvidence) -> NDArray[np.bool_]:
    """Which rivals [2 + A] differ from the model on what was answered: the others are left out of the mean."""
    others = evidence.met
    return np.concatenate([[evidence.feedback > 0, evidence.informative > 2], others])  # noqa: PLR2004 - the first place of change


def answered(evidence: MisfitEvidence) -> str:
    """How the judgments were answered: "feedback", "reward", or "both" if there is any of either."""
    if not evidence.reward:
        return "feedback"
    return "both" if evidence.feedback else "reward"


def mean_over_met(factors: Float, log_weights: Float, there: NDArray[np.bool_]) -> Float:
    """Log of the weighted mean [...] of Bayes factors [..., R] of the rivals that were met, -inf where none was.

    Its expectation under the model is 1 whichever those are: few rivals are no less of a mean than many.
    """
    total = sum_log(np.where(there, factors + log_weights, -np.inf))
    over = sum_log(np.where(there, log_weights, -np.inf))
    result: Float = total - np.where(there.any(axis=-1), over, 0.0)
    return result


def sum_log(terms: Float) -> Float:
    """Log of the sum over the last axis of exp(terms), -inf where nothing is there."""
    top = np.maximum(terms.max(axis=-1), -1e300)
    with np.errstate(divide="ignore"):
        result: Float = np.log(np.exp(terms - top[..., None]).sum(axis=-1)) + top
    return result
