"""Each rule of docs/model.md's table is kept, and what breaks one is named by pointer and rule."""

from __future__ import annotations

import json
import math
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.judgment import Case, Judgment, Proposal, parse_judgments, parse_record
from judgment.lotteries import option, record

SURE = option((1.0, 1.0))
HUGE = 10**400


def violations_of(raw: object) -> tuple[Violation, ...]:
    """What is wrong with one judgment among sound ones; all of it can be sent as JSON."""
    with pytest.raises(InvalidEvidenceError) as caught:
        parse_judgments([record(), raw])
    violations = caught.value.violations
    assert json.dumps(violations, ensure_ascii=False).encode("utf-8")
    return violations


BROKEN = [
    ("/1", "type", 5),
    ("/1", "type", None),
    ("/1", "type", [record()]),
    ("/1/options", "missing", {"chosen": 0}),
    ("/1/chosen", "missing", {"options": [SURE, SURE]}),
    ("/1/weather", "extra_field", record(weather="fine")),
    ("/1/a~1b~0c", "extra_field", record(**{"a/b~c": 1})),
    ("/1/\\ud800", "extra_field", record(**{"\ud800": 1})),
    ("/1/interval", "extra_field", record(interval=1)),
    ("/1/times_tried", "times_tried_count", record(times_tried=[1])),
    ("/1/times_tried", "times_tried_count", record(times_tried=[1] * 9)),
    ("/1/times_tried", "type", record(times_tried=3)),
    ("/1/times_tried/1", "count_range", record(times_tried=[1, -1])),
    ("/1/times_tried/0", "count_range", record(times_tried=[10**10, 1])),
    ("/1/times_tried/0", "type", record(times_tried=["2", 1])),
    ("/1/times_tried/0", "type", record(times_tried=[True, 1])),
    ("/1/wealth", "type", record(wealth="0")),
    ("/1/wealth", "type", record(wealth=True)),
    ("/1/wealth", "type", record(wealth=None)),
    ("/1/wealth", "type", record(wealth=[0.0, 1.0])),
    ("/1/wealth", "not_finite", record(wealth=math.nan)),
    ("/1/wealth", "not_finite", record(wealth=math.inf)),
    ("/1/wealth", "wealth_range", record(wealth=-0.01)),
    ("/1/wealth", "wealth_range", record(wealth=1.1e15)),
    ("/1/wealth", "wealth_range", record(wealth=HUGE)),
    ("/1/options", "type", record(options={})),
    ("/1/options", "type", record(options="ab")),
    ("/1/options", "option_count", record(options=[SURE])),
    ("/1/options", "option_count", record(options=[SURE] * 9)),
    ("/1/options", "option_count", record(options=[SURE] * 10_000)),
    ("/1/options/1", "type", record(options=[SURE, [1.0]])),
    ("/1/options/1/outcomes", "missing", record(options=[SURE, {}])),
    ("/1/options/1/name", "extra_field", record(options=[SURE, {**SURE, "name": "b"}])),
    ("/1/options/1/outcomes", "type", record(options=[SURE, {"outcomes": None}])),
    ("/1/options/1/outcomes", "outcome_count", record(options=[SURE, option()])),
    ("/1/options/1/outcomes", "outcome_count", record(options=[SURE, option(*[(1.0, 0.0625)] * 17)])),
    ("/1/options/1/outcomes/0", "type", record(options=[SURE, {"outcomes": [1.0]}])),
    ("/1/options/0/outcomes/0/payoff", "type", record(options=[option(("1", 1.0)), SURE])),
    ("/1/options/0/outcomes/0/payoff", "payoff_range", record(options=[option((1.1e15, 1.0)), SURE])),
    ("/1/options/0/outcomes/0/payoff", "payoff_range", record(options=[option((-HUGE, 1.0)), SURE])),
    ("/1/options/0/outcomes/0/payoff", "not_finite", record(options=[option((-math.inf, 1.0)), SURE])),
    ("/1/options/0/outcomes/1/probability", "type", record(options=[option((1, 1.0), (1, False)), SURE])),
    (
        "/1/options/0/outcomes/1/probability",
        "probability_range",
        record(options=[option((1, 1), (1, -1)), SURE]),
    ),
    ("/1/options/0/outcomes/0/probability", "probability_range", record(options=[option((1, 1.5)), SURE])),
    ("/1/options/0/outcomes/0/probability", "probability_range", record(options=[option((1, HUGE)), SURE])),
    ("/1/options/0/outcomes/0/probability", "missing", record(options=[{"outcomes": [{"payoff": 1}]}, SURE])),
    ("/1/options/1", "probability_sum", record(options=[SURE, option((1.0, 0.5), (2.0, 0.499998))])),
    ("/1/options/0", "probability_sum", record(options=[option((1.0, 0.0)), SURE])),
    ("/1/chosen", "chosen_range", record(chosen=2)),
    ("/1/chosen", "chosen_range", record(chosen=-1)),
    ("/1/chosen", "chosen_range", record(chosen=HUGE)),
    ("/1/chosen", "type", record(chosen=0.0)),
    ("/1/chosen", "type", record(chosen="0")),
    ("/1/chosen", "type", record(chosen=False)),
    ("/1/chosen", "type", record(chosen=None)),
    ("/1/feedback", "feedback_value", record(feedback="yes")),
    ("/1/feedback", "feedback_value", record(feedback="\ud800")),
    ("/1/feedback", "type", record(feedback=True)),
    ("/1/reward", "reward_range", record(reward=3.01)),
    ("/1/reward", "reward_range", record(reward=-HUGE)),
    ("/1/reward", "type", record(reward="0.2")),
    ("/1/reward", "not_finite", record(reward=math.nan)),
    ("/1/verdict", "verdict_value", record(verdict="maybe")),
    ("/1/verdict", "type", record(verdict=1)),
    ("/1/id", "type", record(id=7)),
    ("/1/id", "text", record(id="\udfff")),
    ("/1/subject", "text", record(subject="a\ud83d")),
    ("/1/ts", "type", record(ts=1.0)),
    ("/1/stake", "type", record(stake="1")),
    ("/1/stake", "stake_range", record(stake=HUGE)),
    ("/1/budget", "budget_range", record(budget=-1.1e15)),
    ("/1/budget", "not_finite", record(budget=math.nan)),
]


@pytest.mark.parametrize(("pointer", "rule", "raw"), BROKEN)
def test_what_breaks_one_rule_is_named_by_its_pointer_and_rule(pointer: str, rule: str, raw: object) -> None:
    """Exactly one violation each, at the value itself, counted from the list's own pointer."""
    assert [(v.pointer, v.rule) for v in violations_of(raw)] == [(f"/judgments{pointer}", rule)]


def test_the_pointer_starts_where_the_list_stands() -> None:
    """A list elsewhere in a document is pointed to there."""
    with pytest.raises(InvalidEvidenceError, match=r"^/bodies/3/judgments/0/chosen: .* \[missing\]$"):
        parse_judgments([{"options": [SURE, SURE]}], pointer="/bodies/3/judgments")


@pytest.mark.parametrize("raw", [None, 5, "abc", {"options": []}, b"[]"])
def test_what_is_no_list_is_no_evidence(raw: object) -> None:
    """A text is a sequence too, but no list of judgments."""
    with pytest.raises(InvalidEvidenceError, match=r"^/judgments: expected a list of judgments"):
        parse_judgments(raw)


@pytest.mark.parametrize("reward", [3.5, 250, -HUGE])
def test_a_reward_that_looks_like_money_gets_the_hint(reward: float) -> None:
    """The reader is told which scale a reward is on."""
    [violation] = violations_of(record(reward=reward))
    assert "scale of the advantage, never money" in violation.detail


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Violations of several judgments come in order, each once."""
    with pytest.raises(InvalidEvidenceError) as caught:
        parse_judgments(
            [record(chosen="x", wealth=-1), record(), record(options=[option((1, 0.5)), option((1, 0.6))])]
        )
    found = [(v.pointer, v.rule) for v in caught.value.violations]
    assert found == [
        ("/judgments/0/wealth", "wealth_range"),
        ("/judgments/0/chosen", "type"),
        ("/judgments/2/options/0", "probability_sum"),
        ("/judgments/2/options/1", "probability_sum"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        [record(chosen=None)] * 100,
        [record(**{f"field{n}": 0 for n in range(100_000)})],
        [record(options=[{"outcomes": [{str(n): 0 for n in range(50)}] * 16}] * 8)],
    ],
)
def test_at_most_32_violations_are_kept(raw: list[object]) -> None:
    """However many there are."""
    with pytest.raises(InvalidEvidenceError) as caught:
        parse_judgments(raw)
    assert len(caught.value.violations) == 32


@pytest.mark.parametrize(
    "raw",
    [
        record(feedback="x" * 10**6),
        record(**{"y" * 10**6: 1}),
        record(chosen=10**5000),
        record(reward=-(10**5000)),
        record(wealth=[0] * 10**6),
        record(options=["z" * 10**6] * 10**5),
    ],
)
def test_no_message_repeats_what_is_huge(raw: object) -> None:
    """A problem document stays short, and an integer that Python refuses to print is described."""
    assert all(len(v.pointer) + len(v.detail) < 300 for v in violations_of(raw))


def attempt(raw: object) -> list[Judgment] | InvalidEvidenceError:
    """What comes of reading a list of judgments; any other error is a failure."""
    try:
        return parse_judgments(raw)
    except InvalidEvidenceError as error:
        return error


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from([HUGE, -HUGE]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(Judgment.model_fields)), JSON)
def test_any_value_anywhere_is_a_judgment_or_a_violation(field: str, value: object) -> None:
    """Whatever JSON a field holds: no other error, and whatever is accepted is JSON again."""
    outcome = attempt([record(**{field: value})])
    if isinstance(outcome, InvalidEvidenceError):
        assert all(v.pointer.startswith(f"/judgments/0/{field}") for v in outcome.violations)
        assert json.dumps(outcome.violations, ensure_ascii=False).encode("utf-8")
    else:
        assert parse_record(Judgment, json.loads(outcome[0].model_dump_json())) == outcome[0]


@settings(max_examples=200)
@given(JSON, st.sampled_from(["payoff", "probability"]))
def test_any_value_in_an_outcome_is_a_judgment_or_a_violation(value: object, field: str) -> None:
    """The same, at the bottom of the tree."""
    outcome = attempt(
        [record(options=[{"outcomes": [{"payoff": 1.0, "probability": 1.0, field: value}]}, SURE])]
    )
    if isinstance(outcome, InvalidEvidenceError):
        assert all(v.pointer.startswith("/judgments/0/options/0") for v in outcome.violations)


def test_integers_stand_for_numbers_and_values_stay_as_written() -> None:
    """1 is 1.0; nothing is divided, dropped or merged; -0.0, 1e15 and the ends of each range are in."""
    raw = record(
        wealth=10**15,
        options=[option((1, 0), (1, 1)), option((-(10**15), 0.5000001), (1e15, 0.5))],
        reward=-3,
    )
    [judgment] = parse_judgments([raw])
    written = [[(o.payoff, o.probability) for o in one.outcomes] for one in judgment.options]
    assert written == [[(1.0, 0.0), (1.0, 1.0)], [(-1e15, 0.5000001), (1e15, 0.5)]]
    assert (judgment.wealth, judgment.reward, judgment.chosen) == (1e15, -3.0, 0)


def test_absent_fields_are_their_defaults() -> None:
    """No wealth, and nothing said yet."""
    [judgment] = parse_judgments([{"options": [SURE, SURE], "chosen": 1}])
    assert judgment.model_dump(exclude={"options"}) == {
        "wealth": 0.0,
        "chosen": 1,
        **dict.fromkeys(
            ("feedback", "reward", "verdict", "id", "subject", "ts", "stake", "budget", "times_tried")
        ),
    }


def test_a_judgment_passes_through_unchanged() -> None:
    """What is a Judgment already is not read again."""
    [judgment] = parse_judgments([record(id="é", ts="2026-11-23T10:00:00Z")])
    assert parse_judgments((judgment,)) == [judgment]


@settings(max_examples=300)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=15), st.integers(-25, 25), st.integers(6, 17))
def test_sums_are_decided_on_the_decimals_as_written(parts: list[int], off: int, digits: int) -> None:
    """Shares whose decimals sum to 1 ± 1e-6, plus or minus a few units of the last digit."""
    unit = Fraction(1, 10**digits)
    shares = [Fraction(part, 10**7 * 16) // unit * unit for part in parts]
    shares.append(1 + Fraction(1, 10**6) + off * unit - sum(shares))
    doubles = [float(share) for share in shares]
    if not all(0 <= share <= 1 for share in doubles):
        return
    total = sum(Decimal(repr(share)) for share in doubles)
    raw = record(options=[SURE, option(*((1.0, share) for share in doubles))])
    if abs(Fraction(total) - 1) <= Fraction(1, 10**6):
        parse_judgments([raw])
    else:
        assert [v.rule for v in violations_of(raw)] == ["probability_sum"]


@pytest.mark.parametrize(
    ("shares", "sums"),
    [
        ((0.5, 0.500001), True),
        ((0.5, 0.500001, 1e-20), False),
        ((0.5, 0.499999), True),
        ((0.5, 0.499998, 0.000001), True),
        ((0.5, 0.499998, 0.00000099999999999999), False),
    ],
)
def test_a_sum_at_the_very_edge_is_decided_exactly(shares: tuple[float, ...], sums: bool) -> None:
    """A millionth too much or too little is in, the least bit more is out."""
    outcome = attempt([record(options=[SURE, option(*((1.0, share) for share in shares))])])
    assert isinstance(outcome, list) == sums


@pytest.mark.parametrize(
    ("wealth", "pointer", "rule"),
    [
        ([1.0], "/wealth", "wealth_interval"),
        ([1.0, 2.0, 3.0], "/wealth", "wealth_interval"),
        ([2.0, 1.0], "/wealth", "wealth_interval"),
        ([0.0, "1"], "/wealth/1", "type"),
        ([-1.0, 1.0], "/wealth/0", "wealth_range"),
        ([0.0, math.nan], "/wealth/1", "not_finite"),
        ("1", "/wealth", "type"),
        (-1.0, "/wealth", "wealth_range"),
    ],
)
@pytest.mark.parametrize("kind", [Case, Proposal])
def test_an_interval_of_wealth_has_two_ends_in_order(
    kind: type[Case], wealth: object, pointer: str, rule: str
) -> None:
    """Raw forms take a number or [lo, hi]."""
    with pytest.raises(InvalidEvidenceError) as caught:
        parse_record(kind, {"wealth": wealth, "options": [SURE, SURE]}, pointer="/7")
    assert [(v.pointer, v.rule) for v in caught.value.violations] == [(f"/7{pointer}", rule)]


def test_a_raw_case_takes_an_interval_and_any_sum() -> None:
    """What a rule is to say about, no type refuses."""
    case = parse_record(Case, {"wealth": [1, 2], "options": [option((1, 0.2)), SURE], "stake": 1})
    assert (case.wealth_range, case.stake, case.budget) == ((1.0, 2.0), 1.0, None)
    assert parse_record(Proposal, {"options": [SURE, option((1, 0))]}).chosen is None


def test_a_judgment_says_which_case_it_was_about() -> None:
    """Wealth, options, stake and budget."""
    [judgment] = parse_judgments([record(wealth=3.0, stake=1.0, budget=2.0)])
    assert judgment.case == Case(wealth=3.0, options=judgment.options, stake=1.0, budget=2.0)


def test_reading_judgments_does_not_load_z3() -> None:
    """A service that only reads and evaluates starts without the prover."""
    import subprocess

    script = "import sys, bayesian_verifier.judgment as j; j.numeric_verdict; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
