"""Does the challenger predict people's next answers better than the champion? A paired test, open to a look any night.

d_t is the champion's log-loss on an answer less the challenger's, both predicted before it was given. While the
challenger is no better, E[d_t | past] ≤ 0; then wealth that starts at 1 and is multiplied by 1 + λ_t d_t, with a
stake λ_t ≥ 0 fixed before the answer, cannot grow on average, so that it reaches 1/α with probability α at most,
whenever it is looked at, for ever (Ville 1939). Stakes are as large as the two predictions allow: what the challenger
can lose on an answer is known before it comes. The mean over a few stakes is such a wealth too (Waudby-Smith & Ramdas
2024, JRSS B 86).
"""

from __future__ import annotations

import math
from typing import NamedTuple

#: stakes, in wealth a nat: half is best where the challenger is exactly right, as then E[d²] ≈ 2 E[d]
STAKES = (0.0625, 0.125, 0.25, 0.5, 1.0)
#: but no answer may cost more of the wealth than this
MOST_LOST = 0.9


class Comparison(NamedTuple):
    """What is known of one pair so far: answers compared, log-wealth of each stake, sum of d in nats."""

    answers: int
    log_wealth: tuple[float, ...]
    gained: float

    @property
    def evidence(self) -> float:
        """The e-value: mean wealth over the stakes."""
        top = max(self.log_wealth)
        return math.exp(top) * sum(math.exp(one - top) for one in self.log_wealth) / len(self.log_wealth)

    @property
    def mean_gain(self) -> float:
        """Nats an answer that the challenger is ahead; 0 where none was compared."""
        return self.gained / self.answers if self.answers else 0.0


def no_comparison() -> Comparison:
    """Nothing compared yet."""
    return Comparison(0, (0.0,) * len(STAKES), 0.0)


def compared(so_far: Comparison, champion: float, challenger: float, *, approved: bool) -> Comparison:
    """With one more answer. champion, challenger: the chance of approval that each gave it before, above 0, below 1.

    Raises ValueError outside that range, where the test would not hold.
    """
    for chance in (champion, challenger):
        if not 0.0 < chance < 1.0:
            raise ValueError(f"expected a chance between 0 and 1, got {chance}")
    if_approved = math.log(challenger / champion)
    if_rejected = math.log1p(-challenger) - math.log1p(-champion)
    gain = if_approved if approved else if_rejected
    most = -min(if_approved, if_rejected, 0.0)
    wealth = tuple(
        log_wealth + math.log1p((stake if stake * most <= MOST_LOST else MOST_LOST / most) * gain)
        for stake, log_wealth in zip(STAKES, so_far.log_wealth, strict=True)
    )
    return Comparison(so_far.answers + 1, wealth, so_far.gained + gain)


def level_of(challenger: int, *, alpha: float) -> float:
    """α_k of the k-th challenger, k ≥ 1: 6/(π²k²) of α, so that all there will ever be share α."""
    if challenger < 1:
        raise ValueError(f"challengers are counted from 1, got {challenger}")
    return alpha * 6.0 / (math.pi * challenger) ** 2


def is_better(comparison: Comparison, challenger: int, *, alpha: float) -> bool:
    """Whether the evidence is enough for the k-th challenger. Not enough is no verdict: a tie holds."""
    return comparison.evidence >= 1.0 / level_of(challenger, alpha=alpha)
