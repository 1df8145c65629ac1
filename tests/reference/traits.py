"""What do docs/model.md's formulas for more traits than one give, worked out a second time?

Independent of the package: plain mappings of the wire and NumPy. Quadrature on one even grid, over two or three traits
beside the choice noise.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference.model import REWARD_SD, Record, approval, feasible, lotteries, refuted, utility

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = NDArray[np.float64]

#: mean and sd on the scale that is normal: r, ξ, ln α, ln τ
PRIOR = ((0.5, 1.0), (0.0, 0.1), (math.log(0.8), 0.4), (math.log(0.1), 1.0))


def weight(p: float, alpha: Array) -> Array:
    """W(p) = exp(-(-ln p)^α), 0 and 1 at its ends."""
    if p <= 0.0:
        return np.zeros_like(alpha)
    if p >= 1.0 - 1e-12:
        return np.ones_like(alpha)
    return np.exp(-((-math.log(p)) ** alpha))


def worths(record: Record, r: Array, xi: Array, alpha: Array) -> Array | None:
    """U_i at paired traits, float [options, len(r)], -inf for an option that cannot be borne; None without a choice."""
    rows, possible, wealth = lotteries(record), feasible(record), record.get("wealth", 0.0)
    reached = [x for row, ok in zip(rows, possible, strict=True) if ok for x, _ in row]
    if not possible[record["chosen"]] or sum(possible) < 2 or min(reached) == max(reached):
        return None
    tried = record.get("times_tried") or [0] * len(rows)
    result = np.full((len(rows), len(r)), -np.inf)
    for i, (row, ok) in enumerate(zip(rows, possible, strict=True)):
        if not ok:
            continue
        total = np.zeros(len(r))
        for x, _ in row:
            at_least = math.fsum(p for y, p in row if y >= x)
            above = math.fsum(p for y, p in row if y > x)
            share = weight(at_least, alpha) - weight(above, alpha)
            total += share * utility(x, min(reached), max(reached), wealth, r)
        result[i] = total + xi * math.log(1 / (1 + tried[i]))
    return result


def log_likelihood(record: Record, r: Array, xi: Array, alpha: Array, tau: Array) -> Array:
    """Ln p(feedback, reward | θ) at paired points; 0 for an uninformative judgment."""
    nothing = np.zeros(len(r))
    if refuted(record) or (record.get("feedback") is None and record.get("reward") is None):
        return nothing
    found = worths(record, r, xi, alpha)
    if found is None:
        return nothing
    delta = found[record["chosen"]] - np.delete(found, record["chosen"], axis=0).max(axis=0)
    total = nothing
    if record.get("feedback") is not None:
        total = total + np.log(approval(delta if record["feedback"] == "approve" else -delta, tau))
    if record.get("reward") is not None:
        z = (record["reward"] - delta) / REWARD_SD
        total = total - 0.5 * z * z - math.log(REWARD_SD * math.sqrt(2 * math.pi))
    return total


class Grid(NamedTuple):
    """A posterior on an even grid: means, sds and correlations of the parameters on the scale that is normal."""

    mean: Array
    sd: Array
    correlation: Array


def posterior(records: Sequence[Record], *, weighs: bool, points: int = 25, reach: float = 4.5) -> Grid:
    """By brute force: `points` values of each parameter, `reach` prior sd to either side; without `weighs` α is 1."""
    used = [0, 1, 2, 3] if weighs else [0, 1, 3]
    axes = [np.linspace(m - reach * s, m + reach * s, points) for m, s in (PRIOR[i] for i in used)]
    theta = np.array(list(itertools.product(*axes)))
    full = np.zeros((len(theta), 4))
    full[:, used] = theta
    alpha = np.exp(full[:, 2]) if weighs else np.ones(len(theta))
    log_weight = sum(-0.5 * ((full[:, i] - PRIOR[i][0]) / PRIOR[i][1]) ** 2 for i in used)
    for record in records:
        log_weight = log_weight + log_likelihood(record, full[:, 0], full[:, 1], alpha, np.exp(full[:, 3]))
    share = np.exp(log_weight - np.max(log_weight))
    share /= share.sum()
    mean = share @ theta
    covariance = (theta - mean).T @ ((theta - mean) * share[:, None])
    sd = np.sqrt(np.diag(covariance))
    return Grid(mean, sd, covariance / np.outer(sd, sd))
