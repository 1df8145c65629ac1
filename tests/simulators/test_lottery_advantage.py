"""The advantage of many cases at once, against docs/model.md worked out a second time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record

from bayesian_verifier.simulators.lottery import advantage_curves, advantages, pack_dense, pack_judgments
from reference import model

#: both sides of r = 1, r = 1 itself and its close neighbours, and as far as the model is defined
AVERSIONS = np.array([-10, -4, -1, 0, 0.5, 0.97, 1 - 1e-7, 1.0, 1 + 1e-7, 1.02, 2, 4, 10.0])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Any case: wealth from nothing to far above the stakes, outcomes with ruin, losses and probability 0."""
    scale = draw(st.sampled_from([0.01, 1.0, 100.0, 1e6]))
    payoff = st.one_of(st.just(0.0), st.floats(1e-3, 1.0), st.floats(0.1, 1.0).map(lambda x: -x)).map(
        lambda x: x * scale
    )
    options = []
    for _ in range(draw(st.integers(2, 8))):
        count = draw(st.sampled_from([1, 2, 2, 3, 16]))
        payoffs = draw(st.lists(payoff, min_size=count, max_size=count))
        parts = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count).filter(any))
        options.append(lottery(*zip(payoffs, [part / sum(parts) for part in parts], strict=True)))
    wealth = draw(st.sampled_from([0.0, 0.0, scale, 1e5 * scale, 1e12]))
    return record(*options, chosen=draw(st.integers(0, len(options) - 1)), wealth=wealth)


@given(st.lists(cases(), min_size=1, max_size=4))
@settings(QUICK, max_examples=150)
def test_curves_are_the_reference_s(offered: list[dict[str, Any]]) -> None:
    """To 1e-12 at every r; and where the reference finds no advantage, neither is one packed."""
    packed, found = pack_judgments(parsed(*offered))
    expected = [model.advantage(case, AVERSIONS) for case in offered]
    assert found.tolist() == [curve is not None for curve in expected]
    curves = advantage_curves(packed, AVERSIONS)
    there = [curve for curve in expected if curve is not None]
    np.testing.assert_allclose(curves, np.reshape(there, (-1, AVERSIONS.size)), rtol=0, atol=1e-12)
    assert (np.abs(curves) <= 1 + 1e-12).all()


@given(st.lists(cases(), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(QUICK, max_examples=60)
def test_each_case_at_its_own_aversion_is_read_off_its_curve(
    offered: list[dict[str, Any]],
    random: Any,  # noqa: ANN401 - Hypothesis's own
) -> None:
    """Paired values are those of the table, whichever r goes with which case."""
    packed, _ = pack_judgments(parsed(*offered))
    at = np.array([random.randrange(AVERSIONS.size) for _ in range(len(packed))], np.intp)
    curves = advantage_curves(packed, AVERSIONS)
    np.testing.assert_allclose(
        advantages(packed, AVERSIONS[at]), curves[np.arange(len(packed)), at], rtol=0, atol=1e-14
    )


@given(st.lists(cases(), min_size=1, max_size=4))
@settings(QUICK, max_examples=60)
def test_padded_arrays_are_packed_as_records_are(offered: list[dict[str, Any]]) -> None:
    """Zeros of probability are padding, and options without any are absent."""
    payoff, probability = np.full((len(offered), 8, 16), 7.0), np.zeros((len(offered), 8, 16))
    for i, case in enumerate(offered):
        for k, option in enumerate(case["options"]):
            for m, outcome in enumerate(option["outcomes"]):
                payoff[i, k, m], probability[i, k, m] = outcome["payoff"], outcome["probability"]
    wealth, chosen = (np.array([case[name] for case in offered]) for name in ("wealth", "chosen"))
    dense, found = pack_dense(wealth, payoff, probability, chosen)
    packed, expected = pack_judgments(parsed(*offered))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(advantage_curves(dense, AVERSIONS), advantage_curves(packed, AVERSIONS))


def test_a_price_list_turns_where_holt_and_laury_say() -> None:
    """The published thresholds of rows 1–9 are zeros of the advantage, to their three digits."""
    thresholds = np.array([-1.713, -0.947, -0.487, -0.143, 0.146, 0.411, 0.676, 0.971, 1.368])
    rows = [
        record(lottery((2.0, p), (1.6, 1 - p)), lottery((3.85, p), (0.1, 1 - p)))
        for p in np.arange(1, 10) / 10
    ]
    packed, _ = pack_judgments(parsed(*rows))
    below, above = advantages(packed, thresholds - 6e-4), advantages(packed, thresholds + 6e-4)
    assert (below < 0).all()
    assert (above > 0).all()


def test_nobody_with_ruin_in_sight_is_told_apart_beyond_one() -> None:
    """With y_min = 0 every positive outcome is worth 1 from r = 1 on: the advantage is the chance of ruin avoided."""
    packed, _ = pack_judgments(parsed(record(lottery((3.0, 1.0)), lottery((0.0, 0.3), (9.0, 0.7)))))
    np.testing.assert_allclose(advantage_curves(packed, np.array([1.0, 1.5, 10.0])), [[0.3, 0.3, 0.3]])
    below = advantage_curves(packed, np.array([0.5, 0.9]))[0]
    np.testing.assert_allclose(below, [(1 / 3) ** 0.5 - 0.7, (1 / 3) ** 0.1 - 0.7])


def test_wealth_far_above_the_stakes_leaves_expected_value() -> None:
    """With 1e12 beside a few coins everyone is neutral to risk, and the digits of the stakes survive."""
    packed, _ = pack_judgments(
        parsed(record(lottery((1.0, 1.0)), lottery((0.0, 0.5), (4.0, 0.5)), wealth=1e12))
    )
    np.testing.assert_allclose(
        advantage_curves(packed, np.array([-4.0, 0.0, 1.0, 4.0])), [[-0.25] * 4], atol=1e-9
    )


def test_no_cases_have_no_curves() -> None:
    """Nothing in, nothing out."""
    packed, found = pack_judgments([])
    assert found.size == 0
    assert advantage_curves(packed, AVERSIONS).shape == (0, AVERSIONS.size)
    assert advantages(packed, np.zeros(0)).shape == (0,)


@pytest.mark.parametrize(
    "aversions", [np.array([-2.0, 0.5]), np.array([1.0]), np.array([1.5, 3.0]), np.zeros(0)]
)
def test_a_table_may_lie_on_one_side_of_logarithms(aversions: np.ndarray) -> None:
    """Only below 1, only 1 itself, only above, or nowhere."""
    case = record(lottery((2.0, 0.6), (1.6, 0.4)), lottery((3.85, 0.6), (0.1, 0.4)))
    packed, _ = pack_judgments(parsed(case))
    np.testing.assert_allclose(
        advantage_curves(packed, aversions)[0], model.advantage(case, aversions), atol=1e-14
    )
