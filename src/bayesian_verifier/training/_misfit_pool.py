"""Which cases do simulated people meet when misfit is studied, tabulated once for the model and its rivals?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import (
    RIVALS,
    CaseMixture,
    Rival,
    RivalCurves,
    generate_cases,
    pack_dense,
    rival_advantages,
    rival_curves,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.simulators.lottery import DenseCases

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Index = NDArray[np.intp]
_CHUNK = 256
_FINE = 97
#: share of varied people who meet a few cases again and again, and of those whose cases are mostly of one or two kinds
_REPEATING, _ONE_SIDED = 0.5, 0.6


def fine_risk_aversions() -> Float:
    """Values of r [97] at which advantages are tabulated; none is 1."""
    result: Float = 0.5 + 1.3 * np.sinh(1.6 * np.linspace(-1.0, 1.0, _FINE))
    return result


@dataclass(frozen=True, slots=True)
class MisfitPool:
    """C cases as they were sent, none without an advantage.

    curves: as evidence reads them.   model, seen [C, F]: ∆ at `fine_risk_aversions()` to the model, and to those who
    answer.   kinds: the rows of each kind of case.   share [kinds]: how often a kind is met.
    """

    curves: RivalCurves
    model: F32
    seen: F32
    kinds: tuple[Index, ...]
    share: Float

    def __len__(self) -> int:
        """How many cases."""
        return len(self.model)

    def meet(self, rng: np.random.Generator, count: int, *, varied: bool) -> Index:
        """Rows of the cases that one person meets, in order.

        varied: people differ in what they meet, some the same few questions again and again; else all meet the mixture.
        """
        share = self.share
        if varied and rng.random() < _ONE_SIDED:
            share = rng.dirichlet(0.3 * share.size * share)
        chosen = rng.choice(share.size, count, p=share)
        rows = np.empty(count, dtype=np.intp)
        for kind, of_kind in enumerate(self.kinds):
            here = np.flatnonzero(chosen == kind)
            rows[here] = of_kind[rng.integers(0, of_kind.size, here.size)]
        if varied and rng.random() < _REPEATING:
            distinct = int(np.exp(rng.uniform(0.0, np.log(61))))
            rows = rows[rng.integers(0, min(distinct, count), count)]
        return rows


def draw_misfit_pool(
    rng: np.random.Generator,
    size: int,
    mixture: CaseMixture,
    seen_by: Rival,
    sent: Callable[[DenseCases], DenseCases] = lambda cases: cases,
    rivals: Sequence[Rival] = tuple(RIVALS.values()),
) -> MisfitPool:
    """A pool of about `size` cases of each kind in a mixture.

    seen_by: how those who answer see the cases.   sent: what is sent in place of each case as generated.
    rivals: whose curves are tabulated beside the model's.
    """
    names = [f.name for f in fields(mixture) if getattr(mixture, f.name) > 0]
    weights = np.array([getattr(mixture, name) for name in names])
    parts: list[MisfitPool] = []
    kinds: list[Index] = []
    for name in names:
        before = sum(map(len, parts))
        only = CaseMixture.of({name: 1.0})
        parts += [
            _tabulated(sent(generate_cases(rng, min(_CHUNK, size - start), only)), seen_by, rivals)
            for start in range(0, size, _CHUNK)
        ]
        kinds.append(np.arange(before, sum(map(len, parts))))
    there = [i for i, rows in enumerate(kinds) if rows.size]
    share = np.array([weights[i] * kinds[i].size for i in there], dtype=np.float64)
    return MisfitPool(
        curves=_joined([p.curves for p in parts]),
        model=np.concatenate([p.model for p in parts]),
        seen=np.concatenate([p.seen for p in parts]),
        kinds=tuple(kinds[i] for i in there),
        share=share / share.sum(),
    )


def _tabulated(cases: DenseCases, seen_by: Rival, rivals: Sequence[Rival]) -> MisfitPool:
    _, there = pack_dense(*cases)
    wealth, payoff, probability = cases.wealth[there], cases.payoff[there], cases.probability[there]
    chosen = cases.chosen[there]
    fine = fine_risk_aversions()
    model = rival_advantages(wealth, payoff, probability, chosen, Rival(), fine)
    seen = (
        model if seen_by == Rival() else rival_advantages(wealth, payoff, probability, chosen, seen_by, fine)
    )
    curves = rival_curves(wealth, payoff, probability, chosen, rivals)
    return MisfitPool(curves, model.astype(np.float32), seen.astype(np.float32), (), np.zeros(0))


def _joined(parts: list[RivalCurves]) -> RivalCurves:
    starts = np.cumsum([0, *(len(p.own) for p in parts[:-1])])
    rivals = range(len(parts[0].others))
    return RivalCurves(
        np.concatenate([p.own for p in parts]),
        tuple(np.concatenate([p.others[a] for p in parts]) for a in rivals),
        tuple(np.concatenate([p.differs[a] + s for p, s in zip(parts, starts, strict=True)]) for a in rivals),
    )
