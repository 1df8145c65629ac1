"""How does a policy turn when the belief is moved and all else stays? From the table of its probes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.rl._tables import Columns


class Probes(NamedTuple):
    """means [M], sds [D]: of the beliefs tried.   risk, asks [N, M, D]: what was chosen in each of N states."""

    means: NDArray[np.float64]
    sds: NDArray[np.float64]
    risk: NDArray[np.float64]
    asks: NDArray[np.bool_]


def probes_of(table: Columns) -> Probes:
    """The table as an array."""
    means, at_mean = np.unique(table["mean"].astype(float).round(3), return_inverse=True)
    sds, at_sd = np.unique(table["sd"].astype(float).round(3), return_inverse=True)
    states, at_state = np.unique(table["state"], return_inverse=True)
    risk = np.full((len(states), len(means), len(sds)), np.nan)
    asks = np.zeros(risk.shape, bool)
    risk[at_state, at_mean, at_sd] = table["risk"]
    asks[at_state, at_mean, at_sd] = table["asks"]
    return Probes(means, sds, risk, asks)


def monotone_share(table: Columns) -> float:
    """Share of states and σ in which a greater θ* never makes the option chosen a riskier one."""
    return float((np.diff(probes_of(table).risk, axis=1) <= 0).all(axis=1).mean())


def asks_by_sd(table: Columns) -> dict[float, float]:
    """Share of states and θ* in which it asks, by σ in prior sd."""
    probes = probes_of(table)
    return dict(zip(probes.sds.tolist(), probes.asks.mean(axis=(0, 1)).tolist(), strict=True))


class Counterfactual(NamedTuple):
    """Of the probes in which it asks at the widest σ: how many, and the share in which it would not at the narrowest.

    turned: likewise where it asks at neither: the share in which its option would be another.
    """

    asked: int
    would_not: float
    turned: float


def counterfactual(table: Columns) -> Counterfactual:
    """Had σ been narrow instead of wide."""
    probes = probes_of(table)
    wide, narrow = probes.asks[:, :, -1], probes.asks[:, :, 0]
    neither = ~wide & ~narrow
    other = probes.risk[:, :, -1] != probes.risk[:, :, 0]
    return Counterfactual(
        int(wide.sum()),
        float((~narrow[wide]).mean()) if wide.any() else np.nan,
        float(other[neither].mean()) if neither.any() else np.nan,
    )
