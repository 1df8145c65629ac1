"""What does each explanation say of simulated people who all meet the same cases, and misfit in one way or in none?

Cases are those of `configs/evaluation.toml`, as they are generated, whatever the way: they tell nothing of it. Half of
the judgments come before the place where somebody may change, which a test that knows the alternative knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import RIVALS, Rival
from bayesian_verifier.training._misfit_people import answers_of, bayes_factors, misfit_grid
from bayesian_verifier.training._misfit_pool import draw_misfit_pool
from bayesian_verifier.training._misfit_power import SIZES
from bayesian_verifier.training._misfits import WAYS, FineLikelihood

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator
    from bayesian_verifier.training._misfits import Way

Float = NDArray[np.float64]
_POOL = 400
_HALVES = [size // 2 for size in SIZES]
#: who sees cases otherwise: those of the ways, and the check's rivals
_SEEN = tuple(dict.fromkeys([*(w.rival for w in WAYS if w.rival != Rival()), *RIVALS.values()]))
_OURS = [0, 1, *(2 + _SEEN.index(rival) for rival in RIVALS.values())]


class Told(NamedTuple):
    """Log-evidence over the model's of one person, after each of SIZES.

    ways [S, K]: of each of WAYS, known to the last parameter.   rivals [S, R]: of the check's, as it knows them.
    """

    ways: Float
    rivals: Float


class World:
    """People who answer with feedback, or otherwise; see `answers_of`."""

    def __init__(self, simulator: LotterySimulator, mixture: CaseMixture, answered: str, seed: int) -> None:
        self.simulator, self.answered, self.seed = simulator, answered, seed
        self.grid, self.fine = misfit_grid(simulator), FineLikelihood(simulator)
        self.pools = {
            rival: draw_misfit_pool(np.random.default_rng([seed, 0]), _POOL, mixture, rival, rivals=_SEEN)
            for rival in {way.rival for way in WAYS}
        }

    def person(self, way: Way | None, number: int) -> Told:
        """Somebody who misfits so, or does not; the same for the same number."""
        which = 0 if way is None else 1 + WAYS.index(way)
        rng = np.random.default_rng([self.seed, 1, which, *self.answered.encode(), number])
        pool = self.pools[Rival() if way is None else way.rival]
        who = self.simulator.sample_prior(rng, 1)[0]
        then = who if way is None else way.changed(rng, who, self.simulator)
        met = [pool.meet(rng, _HALVES[-1], varied=False) for _ in range(2)]
        said = [
            answers_of(rng, pool.seen[r], t, self.answered) for r, t in zip(met, (who, then), strict=True)
        ]
        if way is not None:
            for answers in said:
                way.toss(rng, answers)
        lots = [self.fine.surfaces(pool.model[r], a, _HALVES) for r, a in zip(met, said, strict=True)]
        factors = []
        for half in _HALVES:
            curves = pool.curves.of(np.concatenate([r[:half] for r in met]))
            factors.append(
                bayes_factors(curves, np.concatenate([a[:half] for a in said]), self.grid, (2 * half,))[0]
            )
        found = np.array(factors)
        return Told(np.stack([self._known(w, found, lots) for w in WAYS], axis=1), found[:, _OURS])

    def _known(self, way: Way, found: Float, lots: list[Float]) -> Float:
        """Log-evidence [S] of one way."""
        if way.move:
            return self.fine.log_ratio_of_change(way, *lots)
        ratio: Float = found[:, 0 if way.coin else 2 + _SEEN.index(way.rival)]
        return ratio
