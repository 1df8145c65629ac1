"""What does simulated people's evidence look like to the network, by kind of answers and number of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.posterior import DISTANCE_LEVELS, TypicalityTable, squared_distance, whitening_of
from bayesian_verifier.training._sets import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.training._drawn import People
    from bayesian_verifier.training._network import Network

SIZES = (1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 128, 200, 320, 512)


def typicality_table(
    network: Network, population: People, people: int, seed: int, tick: Callable[[int, int], None]
) -> TypicalityTable:
    """From `people` simulated people of each kind and size: half of them say what is usual, the others how usual."""
    means, whitenings, distances = [], [], []
    for a, kind in enumerate(ANSWERS):
        for n, size in enumerate(SIZES):
            summaries = _summaries(network, population, kind, size, people, seed + 1000 * a + n)
            mean, whitening = whitening_of(summaries[::2])
            far = squared_distance(summaries[1::2], mean, whitening)
            means.append(mean)
            whitenings.append(whitening)
            distances.append(np.quantile(far, DISTANCE_LEVELS))
            tick(a * len(SIZES) + n + 1, len(ANSWERS) * len(SIZES))
    shape = (len(ANSWERS), len(SIZES))
    stacked = [np.array(part).reshape(*shape, *part[0].shape) for part in (means, whitenings, distances)]
    return TypicalityTable(ANSWERS, np.array(SIZES, np.float64), *stacked)


def _summaries(
    network: Network, population: People, kind: str, size: int, people: int, seed: int
) -> NDArray[np.float64]:
    drawn = []
    for i in range(people):
        rng = np.random.default_rng([seed, i])
        drawn.append(population.person(rng, size, _mixed(kind, i)).evidence)
    return np.stack([said.summary for said in network.ask(drawn)])


def _mixed(kind: str, index: int) -> str:
    """Every third of those who gave both answers each time gave either one instead."""
    return "either" if kind == "both" and index // 2 % 3 == 0 else kind
