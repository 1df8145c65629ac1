"""Between which risk aversions do a person's own answers put them?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import answered, holt_laury_case, safe_times

from bayesian_verifier import MetaJudgmentController
from bayesian_verifier.judgment import Judgment, parse_judgments
from bayesian_verifier.judgment_layer._bracket import Bracket, bracket
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.judgment_layer._curves import Turns, curve_of, told_by
from reference import model

if TYPE_CHECKING:
    from collections.abc import Sequence

# Rows 1 to 9 of Holt & Laury (2002): the risk aversion that is indifferent.
INDIFFERENT = (-1.713, -0.947, -0.487, -0.143, 0.146, 0.411, 0.676, 0.971, 1.368)


def turns_of(judgment: Judgment) -> Turns:
    curve = curve_of(judgment)
    assert curve is not None
    return curve.turns


def found_in(judgments: Sequence[Judgment]) -> Bracket | None:
    return bracket(told_by(judgments))


@pytest.mark.parametrize("row", range(1, 10))
def test_rows_of_the_list_turn_where_the_paper_says(row: int) -> None:
    """The safe option is the better one above, the risky one below."""
    safe = answered(row, 0)
    for chosen, best_below in ((0, False), (1, True)):
        turns = turns_of(safe.model_copy(update={"chosen": chosen}))
        assert turns.points == pytest.approx([INDIFFERENT[row - 1]], abs=6e-4)
        assert turns.best_below is best_below


@pytest.mark.parametrize("count", range(1, 11))
def test_a_list_is_bracketed_by_its_rows(count: int) -> None:
    """Safe `count` times, then risky: between the rows on either side of the switch."""
    found = found_in(safe_times(count))
    assert found is not None
    edges = (-math.inf, *INDIFFERENT, math.inf)
    # everybody takes the risky option in row 10, where it is better at every r
    expected = (edges[count], edges[count + 1]) if count < 10 else (edges[9], edges[10])
    assert (found.low, found.high) == pytest.approx(expected, abs=6e-4)
    assert (found.answers, found.contradicted) == (9, 0)


def test_somebody_who_never_plays_safe_is_bracketed_from_above() -> None:
    """Risky in every row: below the first row's indifference point."""
    found = found_in(safe_times(0))
    assert found is not None
    assert (found.low, found.high) == (-math.inf, pytest.approx(INDIFFERENT[0], abs=6e-4))


@settings(deadline=None)
@given(answers=st.lists(st.tuples(st.integers(1, 10), st.integers(0, 1), st.booleans()), max_size=12))
def test_rejecting_one_option_says_what_approving_the_other_says(
    answers: list[tuple[int, int, bool]],
) -> None:
    """Of two options; and the order of the answers does not matter."""
    said = [answered(row, chosen, "approve" if yes else "reject") for row, chosen, yes in answers]
    turned = [answered(row, 1 - chosen, "reject" if yes else "approve") for row, chosen, yes in answers]
    assert found_in(said) == found_in(turned) == found_in(said[::-1])


@settings(deadline=None)
@given(answers=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12))
def test_the_bracket_is_where_the_fewest_answers_are_contradicted(answers: list[tuple[int, bool]]) -> None:
    """Counted on a fine grid of r from the table of indifference points alone."""
    found = found_in([answered(row, 0 if safe else 1) for row, safe in answers])
    assert found is not None
    grid = np.linspace(-3.0, 3.0, 2401) + 1e-5
    wrong = np.array([sum((r > INDIFFERENT[row - 1]) != safe for row, safe in answers) for r in grid])
    best = grid[wrong == wrong.min()]
    assert found.contradicted == wrong.min()
    assert found.answers == len(answers)
    assert max(found.low, -3.0) == pytest.approx(best.min(), abs=4e-3)
    assert min(found.high, 3.0) == pytest.approx(best.max(), abs=4e-3)


def test_currency_does_not_matter() -> None:
    """Cents or pounds."""
    for row in range(1, 10):
        case = holt_laury_case(row)
        for option in case["options"]:
            for outcome in option["outcomes"]:
                outcome["payoff"] *= 100
        (scaled,) = parse_judgments([case | {"chosen": 0, "feedback": "approve"}])
        assert turns_of(scaled).points == pytest.approx(turns_of(answered(row, 0)).points, abs=1e-5)


def test_answers_that_say_nothing_are_not_counted() -> None:
    """No answer, a refuted proposal, an option that is the best at every r, options alike, too little at stake."""
    base = holt_laury_case(5)
    dominated: dict[str, Any] = {
        "options": [
            {"outcomes": [{"payoff": 1.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 2.0, "probability": 1.0}]},
        ]
    }
    # the gamble is the better one below r of about 0.3, by less than 0.003 of the scale anywhere
    alike = {
        "wealth": 100.0,
        "options": [
            {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 100.0, "probability": 0.5}]},
            {"outcomes": [{"payoff": 0.05, "probability": 0.5}, {"payoff": 99.94, "probability": 0.5}]},
        ],
    }
    nothing = parse_judgments(
        [
            base | {"chosen": 0},
            base | {"chosen": 0, "feedback": "approve", "verdict": "refuted"},
            dominated | {"chosen": 0, "feedback": "approve"},
            dominated | {"chosen": 1, "feedback": "approve"},
            {"options": [base["options"][0]] * 2, "chosen": 0, "feedback": "reject"},
            alike | {"chosen": 0, "feedback": "approve"},
        ]
    )
    assert found_in(nothing) is None
    fallback = MetaJudgmentController().assess("ada", nothing, 0.0)
    assert (fallback.basis, fallback.belief) == ("cautious_prior", CAUTIOUS)


def test_three_options_bracket_from_both_sides() -> None:
    """The middle one of three is the best on an interval of r; approving it says so."""

    def option(low: float, high: float) -> dict[str, Any]:
        return {"outcomes": [{"payoff": low, "probability": 0.5}, {"payoff": high, "probability": 0.5}]}

    case = {"options": [option(10, 10), option(6, 15.5), option(1, 24)], "chosen": 1, "feedback": "approve"}
    found = found_in(parse_judgments([case]))
    assert found is not None
    grid = np.linspace(-4, 6, 4001)
    best = grid[model.advantage(case, grid) >= 0]
    assert (found.low, found.high) == pytest.approx((best[0], best[-1]), abs=5e-3)
