"""At which traits are judgments described, and what is summed there?

At fixed nodes, spread evenly over what the prior allows and a little wider: the advantage that an answer speaks for or
against, on a few splines, and what rewards leave unexplained. One more judgment adds to these numbers, in any order.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.traits._cases import People

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators._protocol import Parameter
    from bayesian_verifier.simulators.traits._cases import TraitCases

Float = NDArray[np.float64]
NODES, KNOTS, REWARD_TERMS = 256, 15, 2
SUMS = NODES * (KNOTS + REWARD_TERMS)
#: how much wider than the prior the nodes are spread
_REACH = 1.3
_STRETCH, _MOST = 0.02, 1.0
_CELLS = KNOTS - 2
#: what is summed is a multiple of these, so that 1,024 judgments add up exactly in single precision, in any order
_GRAIN, _REWARD_GRAIN = 2.0**-14, 2.0**-10
_MOST_RESIDUAL = 4.0


class Answers(NamedTuple):
    """What C judgments were answered: sign of the feedback (1, -1, 0 none), reward, and whether there is one."""

    sign: Float
    reward: Float
    rewarded: NDArray[np.bool_]

    def of(self, rows: NDArray[np.bool_]) -> Answers:
        """Some of them."""
        return Answers(self.sign[rows], self.reward[rows], self.rewarded[rows])

    def plus(self, other: Answers) -> Answers:
        """These, then others."""
        return Answers(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def nodes(parameters: Sequence[Parameter]) -> People:
    """The traits at which judgments are described; the last parameter is the choice noise, which is not one."""
    spread = np.zeros((NODES, len(parameters)))
    spread[:, :-1] = _node_places(len(parameters) - 1)
    means, sds = (np.array([getattr(p, of) for p in parameters]) for of in ("prior_mean", "prior_sd"))
    return people_of(means + sds * spread)


def _node_places(dimensions: int) -> Float:
    """Where the nodes lie, in prior sd [NODES, dimensions]: normal with mean 0 and sd _REACH, evenly spread.

    A Kronecker sequence fills the cube evenly (Niederreiter 1992, ch. 3); normal quantiles carry it over.
    """
    steps = np.sqrt([2.0, 3.0, 5.0, 7.0][:dimensions])
    even = (0.5 + np.multiply.outer(np.arange(1, NODES + 1), steps)) % 1.0
    quantile = NormalDist().inv_cdf
    normal = np.array([[quantile(float(u)) for u in row] for row in even])
    normal -= normal.mean(axis=0)
    result: Float = _REACH * np.linalg.solve(np.linalg.cholesky(normal.T @ normal / NODES), normal.T).T
    return result


def people_of(theta: Float) -> People:
    """Traits of people given as θ [K, 3 or 4] on the link scale, choice noise last."""
    exponent = np.exp(theta[:, 2]) if theta.shape[1] == 4 else None  # noqa: PLR2004 - and three do not weigh chances
    return People(theta[:, 0], theta[:, 1], exponent)


def summed(cases: TraitCases, answers: Answers, at: People) -> Float:
    """Sums [NODES * (KNOTS + 2)] over answered cases: on splines of the signed advantage, then of rewards, by node."""
    return table(cases.advantages(at), answers).ravel()


def table(advantage: Float, answers: Answers) -> Float:
    """Sums [K, KNOTS + 2] over C cases with advantages [C, K]."""
    told = answers.sign != 0
    result = np.zeros((advantage.shape[1], KNOTS + REWARD_TERMS))
    result[:, :KNOTS] = _spread(answers.sign[told, None] * advantage[told])
    residual = answers.reward[answers.rewarded, None] - advantage[answers.rewarded]
    np.clip(residual, -_MOST_RESIDUAL, _MOST_RESIDUAL, out=residual)
    result[:, KNOTS] = _in_grains(residual * residual, _REWARD_GRAIN).sum(axis=0)
    result[:, KNOTS + 1] = _in_grains(residual, _REWARD_GRAIN).sum(axis=0)
    return result


def _places(signed: Float) -> tuple[NDArray[np.intp], Float]:
    """The first of the three knots around signed advantages, and how far on from it, 0 to 1; of any shape."""
    at = np.arcsinh(np.clip(signed, -_MOST, _MOST) / _STRETCH) / np.arcsinh(_MOST / _STRETCH)
    at = (at + 1.0) * (0.5 * _CELLS)
    cell = np.minimum(at.astype(np.intp), _CELLS - 1)
    return cell, at - cell


def _spread(signed: Float) -> Float:
    """Counts [K, KNOTS] of signed advantages [C, K] on quadratic B-splines; each adds up to 1."""
    points = signed.shape[1]
    cell, part = _places(signed)
    place = (cell + np.arange(points) * KNOTS).ravel()
    low, high = _in_grains(0.5 * (1.0 - part) ** 2, _GRAIN), _in_grains(0.5 * part**2, _GRAIN)
    size = points * KNOTS
    total: Float = np.bincount(place, low.ravel(), size).astype(np.float64, copy=False)
    total[1:] += np.bincount(place, (1.0 - low - high).ravel(), size)[:-1]
    total[2:] += np.bincount(place, high.ravel(), size)[:-2]
    return total.reshape(points, KNOTS)


def _in_grains(terms: Float, grain: float) -> Float:
    result: Float = grain * np.rint(terms / grain)
    return result
