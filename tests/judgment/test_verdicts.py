"""Z3, the numerical rules and the text of docs/model.md give one verdict."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import (
    Case,
    Judgment,
    Proposal,
    Prover,
    Rules,
    numeric_results,
    numeric_verdict,
    parse_record,
)
from judgment.lotteries import option, proposals, record, rules_hold, written

PROVER = Prover(Rules.builtin(), timeout=20.0)


def proved(proposal: dict[str, Any]) -> dict[str, bool]:
    """Rule -> what Z3 says, which must not be `unknown`."""
    parsed = parse_record(Proposal, proposal)
    results = PROVER.verify(parsed.case, proposal["chosen"]).results
    assert all(result.verdict in ("proved", "refuted") for result in results)
    return {result.rule: result.verdict == "proved" for result in results}


@settings(max_examples=250, deadline=None)
@given(proposals())
def test_z3_and_numbers_say_what_the_text_says_of_any_proposal(proposal: dict[str, Any]) -> None:
    """At a known wealth, rule by rule, with sums and tails at the very edge of the tolerances."""
    expected = rules_hold(proposal, written(proposal["wealth"]))
    assert numeric_results(parse_record(Proposal, proposal), proposal["chosen"]) == expected
    assert proved(proposal) == expected


@settings(max_examples=200, deadline=None)
@given(proposals(interval=True), st.lists(st.fractions(0, 1), max_size=5))
def test_over_an_interval_a_rule_holds_if_it_does_at_every_wealth(
    proposal: dict[str, Any], places: list[Fraction]
) -> None:
    """Against the text at both ends, at each wealth where an option becomes feasible, and in between."""
    low, high = map(written, proposal["wealth"])
    thresholds = [-written(o["payoff"]) for one in proposal["options"] for o in one["outcomes"]]
    wealths = {low, high, *(low + place * (high - low) for place in places)}
    wealths |= {wealth for wealth in thresholds if low <= wealth <= high}
    at_each = [rules_hold(proposal, wealth) for wealth in wealths]
    expected = {rule: all(one[rule] for one in at_each) for rule in at_each[0]}
    assert proved(proposal) == expected
    assert numeric_results(parse_record(Proposal, proposal), proposal["chosen"]) == expected


@settings(max_examples=150, deadline=None)
@given(proposals(sound=True))
def test_a_judgment_is_refuted_if_any_rule_is(proposal: dict[str, Any]) -> None:
    """`numeric_verdict` of a record, against the text."""
    judgment = parse_record(Judgment, proposal)
    held = all(rules_hold(proposal, written(proposal["wealth"])).values())
    assert numeric_verdict(judgment) == ("proved" if held else "refuted")
    assert PROVER.verify(judgment.case, judgment.chosen).verdict == numeric_verdict(judgment)


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("solvency", {"options": [option((-1.0, 1.0)), option((1.0, 0.5), (-2.0, 0.5))]}),
        ("budget", {"stake": 3.0, "budget": 2.9999999999999996}),
        ("dominance", {"chosen": 0, "options": [option((1.0, 1.0)), option((1.0, 0.5), (2.0, 0.5))]}),
    ],
)
def test_one_broken_rule_refutes(rule: str, fields: dict[str, Any]) -> None:
    """Each rule fails on a case made for it, and no other does."""
    judgment = parse_record(Judgment, record(**fields))
    results = numeric_results(judgment, judgment.chosen)
    assert [name for name, holds in results.items() if not holds] == [rule]
    assert numeric_verdict(judgment) == "refuted"


def test_identical_options_do_not_dominate_each_other() -> None:
    """Dominance needs a place where one is better."""
    same = option((1.0, 0.3), (2.0, 0.7))
    assert numeric_verdict(parse_record(Judgment, record(options=[same, same]))) == "proved"


@pytest.mark.parametrize(("billionths", "verdict"), [(1, "proved"), (2, "refuted")])
def test_dominance_takes_more_than_a_billionth(billionths: int, verdict: str) -> None:
    """A tail that is better by exactly 1e-9 does not dominate; by 2e-9 it does."""
    better = option(
        (1.0, float(f"{500_000_000 - billionths}e-9")), (2.0, float(f"{500_000_000 + billionths}e-9"))
    )
    judgment = parse_record(Judgment, record(options=[option((1.0, 0.5), (2.0, 0.5)), better]))
    assert numeric_verdict(judgment) == verdict
    assert PROVER.verify(judgment.case, 0).verdict == verdict


@pytest.mark.parametrize(
    ("low", "middle", "verdict"),
    [
        (0.250000001, 0.249999999, "refuted"),
        (0.2500000010001, 0.2499999989999, "proved"),
        (0.25, 0.499999999, "proved"),
        (0.25, 0.4999999989999, "refuted"),
    ],
)
def test_a_ten_thousandth_of_a_billionth_decides(low: float, middle: float, verdict: str) -> None:
    """Tails just beyond the tolerance, where doubles can no longer be trusted to say on which side."""
    rest = float(1 - Fraction(repr(low)) - Fraction(repr(middle)))
    better = option((0.0, low), (1.0, middle), (2.0, rest))
    judgment = parse_record(Judgment, record(options=[option((0.0, 0.25), (1.0, 0.5), (2.0, 0.25)), better]))
    assert numeric_verdict(judgment) == verdict
    assert PROVER.verify(judgment.case, 0).verdict == verdict


def test_an_option_that_cannot_be_paid_dominates_nothing_until_wealth_allows_it() -> None:
    """A better option with an outcome below zero wealth only counts where wealth covers it."""
    tempting = option((-1.0, 0.5), (9.0, 0.5))
    modest = option((-1.0, 0.6), (9.0, 0.4))
    for wealth, verdict in [
        (0.0, {"solvency"}),
        (1.0, {"dominance"}),
        ([0.0, 1.0], {"solvency", "dominance"}),
    ]:
        proposal = record(wealth=wealth, options=[modest, tempting], stake=None, budget=None)
        assert {rule for rule, holds in proved(proposal).items() if not holds} == verdict


def test_an_option_of_no_probability_at_all_is_refuted_without_a_division_by_zero() -> None:
    """Raw cases may hold it; it neither dominates nor is dominated."""
    nothing = option((5.0, 0.0))
    case = Case.model_validate({"options": [nothing, option((1.0, 1.0))]})
    for chosen in (0, 1):
        results = {r.rule: r.verdict for r in PROVER.verify(case, chosen).results}
        assert results == {r: "refuted" if r == "probabilities" else "proved" for r in results}
        assert numeric_results(case, chosen)["dominance"]


def test_subnormal_probabilities_are_read_as_their_decimals() -> None:
    """13 times the least double is written 6.4e-323, and that itself 5e-324: shares of 64 and 5, not 13 and 1."""
    proposal = {
        "wealth": 0.0,
        "options": [
            option((1.0, 0.928), (2.0, 0.072)),
            option((1.0, 6.4e-323), (2.0, 5e-324)),
        ],
        "chosen": 0,
        "stake": None,
        "budget": None,
    }
    assert numeric_results(parse_record(Proposal, proposal), 0) == rules_hold(proposal, Fraction())


def test_an_option_that_does_not_exist_cannot_be_verified() -> None:
    """Neither by Z3 nor by numbers, nor counted from the end."""
    case = parse_record(Judgment, record()).case
    for chosen in (2, -1):
        with pytest.raises(IndexError, match="one of 2 options"):
            PROVER.verify(case, chosen)
        with pytest.raises(IndexError, match="one of 2 options"):
            numeric_results(case, chosen)
