"""Does the challenger predict people's next answers better than the champion? A paired test, open to a look any night.

d_t is the champion's log-loss on an answer less the challenger's, both predicted before it was given. While the
challenger is no better, E[d_t | past] ≤ 0; then wealth that starts at 1 and stakes a share ν of itself on d_t > 0
cannot grow on average, so that it reaches 1/α with probability α at most, whenever it is looked at, for ever
(Ville 1939). The mean over a few fixed shares is such a wealth too (Waudby-Smith & Ramdas 2024, JRSS B 86).
"""

from __future__ import annotations

import math
from typing import NamedTuple

#: shares of wealth staked on each answer, as parts of what a loss at the bound would take
SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)


class Comparison(NamedTuple):
    """What is known of one pair so far: answers compared, log-wealth of each share, sum of d in nats."""

    answers: int
    log_wealth: tuple[float, ...]
    gained: float

    @property
    def evidence(self) -> float:
        """The e-value: mean wealth over the shares."""
        top = max(self.log_wealth)
        return math.exp(top) * sum(math.exp(one - top) for one in self.log_wealth) / len(self.log_wealth)

    @property
    def mean_gain(self) -> float:
        """Nats an answer that the challenger is ahead; 0 where none was compared."""
        return self.gained / self.answers if self.answers else 0.0


def no_comparison() -> Comparison:
    """Nothing compared yet."""
    return Comparison(0, (0.0,) * len(SHARES), 0.0)


def compared(so_far: Comparison, champion_loss: float, challenger_loss: float, *, bound: float) -> Comparison:
    """With one more answer.

    champion_loss, challenger_loss: log-loss of that answer in nats, 0 to bound.
    bound: the largest log-loss either can have: −ln of half the lapse rate, where answers may be lapses.
    Raises ValueError outside that range, where the test would not hold.
    """
    for loss in (champion_loss, challenger_loss):
        if not 0.0 <= loss <= bound:
            raise ValueError(f"expected a log-loss from 0 to {bound:g}, got {loss}")
    gain = champion_loss - challenger_loss
    wealth = tuple(
        log_wealth + math.log1p(share * gain / bound)
        for share, log_wealth in zip(SHARES, so_far.log_wealth, strict=True)
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
