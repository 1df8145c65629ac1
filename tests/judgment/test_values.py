"""Values of options agree with docs/model.md worked out to 60 digits, and with Holt and Laury."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import (
    Case,
    Judgment,
    advantage,
    expected_utilities,
    feasible,
    has_advantage,
    normalised,
    parse_record,
)
from judgment.lotteries import option, record

INDIFFERENT = (-1.713, -0.947, -0.487, -0.143, 0.146, 0.411, 0.676, 0.971, 1.368)


def judgment(**fields: object) -> Judgment:
    """A sound judgment with these fields."""
    return parse_record(Judgment, record(**fields))


@pytest.mark.parametrize(("row", "expected"), list(enumerate(INDIFFERENT, start=1)))
def test_the_advantage_changes_sign_where_holt_and_laury_are_indifferent(row: int, expected: float) -> None:
    """Choosing $2.00/$1.60 over $3.85/$0.10 at row/10: below that r it is worse, above it better."""
    high, low = row / 10, (10 - row) / 10
    safe, risky = option((2.0, high), (1.6, low)), option((3.85, high), (0.1, low))
    chosen_safe = judgment(options=[safe, risky], chosen=0)
    below, above = advantage(chosen_safe, [expected - 0.001, expected + 0.001])
    assert below < 0 < above
    assert advantage(
        judgment(options=[safe, risky], chosen=1), [expected - 0.001, expected + 0.001]
    ) == pytest.approx([-below, -above])


def utility(y: Decimal, least: Decimal, most: Decimal, r: Decimal) -> Decimal:
    """v_r(y) of docs/model.md, step 2, as it is written there."""
    a = 1 - r
    if least == 0:
        return Decimal(0) if y == 0 else (y / most) ** a if r < 1 else Decimal(1)
    if a == 0:
        return (y.ln() - least.ln()) / (most.ln() - least.ln())
    return (y**a - least**a) / (most**a - least**a)


def values_in_60_digits(case: dict[str, Any], risk_aversion: float) -> list[float]:
    """V of each option; NaN where it is not feasible."""
    with localcontext() as context:
        context.prec = 60
        wealth = Decimal(repr(case["wealth"]))
        options = [
            [
                (wealth + Decimal(repr(o["payoff"])), Decimal(repr(o["probability"])))
                for o in one["outcomes"]
                if o["probability"] > 0
            ]
            for one in case["options"]
        ]
        possible = [one for one in options if all(y >= 0 for y, _ in one)]
        levels = [y for one in possible for y, _ in one]
        r = Decimal(risk_aversion)
        return [
            float(sum(p * utility(y, min(levels), max(levels), r) for y, p in one) / sum(p for _, p in one))
            if one in possible
            else float("nan")
            for one in options
        ]


RISK = st.one_of(
    st.floats(-10.0, 10.0),
    st.sampled_from([0.0, 1.0, 1.0 - 1e-12, 1.0 + 1e-12, 1.0 - 1e-9, 1.0 + 1e-6, -10.0, 10.0]),
)
THREE = st.sampled_from([(0.2, 0.3, 0.5), (0.98, 0.01, 0.01), (0.5, 0.0, 0.5)])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Stakes near, far below, far above wealth; ruin; ratios of final wealth up to 1e12."""
    kind = draw(st.sampled_from(["near", "rich", "wide", "ruin"]))
    digits = st.integers(1, 10**6)
    unit = 10.0 ** draw(st.integers(-6, 3))
    rich = min(unit * draw(digits) * 10.0 ** draw(st.integers(3, 8)), 1e15)
    wealth = {"near": 0.0, "rich": rich, "wide": 0.0, "ruin": 1000.0}[kind]

    def payoff() -> float:
        if kind == "wide":
            return draw(digits) * 10.0 ** draw(st.integers(-6, 0))
        if kind == "ruin":
            return -draw(st.integers(0, 1001)) + draw(st.integers(0, 4)) / 8
        return unit * draw(digits)

    made = [option(*((payoff(), share) for share in draw(THREE))) for _ in range(draw(st.integers(2, 3)))]
    return {"wealth": wealth, "options": made}


@settings(max_examples=400, deadline=None)
@given(cases(), RISK)
def test_values_are_those_of_sixty_digits(case: dict[str, Any], risk_aversion: float) -> None:
    """For |r| <= 10, r = 1 and beside it, ruin, and wealth far above the stakes."""
    parsed = parse_record(Case, case)
    payoffs = {o["payoff"] for one in case["options"] for o in one["outcomes"] if o["probability"]}
    assume(len(payoffs) > 1 and feasible(parsed).any())
    expected = values_in_60_digits(case, risk_aversion) if _differ(case, parsed) else None
    got = expected_utilities(parsed, risk_aversion)[:, 0]
    if expected is None:
        assert np.nan_to_num(got).tolist() == [0.0] * len(got)
    else:
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def _differ(case: dict[str, Any], parsed: Case) -> bool:
    paid = [one for one, possible in zip(case["options"], feasible(parsed), strict=True) if possible]
    return len({o["payoff"] for one in paid for o in one["outcomes"] if o["probability"]}) > 1


@settings(max_examples=200, deadline=None)
@given(cases(), st.lists(RISK, min_size=1, max_size=5), st.integers(-20, -1))
def test_another_currency_changes_nothing(
    case: dict[str, Any], risk_aversion: list[float], power: int
) -> None:
    """Powers of two change no digit, so values are the same to the last bit or nearly."""
    rate = 2.0**power

    def exchanged(one: dict[str, Any]) -> dict[str, Any]:
        return option(*((o["payoff"] * rate, o["probability"]) for o in one["outcomes"]))

    other = {"wealth": case["wealth"] * rate, "options": [exchanged(one) for one in case["options"]]}
    here, there = (expected_utilities(parse_record(Case, c), risk_aversion) for c in (case, other))
    np.testing.assert_allclose(there, here, rtol=0, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(cases(), RISK)
def test_the_order_of_options_and_outcomes_does_not_matter(
    case: dict[str, Any], risk_aversion: float
) -> None:
    """Nor does splitting an outcome in two, or adding one of probability 0."""
    turned = [{"outcomes": one["outcomes"][::-1]} for one in case["options"]][::-1]
    split = [
        option(*((o["payoff"], o["probability"] / 2) for o in one["outcomes"] for _ in (0, 1)), (-1e15, 0.0))
        for one in turned
    ]
    expected = expected_utilities(parse_record(Case, case), risk_aversion)[::-1]
    for made in (turned, split):
        got = expected_utilities(parse_record(Case, {**case, "options": made}), risk_aversion)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def test_what_is_only_near_one_in_sum_is_divided_by_it() -> None:
    """0.9999995 of a sure thing is the sure thing."""
    sure = judgment(options=[option((2.0, 0.9999995)), option((1.0, 0.5), (3.0, 0.5))])
    assert expected_utilities(sure, 0.0)[:, 0] == pytest.approx([0.5, 0.5], abs=1e-15)
    assert normalised(sure.options[0]) == {2.0: 1.0}


def test_an_infeasible_option_has_no_value_and_sets_no_scale() -> None:
    """Its row is NaN, and the others are as if it were not there."""
    pair = [option((0.0, 0.5), (4.0, 0.5)), option((1.0, 1.0))]
    three = judgment(wealth=1.0, options=[*pair, option((100.0, 0.5), (-1.5, 0.5))], chosen=1)
    values = expected_utilities(three, [0.0, 2.0])
    assert feasible(three).tolist() == [True, True, False]
    assert np.isnan(values[2]).all()
    two = judgment(wealth=1.0, options=pair, chosen=1)
    np.testing.assert_array_equal(values[:2], expected_utilities(two, [0.0, 2.0]))
    np.testing.assert_array_equal(advantage(three, [0.0, 2.0]), advantage(two, [0.0, 2.0]))


@pytest.mark.parametrize(
    "fields",
    [
        {"options": [option((1.0, 1.0)), option((-1.0, 1.0))]},
        {"options": [option((-1.0, 1.0)), option((1.0, 1.0)), option((2.0, 1.0))]},
        {"options": [option((-1.0, 1.0)), option((-2.0, 1.0))]},
        {"options": [option((1.0, 1.0)), option((1.0, 0.5), (1.0, 0.5))]},
    ],
    ids=["one feasible", "infeasible choice", "none feasible", "all the same"],
)
def test_without_an_advantage_it_is_zero(fields: dict[str, Any]) -> None:
    """As the simulator takes it."""
    uninformative = judgment(**fields)
    assert not has_advantage(uninformative)
    assert advantage(uninformative, [-1.0, 0.5, 1.0, 2.0]).tolist() == [0.0] * 4


def test_options_that_all_pay_the_same_are_worth_nothing_to_choose_between() -> None:
    """V is 0 where no outcome differs from another; NaN stays for what is not feasible."""
    same = judgment(options=[option((1.0, 1.0)), option((1.0, 0.5), (1.0, 0.5)), option((-1.0, 1.0))])
    expected = [[0.0, 0.0], [0.0, 0.0], [np.nan, np.nan]]
    np.testing.assert_array_equal(expected_utilities(same, [0.0, 2.0]), expected)


def test_with_an_advantage_it_is_over_the_best_of_the_others() -> None:
    """Risk-neutral, V is the payoff's place between the least and the greatest."""
    of_three = judgment(options=[option((0.0, 1.0)), option((2.0, 1.0)), option((10.0, 1.0))], chosen=1)
    assert has_advantage(of_three)
    assert advantage(of_three, 0.0).tolist() == pytest.approx([-0.8])


def test_ruin_is_worth_nothing_and_everything_else_the_same_to_the_very_averse() -> None:
    """y_min = 0 and r >= 1: the limit of docs/model.md."""
    values = expected_utilities(
        judgment(options=[option((0.0, 0.5), (4.0, 0.5)), option((1.0, 1.0))]), [1.0, 3.0]
    )
    assert values.tolist() == [[0.5, 0.5], [1.0, 1.0]]


def test_utility_needs_one_wealth_and_an_advantage_a_choice() -> None:
    """An interval that is a point will do."""
    options = record()["options"]
    assert expected_utilities(parse_record(Case, {"wealth": [1, 1], "options": options}), 0.0).shape == (2, 1)
    with pytest.raises(ValueError, match="one wealth"):
        expected_utilities(parse_record(Case, {"wealth": [1, 2], "options": options}), 0.0)
