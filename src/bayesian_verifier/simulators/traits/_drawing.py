"""Which proposals are made to people who try things again and again?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators.lottery import CaseMixture, generate_cases, records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

#: share of cases in which nobody counted tries, and of options never tried in the others; the most often tried
_UNCOUNTED, _NEVER, _MOST_TRIED = 0.3, 0.3, 100.0


def draw_cases(rng: np.random.Generator, n: int) -> Sequence[Judgment]:
    """N proposals of an even mixture of all kinds, most of them with counts of tries."""
    if not n:
        return []
    made = records(generate_cases(rng, n, CaseMixture()))
    counted = rng.random(n) >= _UNCOUNTED
    some = [
        one | {"times_tried": draw_tries(rng, one)} if told else one
        for one, told in zip(made, counted, strict=True)
    ]
    return parse_judgments(some)


def draw_tries(rng: np.random.Generator, case: dict[str, object]) -> list[int]:
    """How often each option of a case was tried: three in ten never, the others up to a hundred times."""
    options = case["options"]
    assert isinstance(options, list)  # noqa: S101 - as `records` writes it
    counts = np.floor(np.exp(rng.uniform(0.0, math.log(_MOST_TRIED + 1.0), len(options)))).astype(int)
    return [int(count) for count in np.where(rng.random(len(options)) < _NEVER, 0, counts)]
