"""How much of θ is left unknown after so many judgments, where no likelihood says so?

By simulation alone: θ of simulated people is regressed on their sums, by a kernel ridge whose errors are those of
leaving each person out. What it explains, the best posterior explains at least; what is left bounds its sd from above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Responses, Simulator

Float = NDArray[np.float64]
SIZES = (8, 32, 128)
_POOL = 512
_RIDGES = np.geomspace(1e-3, 1e3, 13)


def identifiability(
    simulator: Simulator, rng: np.random.Generator, people: int, sizes: Sequence[int] = SIZES
) -> dict[str, dict[int, float]]:
    """Sd that is left after each number of judgments, as a share of the prior's, by parameter: 1 where nothing is
    learned, 0 where all is.
    """
    cases = list(simulator.draw_cases(rng, _POOL))
    left: dict[str, dict[int, float]] = {p.name: {} for p in simulator.parameters}
    for size in sizes:
        theta = simulator.sample_prior(rng, people)
        sums = np.stack([_sums(simulator, rng, one, cases, size) for one in theta])
        for i, p in enumerate(simulator.parameters):
            left[p.name][size] = round(_left(sums, theta[:, i]), 4)
    return left


def _sums(
    simulator: Simulator, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment], size: int
) -> Float:
    met = [cases[i] for i in rng.integers(0, len(cases), size)]
    said = simulator.simulate(rng, np.tile(theta, (size, 1)), met)
    return simulator.describe(answered(met, said)).evidence.sums.astype(np.float64)


def _left(sums: Float, theta: Float) -> float:
    """Root of the share of variance that the best of some ridges leaves, each person foretold from the others."""
    spread = sums.std(axis=0)
    inputs = (sums[:, spread > 0] - sums[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    if not inputs.size:
        return 1.0
    inner = inputs @ inputs.T / inputs.shape[1]
    distance = np.maximum(np.diag(inner)[:, None] + np.diag(inner) - 2 * inner, 0.0)
    kernel = inner + np.exp(-distance / np.median(distance[distance > 0]))
    target = theta - theta.mean()
    values, vectors = np.linalg.eigh(kernel)
    along = vectors.T @ target
    shares = []
    for ridge in _RIDGES:
        shrunk = 1.0 / (np.maximum(values, 0.0) + ridge)
        errors = vectors @ (shrunk * along) / (vectors**2 @ shrunk)
        shares.append((errors**2).mean() / target.var())
    return float(np.sqrt(min(1.0, *shares)))


def answered(cases: Sequence[Judgment], said: Responses) -> list[Judgment]:
    """Cases with feedback, and with the reward where a record can hold it."""
    judged = []
    for case, approve, reward in zip(cases, said.approve, said.reward, strict=True):
        told: dict[str, object] = {"feedback": "approve" if approve else "reject"}
        if abs(reward) <= 3:  # noqa: PLR2004 - a record holds -3 to 3
            told["reward"] = float(reward)
        judged.append(case.model_copy(update=told))
    return judged
