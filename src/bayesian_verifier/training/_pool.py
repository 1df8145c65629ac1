"""Where do simulated people's cases come from without computing a utility twice?

A pool of cases is tabulated once: Δ at the reference points and, on a grid four times finer, for reading off the
advantage at any drawn r. Drawing a person's judgments is then a look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.errors import CallerError
from bayesian_verifier.simulators.lottery import (
    PackedCases,
    advantage_curves,
    generate_cases,
    pack_dense,
    pack_judgments,
    stencils,
    warped,
)
from bayesian_verifier.training._sets import LOG_SHARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.lottery import CaseMixture

_REFINE = 4
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class CasePool:
    """C cases with an advantage.  grid [R] of r;  curves float32 [C, R] on it;  described float32 [C, K] at the
    reference points.   warped [C, K]: the same on the axis of the spline's knots.
    """

    grid: NDArray[np.float64]
    curves: NDArray[np.float32]
    described: NDArray[np.float32]
    warped: NDArray[np.float32]

    def advantage(self, index: NDArray[np.intp], risk_aversion: NDArray[np.float64]) -> NDArray[np.float64]:
        """Δ of case index [n] at risk aversion [n], cubic between grid values; held at the ends of the grid."""
        at, weight = stencils(self.grid, risk_aversion)
        result: NDArray[np.float64] = np.einsum("nm,nm->n", weight, self.curves[index[:, None], at])
        return result

    def curves_at(self, index: NDArray[np.intp], risk_aversion: NDArray[np.float64]) -> NDArray[np.float64]:
        """Δ [n, K] of cases index [n] at K values of r, cubic between grid values; held at the ends."""
        if risk_aversion is self.points or np.array_equal(risk_aversion, self.points):
            return self.described[index].astype(np.float64)
        at, weight = stencils(self.grid, risk_aversion)
        result: NDArray[np.float64] = np.einsum("km,ckm->ck", weight, self.curves[index][:, at])
        return result

    @property
    def points(self) -> NDArray[np.float64]:
        """The reference points [K]."""
        return self.grid[::_REFINE]


def draw_pool(
    rng: np.random.Generator,
    size: int,
    mixture: CaseMixture,
    points: NDArray[np.float64],
    log: Sequence[Judgment] = (),
    log_share: float = LOG_SHARE,
) -> CasePool:
    """A pool of about `size` cases of a mixture, those without an advantage left out.

    log: judgments of people. Where there are any, a share of the pool are their cases, drawn with replacement, so that
    the network learns on what people really meet; their answers are not looked at.
    Raises CallerError when no case of the log has an advantage.
    """
    grid = np.interp(np.arange((points.size - 1) * _REFINE + 1) / _REFINE, np.arange(points.size), points)
    logged = _from_log(rng, round(log_share * size), log, grid) if log else []
    generated = size - sum(len(curves) for curves in logged)
    curves = []
    for start in range(0, generated, _CHUNK):
        packed, _ = pack_dense(*generate_cases(rng, min(_CHUNK, generated - start), mixture))
        curves.append(tabulate(packed, grid))
    # in random order, as neighbours in the pool make a person's repeated list
    table = rng.permutation(np.concatenate([*curves, *logged])) if logged else np.concatenate(curves)
    described = np.ascontiguousarray(table[:, ::_REFINE])
    return CasePool(grid, table, described, warp(described))


def _from_log(
    rng: np.random.Generator, count: int, log: Sequence[Judgment], grid: NDArray[np.float64]
) -> list[NDArray[np.float32]]:
    packed, _ = pack_judgments(log)
    if not len(packed):
        raise CallerError("no case of the log tells one attitude to risk from another")
    curves = np.concatenate([tabulate(packed, part) for part in np.array_split(grid, 8)], axis=1)
    return [curves[rng.integers(0, len(curves), count)]]


def tabulate(cases: PackedCases, grid: NDArray[np.float64]) -> NDArray[np.float32]:
    """Δ [C, R] of packed cases on a grid of r."""
    return advantage_curves(cases, grid).astype(np.float32)


def warp(advantage: NDArray[np.float32]) -> NDArray[np.float32]:
    """Advantages on the axis of the spline's knots, [-1, 1]."""
    return warped(advantage.astype(np.float64)).astype(np.float32)
