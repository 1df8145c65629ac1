"""Are chances weighed by rank, as the formula says?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import Case, decision_weights, expected_utilities, novelty

SHARES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@settings(deadline=None)
@given(shares=SHARES)
def test_weights_are_differences_of_what_is_reached(shares: list[int]) -> None:
    """As written down with `math`; they sum to 1, and at α = 1 are the chances."""
    chances = np.array(shares) / sum(shares)
    found = decision_weights(chances, np.array([0.6, 1.0, 1.4]))
    reached = [sum(shares[: i + 1]) / sum(shares) for i in range(len(shares))]
    for column, alpha in enumerate((0.6, 1.0, 1.4)):
        w = [math.exp(-((-math.log(p)) ** alpha)) if p < 1 else 1.0 for p in reached]
        exact = [here - before for here, before in zip(w, [0.0, *w], strict=False)]
        assert found[:, column] == pytest.approx(exact, abs=1e-12)
    assert found.sum(axis=0) == pytest.approx(np.ones(3))
    assert found[:, 1] == pytest.approx(chances, abs=1e-12)


def test_an_options_outcomes_are_weighed_from_the_best_down_in_whatever_order_they_stand() -> None:
    """V at r = 0 of 9 with 0.2, 4 with 0.3, 0 with 0.5, said in another order: w(0.2) + 4/9 · (w(0.5) − w(0.2))."""
    mixed = [(4.0, 0.3), (0.0, 0.5), (9.0, 0.2)]
    options = [
        {"outcomes": [{"payoff": x, "probability": p} for x, p in some]} for some in (mixed, [(0.0, 1.0)])
    ]
    case = Case.model_validate({"options": options})
    found = expected_utilities(case, 0.0, lambda chances: decision_weights(chances, np.array([0.5]))[:, 0])
    w = [math.exp(-math.sqrt(-math.log(p))) for p in (0.2, 0.5)]
    assert found[:, 0] == pytest.approx([w[0] + 4 / 9 * (w[1] - w[0]), 0.0])


def test_what_was_never_tried_is_as_new_as_can_be() -> None:
    """0, and ln(1/(1 + n)) below it."""
    assert novelty([0, 9]) == pytest.approx([0.0, -math.log(10)])
