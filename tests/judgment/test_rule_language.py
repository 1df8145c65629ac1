"""A rule means what its text says: to Z3 as to plain Python, and its errors say where they are."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.judgment import Case, Prover, Rules, parse_record
from judgment.lotteries import option

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Wealth 7; the chosen option (index 1) pays 1 or 4, the others 2 for sure and -8, 0 or 3.
CASE = parse_record(
    Case,
    {
        "wealth": 7.0,
        "options": [
            option((2.0, 1.0)),
            option((1.0, 0.25), (4.0, 0.5), (1.0, 0.25), (99.0, 0.0)),
            option((3.0, 0.5), (-8.0, 0.25), (0.0, 0.25)),
        ],
        "stake": 0.1,
    },
)


def rules(holds: str, requires: str = "") -> Rules:
    """One rule with this text, and two constants."""
    lines = ["[constants]", "tenth = 0.1", "three = 3", "[[rule]]", 'name = "it"', f"requires = [{requires}]"]
    return Rules.parse("\n".join([*lines, f"holds = '''{holds}'''"]), name="my.toml")


def verdict(holds: str, requires: str = "", case: Case = CASE) -> str:
    """What Z3 says of one rule."""
    return Prover(rules(holds, requires), timeout=20.0).verify(case, 1).verdict


@pytest.mark.parametrize(
    "holds",
    [
        "wealth = 7",
        "wealth - 2 - 3 = 2",
        "2 + 3 * 4 = 14",
        "12 / 4 / 3 = 1",
        "-2 * -3 = 6",
        "--1 = 1",
        "0.1 + 0.2 = 0.3",
        "3 * tenth = 0.3",
        "1e-3 = 0.001",
        "1.5E+2 = 150",
        "0 <= 1 < 2 = 2 != 3 > 1 >= 1",
        "not 1 < 1",
        "not 1 = 2 and 1 = 1",
        "1 = 1 or 1 = 2 and 1 = 2",
        "1 = 2 implies 1 = 2 implies 1 = 2",
        "not (1 = 1 implies 1 = 2)",
        "(forall x in chosen.outcomes: x.payoff > 0) and wealth > 0",
        "wealth > 8 or forall x in chosen.outcomes: x.payoff > 0 and wealth > 0",
        "exists o in others: exists x in o.outcomes: wealth + x.payoff < 0",
        "sum(1 for o in options) = 3 and sum(1 for o in others) = 2",
        "sum(1 for x in chosen.outcomes) = 2",
        "sum(x.probability * x.payoff for x in chosen.outcomes) = 2.5",
        "sum(sum(x.probability for x in o.outcomes) for o in options) = 3",
        "sum(y for y in payoffs(chosen)) = 5",
        "sum(1 for y in payoffs(chosen, chosen)) = 2",
        "forall o in options: total(o) = 1",
        "mean(chosen) = 2.5",
        "cdf(chosen, 0) = 0 and cdf(chosen, 1) = 0.5 and cdf(chosen, 3.9) = 0.5 and cdf(chosen, 4) = 1",
        "cdf(chosen, wealth - 6) = 0.5 and cdf(chosen, wealth - 6.01) = 0",
        "feasible(chosen) and not forall o in others: feasible(o)",
        "abs(-3) = 3 and abs(wealth - 8) = 1 and abs(0) = 0",
        "min(wealth, 3, 4) = 3 and max(1, wealth, 2) = 7 and max(2) = 2",
        "min(mean(chosen), min(9, wealth)) = 2.5",
        "\n  wealth\n  =\n  7\n",
    ],
)
def test_a_true_rule_is_proved_and_its_negation_refuted(holds: str) -> None:
    """Every construct of the language, each with an answer worked out by hand."""
    assert verdict(holds) == "proved"
    assert verdict(f"not ({holds})") == "refuted"


def test_amounts_are_the_decimals_written() -> None:
    """A stake of 0.1 is one tenth."""
    assert verdict("stake * 3 = 0.3", '"stake"') == "proved"


def test_a_rule_about_an_amount_the_case_lacks_holds() -> None:
    """There is no budget here."""
    assert verdict("budget > 1e9", '"budget"') == "proved"
    assert verdict("budget > stake", '"stake", "budget"') == "proved"


@pytest.mark.parametrize("holds", ["wealth / (stake - 0.1) > 0", "1 / (total(chosen) - 1) = 1"])
def test_a_rule_that_divides_by_zero_is_unknown(holds: str) -> None:
    """It has no value, and says so."""
    [result] = Prover(rules(holds, '"stake"'), timeout=20.0).verify(CASE, 1).results
    assert result.verdict == "unknown"
    assert "divides by 0" in result.detail


def test_the_mean_of_nothing_is_unknown() -> None:
    """A raw case may hold an option whose probabilities are all 0."""
    case = parse_record(Case, {"options": [option((1.0, 1.0)), option((1.0, 0.0))]})
    assert verdict("mean(chosen) >= 0", case=case) == "unknown"


class Written(NamedTuple):
    """A piece of a rule and what it means, computed in Python."""

    text: str
    value: Fraction | bool


LEAVES = st.one_of(
    st.integers(0, 9).map(lambda n: Written(str(n), Fraction(n))),
    st.integers(0, 99).map(lambda n: Written(f"{n / 10}", Fraction(n, 10))),
    st.just(Written("wealth", Fraction(7))),
    st.just(Written("stake", Fraction(1, 10))),
    st.just(Written("three", Fraction(3))),
    st.integers(-9, 9).map(lambda n: Written(f"cdf(chosen, {n})", Fraction((n >= 1) + (n >= 4), 2))),
)
ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
COMPARED: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
LOGIC: dict[str, Callable[[bool, bool], bool]] = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "implies": lambda a, b: b or not a,
}


def joined(
    table: dict[str, Callable[..., Fraction | bool]], inner: st.SearchStrategy[Written]
) -> st.SearchStrategy[Written]:
    """Two pieces in brackets with a sign between them."""
    return st.builds(
        lambda sign, a, b: Written(f"({a.text} {sign} {b.text})", table[sign](a.value, b.value)),
        st.sampled_from(sorted(table)),
        inner,
        inner,
    )


NUMBERS = st.recursive(
    LEAVES,
    lambda inner: (
        joined(ARITHMETIC, inner)
        | inner.map(lambda a: Written(f"(-{a.text})", -a.value))
        | inner.map(lambda a: Written(f"abs({a.text})", abs(a.value)))
        | st.builds(lambda a, b: Written(f"min({a.text}, {b.text})", min(a.value, b.value)), inner, inner)
    ),
    max_leaves=6,
)
TRUTHS = st.recursive(
    joined(COMPARED, NUMBERS),
    lambda inner: joined(LOGIC, inner) | inner.map(lambda a: Written(f"(not {a.text})", not a.value)),
    max_leaves=4,
)


@settings(max_examples=250, deadline=None)
@given(TRUTHS)
def test_z3_and_python_agree_on_what_a_rule_means(written: Written) -> None:
    """Random rules, worked out in rationals while they are written."""
    assert verdict(written.text, '"stake"') == ("proved" if written.value else "refuted")


@pytest.mark.parametrize(
    ("holds", "place", "message"),
    [
        ("", "column 1", "expected a value, got the end of the rule"),
        ("wealth >=", "column 10", "expected a value, got the end of the rule"),
        ("wealth >= 0)", "column 12", "expected an operator or the end of the rule, got ')'"),
        ("(wealth >= 0", "column 13", "expected ')', got the end of the rule"),
        ("wealth ; 3", "column 8", "expected a name, a number or a sign, got ';'"),
        ("wealth >= '0'", "column 11", "expected a name, a number or a sign"),
        ("wealth == 0", "column 9", "expected a value, got '='"),
        ("wealth >= 0 x", "column 13", "expected an operator or the end of the rule, got 'x'"),
        (
            "welth >= 0",
            "column 1",
            "expected one of chosen, options, others, tenth, three, wealth, got 'welth'",
        ),
        ("stake >= 0", "column 1", 'add requires = ["stake"]'),
        ("wealth", "column 1", "expected a truth (a comparison), got a number"),
        ("wealth + 1", "column 8", "expected a truth (a comparison), got a number"),
        ("wealth and 1 = 1", "column 1", "expected a truth (a comparison), got a number"),
        ("not wealth", "column 5", "expected a truth (a comparison), got a number"),
        ("chosen >= 0", "column 1", "expected a number, got an option"),
        ("-(1 = 1) > 0", "column 5", "expected a number, got a truth"),
        ("chosen.pay > 0", "column 8", "expected a field of an option (outcomes), got 'pay'"),
        (
            "forall x in chosen.outcomes: x.p > 0",
            "column 32",
            "expected a field of an outcome (payoff or probability)",
        ),
        ("wealth.x > 0", "column 8", "expected a field of a number (it has none), got 'x'"),
        ("chosen. > 0", "column 9", "expected a field, got '>'"),
        ("forall in options: 1 = 1", "column 8", "expected a name for the variable, got the word 'in'"),
        ("forall 3 in options: 1 = 1", "column 8", "expected a name for the variable, got '3'"),
        ("forall o of options: 1 = 1", "column 10", "expected 'in', got 'of'"),
        ("forall o in options 1 = 1", "column 21", "expected ':', got '1'"),
        ("forall o in chosen: 1 = 1", "column 13", "got an option"),
        (
            "forall wealth in options: 1 = 1",
            "column 1",
            "expected a variable with a name of its own, got 'wealth'",
        ),
        ("forall cdf in options: 1 = 1", "column 1", "expected a variable with a name of its own, got 'cdf'"),
        ("forall o in options: exists o in options: 1 = 1", "column 22", "with a name of its own, got 'o'"),
        ("(forall o in options: 1 = 1) and feasible(o)", "column 43", "got 'o'"),
        ("sum(1 = 1 for o in options) = 3", "column 7", "expected a number, got a truth"),
        ("sum 1 for o in options = 3", "column 5", "expected '(' after sum, got '1'"),
        ("sum(1) = 3", "column 6", "expected 'for', got ')'"),
        ("pow(wealth, 2) > 1", "column 1", "expected one of the functions abs, cdf"),
        ("cdf(chosen) > 0", "column 1", "expected 2 arguments of cdf, got 1"),
        ("abs(1, 2) > 0", "column 1", "expected 1 arguments of abs, got 2"),
        ("cdf(wealth, 1) > 0", "column 5", "expected an option, got a number"),
        ("abs() > 0", "column 5", "expected a value, got ')'"),
        ("min(1 2) > 0", "column 7", "expected ',' or ')', got '2'"),
        ("1 / wealth > 0", "column 5", "expected a divisor without wealth"),
        ("1 / sum(wealth + x.payoff for x in chosen.outcomes) > 0", "column 5", "without wealth"),
        ("1 = 1 and\n  (wealth > welth)", "line 2, column 13", "got 'welth'"),
        ("(" * 100 + "1" + ")" * 100 + " = 1", "column 51", "expected at most 50 levels of nesting"),
        ("-" * 100 + "1 = 1", "column 51", "expected at most 50 levels of nesting"),
        (" + ".join(["1"] * 500) + " = 1", "column 801", "expected a rule of at most 400 words and signs"),
        ("1" * 41 + " = 1", "column 1", "expected a number of at most 40 characters"),
        ("__import__('os')", "column 12", "expected a name, a number or a sign"),
        ("é = 1", "column 1", r"got '\xe9'"),
    ],
)
def test_an_error_names_file_rule_column_and_what_was_expected(holds: str, place: str, message: str) -> None:
    """Columns count from 1 within the rule's text."""
    with pytest.raises(SettingsError) as caught:
        rules(holds)
    assert str(caught.value).startswith(f"my.toml: rule 'it', {place}: ")
    assert message in str(caught.value)


WORDS = (
    "forall exists in : . ( ) , + - * / <= < = not and or implies sum for 1 0.5 wealth chosen options "
    "others outcomes payoff probability cdf abs min feasible payoffs total x o"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="'\\\r"))


@settings(max_examples=300)
@given(TEXTS | st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join))
def test_any_text_is_a_rule_or_an_error_that_says_where(text: str) -> None:
    """Nothing else ever comes out of reading a rule."""
    try:
        message = f"my.toml: {rules(text)}"
    except SettingsError as error:
        message = str(error)
    assert message.startswith("my.toml: ")


DOCUMENTS = [
    ("x = ", "Invalid value"),
    ("", "expected at least one [[rule]]"),
    ("rules = 1", "expected only constants, extends, rule, got 'rules'"),
    ("rule = 1", "expected rules as [[rule]] tables"),
    ('extends = "mine"', "extends: expected \"builtin\" or nothing, got 'mine'"),
    ("constants = 1", "expected constants as a [constants] table"),
    ("[constants]\nwealth = 1", "constant 'wealth': expected a name that the language does not use"),
    ('[constants]\n"a-b" = 1', "constant 'a-b': expected a name"),
    ('[constants]\na = "1"', "constant 'a': expected a finite number"),
    ("[constants]\na = true", "constant 'a': expected a finite number"),
    ("[constants]\na = nan", "constant 'a': expected a finite number"),
    ("[constants]\na = inf", "constant 'a': expected a finite number"),
    ("[constants]\na = 1e999999999", "constant 'a': expected a finite number"),
    ("[[rule]]\nholds = '1 = 1'", "rule 1: expected a name of lower-case letters, digits, - and _, got None"),
    ("[[rule]]\nname = 'A b'\nholds = '1 = 1'", "got 'A b'"),
    ("[[rule]]\nname = 'a'", "rule 'a': expected `holds` and `says` as texts"),
    (
        "[[rule]]\nname = 'a'\nholds = '1 = 1'\nwhen = 1",
        "expected only holds, name, requires, says, got 'when'",
    ),
    (
        "[[rule]]\nname = 'a'\nholds = '1 = 1'\nrequires = ['wealth']",
        "requires: expected a list of budget or stake",
    ),
    ("[[rule]]\nname = 'a'\nholds = '1 = 1'\n" * 2, "rule 'a': expected a name of its own, it is taken"),
    (
        "extends = 'builtin'\n[[rule]]\nname = 'solvency'\nholds = '1 = 1'",
        "rule 'solvency': expected a name of its own",
    ),
]


@pytest.mark.parametrize(("text", "message"), DOCUMENTS)
def test_a_file_that_is_no_set_of_rules_is_refused(text: str, message: str) -> None:
    """With the name of the file and what was expected."""
    with pytest.raises(SettingsError) as caught:
        Rules.parse(text, name="my.toml")
    assert str(caught.value).startswith("my.toml: ")
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Absent, a directory, or not UTF-8."""
    latin = tmp_path / "latin.toml"
    latin.write_bytes("says = 'é'".encode("latin-1"))
    for path in (tmp_path / "absent.toml", tmp_path, latin):
        with pytest.raises(SettingsError, match=path.name):
            Rules.load(path)


def test_the_built_in_rules_are_the_four_of_the_model() -> None:
    """In the order of docs/model.md, each with a sentence for people, and exact constants."""
    builtin = Rules.builtin()
    assert [rule.name for rule in builtin.rules] == ["probabilities", "solvency", "budget", "dominance"]
    assert all(rule.says for rule in builtin.rules)
    assert builtin.constants["dominance_tolerance"] == Fraction(1, 10**9)
    assert builtin.constants["sum_tolerance"] == Fraction(1, 10**6)


def test_rules_of_ones_own_add_to_the_built_in_ones(tmp_path: Path) -> None:
    """And may set another floor."""
    path = tmp_path / "mine.toml"
    text = 'extends = "builtin"\n[constants]\nfloor = 8.5\n[[rule]]\nname = "rainy-day"\n'
    path.write_text(f'{text}holds = "cdf(chosen, 10 - wealth) <= 0.05"\n', encoding="utf-8")
    results = Prover(Rules.load(path), timeout=20.0).verify(CASE, 1).results
    assert {r.rule: r.verdict for r in results} == {
        "probabilities": "proved",
        "solvency": "refuted",
        "budget": "proved",
        "dominance": "proved",
        "rainy-day": "refuted",
    }
