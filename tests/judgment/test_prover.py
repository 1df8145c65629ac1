"""The prover keeps its time, explains itself, and may be shared."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from itertools import chain, count, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.judgment import (
    Case,
    Proposal,
    Prover,
    RuleResult,
    Rules,
    numeric_results,
    parse_record,
)
from judgment.lotteries import option, proposals, record, rules_hold

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILTIN = Rules.builtin()
HERE = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]),
}


def rule(holds: str, extends: str = "") -> Rules:
    """One rule of one's own."""
    return Rules.parse(f'{extends}\n[[rule]]\nname = "own"\nholds = "{holds}"', name="own.toml")


def many_outcomes() -> Case:
    """8 options of 16 outcomes, wealth open: as large as a case can be."""
    draw = random.Random(1).uniform
    made = [option(*((round(draw(0, 100), 2), 0.0625) for _ in range(16))) for _ in range(8)]
    return parse_record(Case, {"wealth": [0.0, 1000.0], "options": made})


def polynomials(degree: int) -> str:
    """A sum of one polynomial of this degree for each outcome of o."""
    return f"sum({' * '.join(['(wealth - x.payoff)'] * degree)} for x in o.outcomes)"


# Where are eight sums of 16 polynomials of degree 39 zero? Z3 looks for more than 8 s.
HARD = f"forall o in options: abs({polynomials(39)}) > 0"
# Written out, millions of comparisons.
LONG = (
    "forall a in options: forall x in a.outcomes: forall b in options: forall y in b.outcomes: "
    "forall c in options: forall z in c.outcomes: x.payoff + y.payoff + z.payoff + wealth >= 0"
)


@pytest.mark.parametrize("holds", [HARD, LONG], ids=["hard", "long"])
@pytest.mark.parametrize("timeout", [0.03, 0.1, 0.5])
def test_what_cannot_be_decided_in_time_is_unknown_in_time(holds: str, timeout: float) -> None:
    """The limit holds for the whole call, whether writing the rule out or solving it takes long.

    In time that this thread was at work: what a busy machine keeps from it is none of the prover's.
    """
    prover = Prover(rule(holds, 'extends = "builtin"'), timeout=timeout)
    prover.verify(parse_record(Proposal, record()).case, 0)
    start, worked = time.monotonic(), time.thread_time()
    verification = prover.verify(many_outcomes(), 0)
    worked = time.thread_time() - worked
    assert worked < timeout + 0.15
    assert time.monotonic() - start < timeout + 0.15 + 10 * worked + 1.0  # nor does it sleep beyond the limit
    assert verification.results[-1].verdict == "unknown"
    assert verification.results[-1].detail


def test_time_that_is_up_before_the_start_leaves_everything_unknown() -> None:
    """By a clock that leaps a second at each look."""
    seconds = iter(range(1000))
    prover = Prover(BUILTIN, timeout=0.5, clock=lambda: float(next(seconds)))
    verification = prover.verify(parse_record(Proposal, record(stake=1, budget=2)).case, 0)
    assert verification.verdict == "unknown"
    assert {result.verdict for result in verification.results} == {"unknown"}


def test_time_may_run_out_at_any_moment() -> None:
    """Whichever look at the clock finds the limit passed: rules are decided before it and unknown after it."""
    case = parse_record(Proposal, record(stake=2, budget=1)).case
    seen = set()
    for looks in range(120):
        times = chain(repeat(0.0, looks), repeat(9.0))
        prover = Prover(BUILTIN, timeout=5.0, clock=partial(next, times))
        verdicts = [result.verdict for result in prover.verify(case, 0).results]
        decided = [verdict for verdict in verdicts if verdict != "unknown"]
        assert decided == ["proved", "proved", "refuted", "proved"][: len(decided)]
        assert verdicts == decided + ["unknown"] * (4 - len(decided))
        seen.add(len(decided))
    assert seen == {0, 1, 2, 3, 4}


def test_time_that_is_up_just_before_solving_leaves_none_to_z3() -> None:
    """The look at the clock that sets Z3's own limit finds the limit passed."""
    looks = count()
    Prover(rule(HARD), timeout=0.02, clock=lambda: 0.0 * next(looks)).verify(many_outcomes(), 0)
    last_but_one = next(looks) - 2
    times = chain(repeat(0.0, last_but_one), repeat(9.0))
    worked = time.thread_time()
    assert (
        Prover(rule(HARD), timeout=5.0, clock=partial(next, times)).verify(many_outcomes(), 0).verdict
        == "unknown"
    )
    assert time.thread_time() - worked < 2


def test_polynomials_are_decided_by_what_is_made_for_them() -> None:
    """128 of degree 9: Z3's general solver takes longer than this limit."""
    prover = Prover(rule(f"forall o in options: abs({polynomials(9)}) * wealth > 1"), timeout=2.0)
    assert prover.verify(many_outcomes(), 0).verdict == "refuted"


def test_a_z3_that_fails_leaves_a_rule_unknown() -> None:
    """In a process that allows Z3 almost no memory; what it failed in is not used again. The clock stands still."""
    script = (
        "import z3; from judgment.test_prover import *; case = many_outcomes();"
        "prover = Prover(rule(HARD), clock=lambda: 0.0);"
        "prover.verify(case, 0); z3.set_param('memory_max_size', 1); first = prover.verify(case, 0);"
        "z3.set_param('memory_max_size', 0); print(len(prover._idle), first.verdict, first.results[0].detail);"
        "print(prover.verify(case, 0).results[0].detail)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=HERE
    )
    failed, later = ended.stdout.splitlines()
    assert failed.startswith("0 unknown Z3 failed: "), ended.stderr
    assert later == "Z3 gave up: timeout"


def test_a_call_that_ran_out_of_time_spoils_no_later_one() -> None:
    """The same prover goes on to prove and refute. A tenth of a second is left to the first, all ten to the next."""
    times: list[Iterator[float]] = [repeat(0.0)]
    prover = Prover(rule(HARD, 'extends = "builtin"'), timeout=10.0, clock=lambda: next(times[0]))
    case = parse_record(Proposal, record(wealth=100.0)).case
    for _ in range(2):
        times[0] = chain([0.0], repeat(9.9))
        assert prover.verify(many_outcomes(), 0).results[-1].verdict == "unknown"
        times[0] = repeat(0.0)
        verdicts = {r.rule: r.verdict for r in prover.verify(case, 0).results}
        assert verdicts == {**dict.fromkeys(numeric_results(case, 0), "proved"), "own": "proved"}


def test_refuted_outweighs_unknown_and_unknown_outweighs_proved() -> None:
    """Over all rules of a call."""
    undefined = "1 / (1 - total(chosen)) > 0"
    case = parse_record(Proposal, record()).case
    prover = Prover(rule(undefined, 'extends = "builtin"'), timeout=20.0)
    assert prover.verify(case, 0).verdict == "unknown"
    broken = parse_record(Proposal, record(stake=2, budget=1)).case
    assert prover.verify(broken, 0).verdict == "refuted"


@settings(max_examples=100, deadline=None)
@given(proposals(interval=True))
def test_a_counterexample_is_one(proposal: dict[str, Any]) -> None:
    """The wealth found lies in the interval, and the rule fails there by the text of docs/model.md."""
    results = (
        Prover(BUILTIN, timeout=20.0)
        .verify(parse_record(Proposal, proposal).case, proposal["chosen"])
        .results
    )
    for result in results:
        assert (result.counterexample is not None) == (result.verdict == "refuted")
        if result.counterexample:
            wealth = Fraction(result.counterexample.exact)
            assert proposal["wealth"][0] <= float(wealth) <= proposal["wealth"][1]
            assert not rules_hold(proposal, wealth)[result.rule]
            assert result.counterexample.wealth == float(wealth)
            assert result.counterexample.because


@pytest.mark.parametrize(
    ("holds", "because"),
    [
        ("wealth < 5", "with wealth 7.5, 7.5 < 5 does not hold"),
        ("not wealth > 5", "with wealth 7.5, 7.5 > 5"),
        ("wealth > 5 implies wealth > 9", "with wealth 7.5, 7.5 > 5, 7.5 > 9 does not hold"),
        ("wealth < 5 or wealth < 6", "with wealth 7.5, 7.5 < 5 does not hold, 7.5 < 6 does not hold"),
        ("wealth > 5 and wealth < 6", "with wealth 7.5, 7.5 < 6 does not hold"),
        (
            "forall o in options: exists x in o.outcomes: x.payoff < 1",
            "with wealth 7.5, o is option 0",
        ),
        (
            "not exists o in others: exists x in o.outcomes: x.payoff < wealth - 7",
            "with wealth 7.5, o is option 1, x is the outcome that pays 0.1, 0.1 < 0.5",
        ),
        ("forall y in payoffs(chosen): y != 2", "with wealth 7.5, y is 2, 2 != 2 does not hold"),
        ("not feasible(chosen)", "with wealth 7.5, option 0 is feasible"),
        ("cdf(chosen, 1.6) > 1", "with wealth 7.5, 0.9 > 1 does not hold"),
        ("total(chosen) - mean(chosen) = wealth", "with wealth 7.5, -0.64 = 7.5 does not hold"),
    ],
)
def test_a_refutation_says_which_values_make_it_one(holds: str, because: str) -> None:
    """In the order of the rule, from the outside in; wealth is named where it was open."""
    open_case = parse_record(Proposal, record(wealth=[7.5, 7.500000001])).case
    [result] = Prover(rule(f"({holds}) or wealth != 7.5"), timeout=20.0).verify(open_case, 0).results
    assert result.detail == f"{because}, 7.5 != 7.5 does not hold"
    known = parse_record(Proposal, record(wealth=7.5)).case
    [result] = Prover(rule(holds), timeout=20.0).verify(known, 0).results
    assert f"with wealth 7.5, {result.detail}" == because


def test_an_infeasible_option_is_called_so() -> None:
    """The other half of `feasible`."""
    case = parse_record(Proposal, record(options=[option((-1.0, 1.0)), option((1.0, 1.0))])).case
    [result] = Prover(rule("feasible(chosen)"), timeout=20.0).verify(case, 0).results
    assert result.detail == "option 0 is not feasible"


def test_an_irrational_counterexample_is_marked_as_near() -> None:
    """Only the square root of 2 breaks this rule."""
    case = parse_record(Proposal, record(wealth=[0.0, 10.0])).case
    [result] = Prover(rule("wealth * wealth != 2"), timeout=20.0).verify(case, 0).results
    found = result.counterexample
    assert found is not None
    assert found.exact.endswith("?")
    assert abs(Fraction(found.exact[:-1]) ** 2 - 2) < Fraction(1, 10**15)
    assert result.detail == "with wealth 1.41421356237"


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("wealth * wealth - 6 * wealth + 9 >= 0", "proved"),
        ("wealth * wealth - 6 * wealth + 9 > 0", "refuted"),
        ("max(wealth, 10 - wealth) >= 5", "proved"),
        ("max(wealth, 10 - wealth) > 5", "refuted"),
        ("abs(wealth - 5) * wealth <= 50", "proved"),
        ("cdf(chosen, wealth - 8) <= 0.9", "refuted"),
        ("cdf(chosen, wealth - 8.5) <= 0.9", "proved"),
        (" * ".join(["wealth"] * 30) + " != 2", "refuted"),
        (f"forall o in options: {polynomials(10)} >= 0", "proved"),
    ],
)
def test_rules_of_ones_own_hold_for_all_wealth_of_an_interval(holds: str, expected: str) -> None:
    """Linear or not: 0 to 10, and an option that pays 1.6 or 2."""
    case = parse_record(Proposal, record(wealth=[0.0, 10.0])).case
    assert Prover(rule(holds), timeout=20.0).verify(case, 0).verdict == expected


@settings(max_examples=3, deadline=None)
@given(st.lists(proposals(), min_size=20, max_size=20))
def test_threads_that_share_a_prover_get_the_answers_one_gets_alone(many: list[dict[str, Any]]) -> None:
    """Eight threads, some of them calling on the same case."""
    prover = Prover(BUILTIN, timeout=20.0)
    questions = [(parse_record(Proposal, one).case, one["chosen"]) for one in many] * 4

    def answer(question: tuple[Case, int]) -> tuple[RuleResult, ...]:
        return prover.verify(*question).results

    alone = [answer(question) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(answer, questions)) == alone


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_a_time_limit_is_positive(timeout: float) -> None:
    """Anything else is a mistake of the caller's."""
    with pytest.raises(ValueError, match="timeout in seconds > 0"):
        Prover(BUILTIN, timeout=timeout)
