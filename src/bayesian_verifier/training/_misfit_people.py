"""What does misfit evidence say of simulated people after each number of judgments?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import MisfitEvidence, MisfitGrid
from bayesian_verifier.simulators.lottery import (
    MAX_REWARD,
    respond,
    rival_log_noises,
    rival_risk_aversions,
    rival_surfaces,
)
from bayesian_verifier.training._misfit_pool import fine_risk_aversions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.lottery import LotterySimulator, RivalCurves

Float = NDArray[np.float64]
F32 = NDArray[np.float32]


def misfit_grid(simulator: LotterySimulator) -> MisfitGrid:
    """The grid of a simulator's prior and of the nodes that its rivals' surfaces are at."""
    first, second = ((p.prior_mean, p.prior_sd) for p in simulator.parameters)
    return MisfitGrid(rival_risk_aversions(), rival_log_noises(), first, second)


def answers_of(rng: np.random.Generator, curves: F32, theta: Float, answered: str) -> Float:
    """Answers [n, 3] of people θ [2], or [n, 2] one by one, to proposals whose advantage on the fine grid is [n, F].

    answered: "feedback", "reward", "both", or "either" (one of the two at random, sometimes both).
    """
    theta = np.broadcast_to(theta, (len(curves), 2))
    nodes = fine_risk_aversions()
    cell = np.clip(np.searchsorted(nodes, theta[:, 0]) - 1, 0, nodes.size - 2)
    share = np.clip((theta[:, 0] - nodes[cell]) / (nodes[cell + 1] - nodes[cell]), 0.0, 1.0)
    rows = np.arange(len(curves))
    delta = (1 - share) * curves[rows, cell] + share * curves[rows, cell + 1]
    responses = respond(rng, delta, np.exp(theta[:, 1]))
    chance = rng.random(len(curves)) if answered == "either" else np.full(len(curves), 0.5)
    result = np.zeros((len(curves), 3))
    if answered != "reward":
        result[:, 0] = np.where(responses.approve, 1.0, -1.0) * (chance < 0.66)  # noqa: PLR2004 - two in three
    if answered != "feedback":
        result[:, 2] = (np.abs(responses.reward) <= MAX_REWARD) & (chance > 0.33)  # noqa: PLR2004 - so that one is there
        result[:, 1] = responses.reward * result[:, 2]
    return result


def bayes_factors(curves: RivalCurves, answers: Float, grid: MisfitGrid, sizes: Sequence[int]) -> Float:
    """Log Bayes factors [sizes, 2 + A] of the rivals over the model after each ascending number of judgments."""
    evidence = MisfitEvidence.zero(len(curves.others), grid.shape)
    rows, done = [], 0
    for size in sizes:
        part = curves.of(np.arange(done, size))
        evidence = evidence.add(rival_surfaces(part, answers[done:size], evidence.cuts(size - done)), grid)
        marginals = evidence.log_marginals(grid)
        rows.append(marginals[1:] - marginals[0])
        done = size
    return np.array(rows)
