"""How great does the misfit statistic become among people who follow the model, at each number of judgments?

Tables are kept by how judgments were answered and by which rivals had cases to differ on. A set is judged by the
smallest table whose rivals include all it has met.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Float = NDArray[np.float64]
#: chances of a greater statistic whose quantiles are kept
LEVELS = (0.5, 0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01, 0.005, 0.002)
_LOG_LEVELS = np.log(LEVELS)


@dataclass(frozen=True, slots=True, eq=False)
class MisfitTable:
    """Calibration of one kind of evidence.

    answers: "feedback", "reward" or "both".   met [R]: rivals that had cases to differ on.   sizes [S]: ascending
    numbers of judgments.   weights [S, R] of the rivals, > 0.   quantiles [S, L]: of the statistic, exceeded with
    chance LEVELS.
    """

    answers: str
    met: NDArray[np.bool_]
    sizes: Float
    weights: Float
    quantiles: Float

    def log_weights(self, size: int) -> Float:
        """Log-weights [R] at a number of judgments."""
        return self._at(np.log(self.weights), size)

    def p_value(self, statistic: float, size: int) -> float:
        """Chance of at least this statistic under the model: log-linear between quantiles, 1/e per nat beyond."""
        quantiles = self._at(self.quantiles, size)
        if statistic >= quantiles[-1]:
            return float(math.exp(max(_LOG_LEVELS[-1] - (statistic - quantiles[-1]), -700.0)))
        if statistic <= quantiles[0]:
            # a statistic this small flags nobody: only its order is kept
            return float(1.0 - LEVELS[0] * math.exp(max(statistic - quantiles[0], -700.0)))
        return float(math.exp(np.interp(statistic, quantiles, _LOG_LEVELS)))

    def _at(self, rows: Float, size: int) -> Float:
        """Rows [S, …] between sizes, linear in the logarithm of the size, held at the ends."""
        low = min(max(int(self.sizes.searchsorted(size)) - 1, 0), self.sizes.size - 2)
        first, last = self.sizes[low : low + 2].tolist()
        share = min(max(math.log(max(size, 1) / first) / math.log(last / first), 0.0), 1.0)
        result: Float = (1 - share) * rows[low] + share * rows[low + 1]
        return result


@dataclass(frozen=True, slots=True, eq=False)
class MisfitCalibration:
    """Names of the rivals [R], as `MisfitEvidence.log_marginals` orders them, and the tables.

    over_met: whether the statistic is a mean over the rivals met; else the others count in it, for nothing, as they did
    in models published before.
    """

    rivals: tuple[str, ...]
    tables: tuple[MisfitTable, ...]
    over_met: bool = True
    _known: dict[tuple[str, bytes], MisfitTable] = field(default_factory=dict, init=False, repr=False)

    def table(self, answers: str, met: NDArray[np.bool_]) -> MisfitTable:
        """The smallest table of this kind of answers whose rivals include those met.

        Raises ValueError where there is none.
        """
        asked = answers, met.tobytes()
        if asked not in self._known:
            self._known[asked] = self._smallest(answers, met)
        return self._known[asked]

    def _smallest(self, answers: str, met: NDArray[np.bool_]) -> MisfitTable:
        fitting = [t for t in self.tables if t.answers == answers and not (met & ~t.met).any()]
        if not fitting:
            raise ValueError(f"no calibration for {answers} and rivals {np.array(self.rivals)[met].tolist()}")
        return min(fitting, key=lambda t: int(t.met.sum()))

    def to_json(self) -> dict[str, Any]:
        """As JSON, numbers to four digits after the point."""
        return {
            "rivals": list(self.rivals),
            "levels": list(LEVELS),
            "over_met": self.over_met,
            "tables": [
                {
                    "answers": t.answers,
                    "met": [name for name, there in zip(self.rivals, t.met, strict=True) if there],
                    "sizes": t.sizes.astype(int).tolist(),
                    "weights": t.weights.round(4).tolist(),
                    "quantiles": t.quantiles.round(4).tolist(),
                }
                for t in self.tables
            ],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What `to_json` gave. Raises ValueError naming what does not fit."""
        try:
            rivals = tuple(str(name) for name in content["rivals"])
            if tuple(content["levels"]) != LEVELS:
                raise ValueError(f"expected quantiles at {LEVELS}, got {content['levels']}")
            tables = tuple(_table(rivals, table) for table in content["tables"])
            over_met = bool(content.get("over_met", False))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no misfit calibration: {error!r}") from error
        return cls(rivals, tables, over_met)


def _table(rivals: tuple[str, ...], content: Mapping[str, Any]) -> MisfitTable:
    sizes = np.array(content["sizes"], dtype=np.float64)
    weights = np.array(content["weights"], dtype=np.float64)
    quantiles = np.array(content["quantiles"], dtype=np.float64)
    if weights.shape != (sizes.size, len(rivals)) or quantiles.shape != (sizes.size, len(LEVELS)):
        raise ValueError(
            f"weights {weights.shape} and quantiles {quantiles.shape} do not fit {sizes.size} sizes"
        )
    if sizes.size < 2 or not (np.diff(sizes) > 0).all() or not (weights > 0).all():  # noqa: PLR2004 - to interpolate
        raise ValueError("sizes must be two or more and ascend, weights be above 0")
    if not np.isfinite(quantiles).all() or (np.diff(quantiles, axis=1) < 0).any():
        raise ValueError("quantiles must be finite and not decrease as the chance falls")
    return MisfitTable(
        answers=str(content["answers"]),
        met=np.isin(rivals, content["met"]),
        sizes=sizes,
        weights=weights,
        quantiles=quantiles,
    )
