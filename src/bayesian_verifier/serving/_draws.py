"""How are equally weighted draws had from a proposal that is a little off?

By rejection: a candidate is kept with the chance its weight has of the greatest. Draws are independent, depend on the
seed alone, and more of them begin alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.serving._limits import MAX_DRAWS

if TYPE_CHECKING:
    from collections.abc import Callable

Float = NDArray[np.float64]
#: after so many candidates, what is missing is drawn from them again by weight
MOST_CANDIDATES = 8 * MAX_DRAWS


def standard_noise(generator: np.random.Generator, count: int, dimensions: int) -> NDArray[np.float32]:
    """Standard normal numbers [count, dimensions]."""
    return generator.standard_normal((count, dimensions), dtype=np.float32)


def equally_weighted(
    count: int,
    propose: Callable[[NDArray[np.float32]], tuple[Float, Float | None]],
    seed: int,
    *,
    dimensions: int,
    block: int,
    log_greatest: float,
) -> Float:
    """Draws [count, P].

    propose: noise [n, P] -> candidates [n, P] and their log-weights [n], None where all weigh the same.
    log_greatest: log of the greatest weight expected; a greater one counts as that.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    candidates, log_weights, kept = [], [], []
    have = made = 0
    while have < count and made < MOST_CANDIDATES:
        theta, log_weight = propose(standard_noise(generator, block, dimensions))
        made += block
        chance = generator.random(block)
        if log_weight is None:
            log_weight = np.full(block, log_greatest)
        accepted = np.log(chance) < np.minimum(log_weight - log_greatest, 0.0)
        candidates.append(theta)
        log_weights.append(log_weight)
        kept.append(theta[accepted])
        have += int(accepted.sum())
    draws = np.concatenate(kept)
    if have < count:
        draws = np.concatenate([draws, _again(generator, count - have, candidates, log_weights)])
    return draws[:count]


def _again(
    generator: np.random.Generator, count: int, candidates: list[Float], log_weights: list[Float]
) -> Float:
    weight = np.concatenate(log_weights)
    share = np.exp(weight - weight.max())
    rows = generator.choice(share.size, count, p=share / share.sum())
    result: Float = np.concatenate(candidates)[rows]
    return result
