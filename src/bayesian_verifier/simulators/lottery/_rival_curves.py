"""How large is the advantage of each proposal, to the model and to each rival, at fixed nodes of r?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._rival_advantage import SeenCases, seen_advantages
from bayesian_verifier.simulators.lottery._rivals import Rival, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Index = NDArray[np.intp]
#: how many outcomes are worked on at once
_AT_ONCE = 2048
#: advantages that differ by no more than single precision's last digit are the same: that case is none of the rival's
SAME = 2.5e-7

#: rivals whose evidence is kept, each at one strength; see docs/adr/0006-misfit.md for why these
RIVALS: dict[str, Rival] = {
    "probability_weighting": Rival(curvature=0.61),
    "loss_aversion": Rival(loss_aversion=2.25),
    "wealth_too_low": Rival(wealth_factor=30.0),
    "wealth_too_high": Rival(wealth_factor=0.1),
    "wealth_far_too_high": Rival(wealth_factor=0.01),
    "wealth_left_out": Rival(unsaid_wealth=3.0),
}
#: closer around the prior's mean; none is 1, where the form of a utility changes
_RISK_AVERSIONS: Float = 0.5 + 1.3 * np.sinh(1.6 * np.linspace(-1.0, 1.0, 29))


def rival_risk_aversions() -> Float:
    """Nodes of r [29], closer around 0.5; none is 1."""
    return _RISK_AVERSIONS.copy()


class RivalCurves(NamedTuple):
    """∆ of n cases at the nodes of r.

    own [n, K]: the model's.   others: each rival's [m, K], of the cases that it sees otherwise.
    differs: which those are, ascending indices [m] into the n.
    """

    own: F32
    others: tuple[F32, ...]
    differs: tuple[Index, ...]

    def of(self, rows: Index) -> RivalCurves:
        """The curves of these cases, in this order, which may repeat."""
        others, differs = [], []
        for curves, which in zip(self.others, self.differs, strict=True):
            place = np.full(len(self.own), -1)
            place[which] = np.arange(which.size)
            found = place[rows]
            kept = np.flatnonzero(found >= 0)
            others.append(curves[found[kept]])
            differs.append(kept)
        return RivalCurves(self.own[rows], tuple(others), tuple(differs))


def rival_curves(
    wealth: Float,
    payoff: Float,
    probability: Float,
    chosen: Index,
    rivals: Sequence[Rival] = tuple(RIVALS.values()),
    nodes: Float | None = None,
) -> RivalCurves:
    """Curves of n cases that have an advantage.

    wealth [n], payoff and probability [n, options, outcomes], chosen [n]: as `pack_dense` takes them.
    nodes [K]: `rival_risk_aversions()` unless given; ascending, none is 1.
    """
    at = _RISK_AVERSIONS if nodes is None else nodes
    probability = shares(probability)
    sent = wealth > 0
    having, lacking = np.flatnonzero(sent), np.flatnonzero(~sent)
    losing = having[((payoff < 0) & (probability > 0))[having].any(axis=(1, 2))] if having.size else having
    differs = tuple(_seen_otherwise(rival, losing, having, lacking) for rival in rivals)
    seen = [Rival().seen(wealth, payoff, probability, chosen)]
    for rival, which in zip(rivals, differs, strict=True):
        if which.size == wealth.size:
            seen.append(rival.seen(wealth, payoff, probability, chosen))
        elif which.size:
            seen.append(rival.seen(wealth[which], payoff[which], probability[which], chosen[which]))
    # all that anybody sees together, as what costs is the number of calls, but no more at once than a cache holds
    together = SeenCases(*(np.concatenate(column, axis=-1) for column in zip(*seen, strict=True)))
    rows = max(1, _AT_ONCE // (payoff.shape[1] * payoff.shape[2]))
    curves = np.empty((len(together.wealth), at.size), dtype=np.float32)
    for start in range(0, len(curves), rows):
        lot = slice(start, start + rows)
        curves[lot] = seen_advantages(together.part(lot), at)
    own, *others = np.split(curves, np.cumsum([wealth.size, *(which.size for which in differs)])[:-1])
    apart = [
        (np.abs(curve - own[which]) > SAME).any(axis=1) for curve, which in zip(others, differs, strict=True)
    ]
    return RivalCurves(
        own,
        tuple(curve[kept] for curve, kept in zip(others, apart, strict=True)),
        tuple(which[kept] for which, kept in zip(differs, apart, strict=True)),
    )


def _seen_otherwise(rival: Rival, losing: Index, having: Index, lacking: Index) -> Index:
    """Which cases a rival sees otherwise than the model, given those with losses, with and without wealth sent.

    One thing differs in each rival.
    """
    if rival.weighs:
        return np.arange(having.size + lacking.size)
    if rival.loss_aversion != 1.0:
        return losing
    return lacking if rival.unsaid_wealth else having
