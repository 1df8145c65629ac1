"""On which sets of judgments are posteriors compared, and what is exactly true of each?

The truth is `tests/reference`: quadrature, written from docs/model.md alone, sharing no code with simulator or network.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import _people
import numpy as np
from _reference import Exact, posterior
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import LotterySimulator

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]

SIZES = (2, 8, 32, 128)
LARGEST = max(SIZES)
#: Where the advantage is read for sbi, as the recipe in docs does: sixteen numbers a judgment.
POINTS = np.linspace(-2.5, 3.75, 16)
OPTIONS, OUTCOMES = 3, 2


@dataclass(frozen=True, slots=True, eq=False)
class QualitySet:
    """One person's judgments in every form a method needs, with the exact posterior and how long that took."""

    size: int
    evidence: _people.Evidence
    records: list[dict[str, Any]]
    judgments: list[Judgment]
    exact: Exact
    exact_seconds: float

    @property
    def grid(self) -> Float:
        """The points of the exact posterior as rows of θ [R · U, 2]."""
        axes = self.exact.r_axis.nodes, self.exact.ln_tau_axis.nodes
        return np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=1)

    def on_axes(self, log_density: Float) -> Float:
        """What a method says at `grid`, as [R, U]."""
        return log_density.reshape(self.exact.r_axis.nodes.size, self.exact.ln_tau_axis.nodes.size)


def quality_sets(people: int) -> list[QualitySet]:
    """So many people at each size, each answering by feedback."""
    return [_set(1000 * size + i, size) for size in SIZES for i in range(people)]


def _set(seed: int, size: int) -> QualitySet:
    rng = np.random.default_rng(seed)
    theta = LotterySimulator().sample_prior(rng, 1)
    evidence = _people.answered(rng, np.repeat(theta, size, axis=0), POINTS)
    raw = _people.as_records(evidence)
    began = time.perf_counter()
    exact = posterior(raw)
    seconds = time.perf_counter() - began
    return QualitySet(size, evidence, raw, _people.judgments_of(raw), exact, seconds)


def embedded(evidence: _people.Evidence) -> Float:
    """A set for sbi: [LARGEST, 17], the advantages signed by the answer, and 1 where there is a judgment."""
    x = np.zeros((LARGEST, POINTS.size + 1))
    rows = len(evidence.feedback)
    x[:rows, :-1] = np.arcsinh(10 * evidence.advantage) * evidence.feedback[:, None]
    x[:rows, -1] = 1
    return x


def simulated(count: int) -> tuple[Float, Float]:
    """What sbi trains on: θ [count, 2] and x [count, LARGEST, 17], sizes log-uniform on 1…LARGEST."""
    rng = np.random.default_rng(7)
    theta = LotterySimulator().sample_prior(rng, count)
    sizes = np.floor(np.exp(rng.uniform(0, np.log(LARGEST + 1), count))).astype(int)
    every = _people.answered(rng, np.repeat(theta, sizes, axis=0), POINTS)
    ends = np.cumsum(sizes)
    x = np.zeros((count, LARGEST, POINTS.size + 1), np.float32)
    for row, (begin, end) in enumerate(zip(ends - sizes, ends, strict=True)):
        x[row] = embedded(_people.Evidence(*(part[begin:end] for part in every)))
    return theta, x


def raw_arrays(item: QualitySet, index: int) -> dict[str, Any]:
    """A set for a sampler that writes the model down itself."""
    return {
        f"payoff_{index}": item.evidence.payoff[:, :OPTIONS, :OUTCOMES],
        f"probability_{index}": item.evidence.probability[:, :OPTIONS, :OUTCOMES],
        f"chosen_{index}": item.evidence.chosen,
        f"feedback_{index}": item.evidence.feedback,
    }


def prior_arrays() -> dict[str, Any]:
    """The prior on the link scale."""
    parameters = LotterySimulator.parameters
    return {
        "prior_mean": np.array([p.prior_mean for p in parameters]),
        "prior_sd": np.array([p.prior_sd for p in parameters]),
    }
