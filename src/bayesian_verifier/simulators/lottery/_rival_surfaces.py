"""How well do answers fit each rival at fixed nodes of (r, ln τ), summed so that a person's stream can carry it?

What is kept of a rival is the sum of its log-likelihood less the model's, over the cases it sees otherwise: a rival
that has met none of its cases is the model, exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.lottery._rival_curves import RivalCurves

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Index = NDArray[np.intp]

OCTAVES = 7
_GREATEST_NOISE = 0.8
_ROWS = 96


def rival_log_noises() -> Float:
    """Nodes of ln τ [7], an octave apart, ascending from τ = 0.0125 to 0.8."""
    return math.log(_GREATEST_NOISE) - math.log(2.0) * np.arange(OCTAVES, dtype=np.float64)[::-1]


class RivalSurfaces(NamedTuple):
    """Summed log-likelihoods of consecutive judgments, up to a constant of θ and rival.

    parts [B, K, T]: the model's, of each part the judgments were cut into.   rewards [K]: the model's, of rewards
    alone.
    differences [A, K, T]: each rival's less the model's.   sizes [B]: judgments in each part.
    feedback, reward: how many judgments had either.
    """

    parts: Float
    rewards: Float
    differences: Float
    sizes: Index
    feedback: int
    reward: int


def rival_surfaces(curves: RivalCurves, answers: Float, cuts: Sequence[int] = ()) -> RivalSurfaces:
    """Surfaces of n informative judgments in the order given.

    answers [n, 3]: sign of the feedback (1, -1, 0 none), reward, whether there is one.
    cuts: ascending places within 1…n-1 where a new part begins.
    """
    n, nodes = curves.own.shape
    begins = np.array([0, *cuts], dtype=np.intp)
    sizes = np.diff(np.append(begins, n))
    signs = _signs(curves, np.repeat(np.arange(sizes.size), sizes), sizes.size)
    delta = np.concatenate([curves.own, *curves.others])
    answer = answers[np.concatenate([np.arange(n), *curves.differs])]
    sums = _feedback(delta, answer, signs)
    result = np.moveaxis(sums, 0, -1)
    rewards = np.zeros(nodes)
    paid = np.flatnonzero(answer[:, 2])
    if paid.size:
        residual = (answer[paid, 1:2] - delta[paid]) * (math.sqrt(0.5) / REWARD_SD)
        squares = -(signs[:, paid] @ (residual * residual))
        result = result + squares[:, :, None]
        rewards = squares[: sizes.size].sum(axis=0)
    feedback, reward = np.count_nonzero(answers[:, [0, 2]], axis=0)
    return RivalSurfaces(
        result[: sizes.size], rewards, result[sizes.size :], sizes, int(feedback), int(reward)
    )


def _signs(curves: RivalCurves, part: Index, parts: int) -> F32:
    """How each row of log-likelihoods counts in each sum [B + A, rows]: the model's in its part, a rival's in its
    difference, where the model's row of the same case is taken off.
    """
    rows = part.size + sum(which.size for which in curves.differs)
    signs = np.zeros((parts + len(curves.differs), rows), dtype=np.float32)
    signs[part, np.arange(part.size)] = 1.0
    start = part.size
    for index, which in enumerate(curves.differs, start=parts):
        signs[index, start : start + which.size] = 1.0
        signs[index, which] = -1.0
        start += which.size
    return signs


def _feedback(delta: F32, answer: Float, signs: F32) -> Float:
    """Sums [T, S, K] of feedback's log-probabilities, rows weighted by signs [S, rows]."""
    said = answer[:, 0] != 0
    if not said.all():
        delta, answer, signs = delta[said], answer[said], signs[:, said]
    signed = delta * answer[:, :1].astype(np.float32)
    if len(signed) <= _ROWS:
        return (signs @ _log_approval(signed)).astype(np.float64)
    sums = np.zeros((OCTAVES, len(signs), delta.shape[1]))
    for start in range(0, len(signed), _ROWS):
        weights = signs[:, start : start + _ROWS]
        there = np.flatnonzero(weights.any(axis=1))
        sums[:, there] += weights[there] @ _log_approval(signed[start : start + _ROWS])
    return sums


def _log_approval(signed: F32) -> F32:
    """Log-probability [T, n, K] of feedback whose signed advantage is [n, K], at each level of noise.

    An octave less of noise squares the odds: one exponential serves all levels.
    """
    odds = np.empty((OCTAVES, *signed.shape), dtype=np.float32)
    np.exp(signed * np.float32(-1.0 / _GREATEST_NOISE), out=odds[-1])
    for level in range(OCTAVES - 2, -1, -1):
        np.multiply(odds[level + 1], odds[level + 1], out=odds[level])
    odds += np.float32(1.0)
    np.divide(np.float32(1.0 - LAPSE), odds, out=odds)
    odds += np.float32(LAPSE / 2)
    return np.log(odds, out=odds)
