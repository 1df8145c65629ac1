"""How well was a person's answer foreseen? Its log-loss under a belief held before it was given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import advantage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief

#: λ of docs/model.md
LAPSE = 0.02
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def chance_of_approval(judgment: Judgment, belief: Belief, choice_noise: float) -> float:
    """P(approve), λ/2 to 1 − λ/2: the model's, averaged over a normal belief about r at one τ > 0."""
    lead = advantage(judgment, belief.mean + belief.sd * _NODES) / choice_noise
    approves = 0.5 * (1.0 + np.tanh(0.5 * lead))
    return LAPSE / 2 + (1.0 - LAPSE) * float(_WEIGHTS @ approves)


def mean_log_loss(judgments: Sequence[Judgment], belief: Belief, choice_noise: float) -> float | None:
    """Of the feedback among these, in nats; None without any."""
    losses = []
    for judgment in judgments:
        if judgment.feedback is not None:
            chance = chance_of_approval(judgment, belief, choice_noise)
            losses.append(-math.log(chance if judgment.feedback == "approve" else 1.0 - chance))
    return sum(losses) / len(losses) if losses else None
