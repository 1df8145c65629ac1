"""How near are a person's answers to those of somebody with this risk aversion?

Least squares, and nothing of the network's or of the simulator's likelihood: each risk aversion counts by how small
the squared differences are between the answers given and those expected of it. An approval is 1, a rejection 0;
the share of approvals expected rises on a straight line, from 0 where the proposal is worse by as much as a hand
needs to be certain to 1 where it is better by as much, for a steady, a usual and an unsteady hand, whichever is
nearer. A reward is expected to be the advantage.

The variance of the differences is unknown, as in a normal regression (Gelman et al. 2013, Bayesian Data Analysis,
14.2): everybody is given eight differences of sd 0.35. What is expected is rough, and more answers do not mend
that: n of them count as n / (1 + n/100). How far the result is from exact: docs/model.md.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment_layer._curves import GRID
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment_layer._curves import Told

    Float = NDArray[np.float64]

# By so much of the scale a proposal must be better for a hand to approve for certain: steady, usual, unsteady.
_HANDS = (0.1, 0.3, 0.9)
_GIVEN, _GIVEN_SD = 8.0, 0.35
_ENOUGH = 100.0
_STEP = float(GRID[1] - GRID[0])


def nearest(told: Sequence[Told], prior: Belief) -> Belief:
    """What is believed of r, from -5 to 8, after these answers."""
    signed = [
        one.curve.advantage if one.judgment.feedback == "approve" else -one.curve.advantage
        for one in told
        if one.judgment.feedback is not None
    ]
    missed = [
        one.curve.advantage - np.float32(one.judgment.reward)
        for one in told
        if one.judgment.reward is not None
    ]
    count = len(signed) + len(missed)
    squares = _GIVEN * _GIVEN_SD**2 + _by_hand(signed) + _summed(missed)
    counted = _GIVEN + count / (1.0 + count / _ENOUGH)
    return _belief(prior, -0.5 * counted * np.log(squares))


def _by_hand(signed: Sequence[NDArray[np.float32]]) -> Float:
    """Summed squares [hands, R] of what approvals and rejections differ from what is expected of each hand.

    signed [n, R]: the advantage of what was approved, and less that of what was rejected.
    """
    if not signed:
        return np.zeros((len(_HANDS), len(GRID)))
    against = -np.stack(signed)
    short = np.empty_like(against)
    squares = []
    for certain in _HANDS:
        np.multiply(against, np.float32(0.5 / certain), out=short)
        short += np.float32(0.5)
        np.clip(short, 0.0, 1.0, out=short)
        squares.append(_summed(short))
    return np.stack(squares)


def _summed(differences: Sequence[NDArray[np.float32]] | NDArray[np.float32]) -> Float:
    """Summed squares [R] of differences [n, R]."""
    if len(differences) == 0:
        return np.zeros(len(GRID))
    stacked = np.asarray(differences)
    summed: Float = np.einsum("nr,nr->r", stacked, stacked).astype(np.float64)
    return summed


def _belief(prior: Belief, log_weight: Float) -> Belief:
    """Mean and sd of the prior weighted on the grid, whose cells are even within; log_weight [hands, R]."""
    log_weight = log_weight - 0.5 * ((GRID - prior.mean) / prior.sd) ** 2
    weight = np.exp(log_weight - log_weight.max()).sum(axis=0)
    weight /= weight.sum()
    mean = float(weight @ GRID)
    return Belief(mean, math.sqrt(float(weight @ (GRID - mean) ** 2) + _STEP**2 / 12))
