"""A Lean certificate holds the case exactly and states what is true; Lean is asked where there is one."""

from __future__ import annotations

import re
import shutil
import stat
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings

from bayesian_verifier.judgment import Proposal, check_with_lean, lean_certificate, parse_record
from judgment.lotteries import option, proposals, record, rules_hold, written

if TYPE_CHECKING:
    from pathlib import Path

Outcomes = list[tuple[int, int]]


class Certificate(NamedTuple):
    """What a reader of the text finds in it."""

    unit: int
    numbers: dict[str, int]
    chosen: Outcomes
    others: list[Outcomes]
    theorems: dict[str, bool]


def read(text: str) -> Certificate:
    """The data and theorems of a certificate, from its text alone."""
    numbers = {
        name: int(value)
        for name, value in re.findall(r"^def (\w+) : (?:Int|Nat) := (-?\d+)$", text, re.MULTILINE)
    }
    [unit] = re.findall(r"units of 1/(\d+)\.", text)
    [chosen] = re.findall(r"^def chosen : Lottery :=\n  \[(.*)\]$", text, re.MULTILINE)
    [others] = re.findall(r"^def others : List Lottery := \[\n((?:.|\n)*?)\]\n\n", text, re.MULTILINE)
    theorems = re.findall(
        r"^theorem (\w+)_(holds|fails) : \(.*\) = (true|false) := by decide$", text, re.MULTILINE
    )
    assert all((how == "holds") == (value == "true") for _, how, value in theorems)
    return Certificate(
        unit=int(unit),
        numbers=numbers,
        chosen=outcomes_of(chosen),
        others=[outcomes_of(line) for line in re.findall(r"^  \[(.*?)\],?$", others, re.MULTILINE)],
        theorems={rule: how == "holds" for rule, how, _ in theorems},
    )


def outcomes_of(text: str) -> Outcomes:
    """(payoff, probability) of each outcome of a Lean list."""
    return [(int(payoff), int(share)) for payoff, share in re.findall(r"\((-?\d+), (\d+)\)", text)]


def stated(certificate: Certificate) -> dict[str, bool]:
    """The statements of the theorems, evaluated on the integers as their Lean definitions read."""
    one, chosen, numbers = certificate.numbers["one"], certificate.chosen, certificate.numbers

    def total(lottery: Outcomes) -> int:
        return sum(share for _, share in lottery)

    def up_to(x: int, lottery: Outcomes) -> int:
        return sum(share for payoff, share in lottery if payoff <= x)

    def stays_above(floor: int, wealth: int, lottery: Outcomes) -> bool:
        return all(floor <= wealth + payoff for payoff, _ in lottery)

    def dominates(better: Outcomes, worse: Outcomes) -> bool:
        both = total(better) * total(worse)
        sides = [
            (10**9 * up_to(x, better) * total(worse), 10**9 * up_to(x, worse) * total(better))
            for x, _ in better + worse
        ]
        return all(a <= b + both for a, b in sides) and any(a + both < b for a, b in sides)

    said = {
        "probabilities": all(
            10**6 * total(one_of) <= 1000001 * one and 999999 * one <= 10**6 * total(one_of)
            for one_of in [chosen, *certificate.others]
        ),
        "solvency": stays_above(0, numbers["leastWealth"], chosen),
        "dominance": not any(
            other and stays_above(0, numbers["greatestWealth"], other) and dominates(other, chosen)
            for other in certificate.others
        ),
    }
    if "stake" in numbers:
        said["budget"] = numbers["stake"] <= numbers["budget"]
    return said


def exactly(lottery: dict[str, Any], unit: int, one: int) -> Outcomes:
    """The possible outcomes of an option in these units, equal payoffs merged, by rising payoff."""
    merged: dict[Fraction, Fraction] = {}
    for outcome in lottery["outcomes"]:
        if outcome["probability"]:
            payoff = written(outcome["payoff"]) * unit
            merged[payoff] = merged.get(payoff, Fraction()) + written(outcome["probability"]) * one
    assert all(x.denominator == p.denominator == 1 for x, p in merged.items())
    return [(int(x), int(merged[x])) for x in sorted(merged)]


@settings(max_examples=200, deadline=None)
@given(proposals() | proposals(interval=True))
def test_a_certificate_holds_the_case_exactly_and_states_what_is_true(proposal: dict[str, Any]) -> None:
    """Its integers are the decimals of the case, and each theorem is so by them and by docs/model.md."""
    chosen = proposal["chosen"]
    certificate = read(lean_certificate(parse_record(Proposal, proposal).case, chosen))
    unit, one = certificate.unit, certificate.numbers["one"]
    assert certificate.chosen == exactly(proposal["options"][chosen], unit, one)
    others = [o for index, o in enumerate(proposal["options"]) if index != chosen]
    assert certificate.others == [exactly(other, unit, one) for other in others]
    wealth = proposal["wealth"] if isinstance(proposal["wealth"], list) else [proposal["wealth"]] * 2
    ends = [written(end) * unit for end in wealth]
    assert [certificate.numbers["leastWealth"], certificate.numbers["greatestWealth"]] == ends
    assert certificate.theorems == stated(certificate)
    at_ends = [rules_hold(proposal, written(end)) for end in wealth]
    assert certificate.theorems == {rule: all(end[rule] for end in at_ends) for rule in certificate.theorems}
    assert ("budget" in certificate.theorems) == (None not in (proposal["stake"], proposal["budget"]))


def test_a_certificate_says_for_people_what_it_proves() -> None:
    """Which option, which verdict, and over an interval which step is not proved."""
    refuted = parse_record(Proposal, record(stake=2, budget=1)).case
    assert "Option 1 is chosen. Verdict: refuted (budget)." in lean_certificate(refuted, 1)
    proved = lean_certificate(parse_record(Proposal, record()).case, 0)
    assert "Option 0 is chosen. Verdict: proved." in proved
    assert "not part of the theorems" not in proved
    assert "not part of the theorems" in lean_certificate(
        parse_record(Proposal, record(wealth=[0, 1])).case, 0
    )


def test_a_certificate_is_closed_and_assumes_nothing() -> None:
    """No import, axiom or sorry; brackets and comments are balanced."""
    case = parse_record(Proposal, record(options=[option((-1e15, 1.0)), option((1e-300, 1.0))])).case
    text = lean_certificate(case, 0)
    assert not re.search(r"\b(import|axiom|sorry|native_decide|unsafe)\b", text)
    assert text.count("/-") == text.count("-/")
    for pair in ("()", "[]"):
        assert text.count(pair[0]) == text.count(pair[1])
    assert text.count("namespace BayesianVerifier") == text.count("end BayesianVerifier") == 1


def program(path: Path, script: str) -> str:
    """An executable that stands for Lean."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_lean_is_asked_by_a_file_that_holds_the_certificate(tmp_path: Path) -> None:
    """A Lean that accepts exactly this text says `checked`, and one that gets another says `failed`."""
    expected = tmp_path / "expected.lean"
    expected.write_text("theorem t : 1 ≤ 2 := by decide\n", encoding="utf-8")
    lean = program(tmp_path / "lean", f'cmp -s "$1" "{expected}"')
    assert check_with_lean(expected.read_text(encoding="utf-8"), lean) == "checked"
    assert check_with_lean("theorem t : 2 ≤ 1 := by decide\n", lean) == "failed"


def test_without_a_lean_that_answers_a_certificate_is_unchecked(tmp_path: Path) -> None:
    """None there, none that can be started, none that ends in time."""
    assert check_with_lean("", str(tmp_path / "absent")) == "unchecked"
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)
    assert check_with_lean("", str(broken)) == "unchecked"
    assert check_with_lean("", program(tmp_path / "slow", "exec sleep 60"), timeout=0.2) == "unchecked"


@pytest.mark.skipif(shutil.which("lean") is None, reason="no lean on PATH")
@pytest.mark.parametrize("chosen", [0, 1])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"wealth": [0.5, 2.0], "stake": 1.0, "budget": 0.5},
        {"options": [option((1.0, 0.5), (2.0, 0.5)), option((1.0, 0.4), (2.0, 0.6)), option((-3.0, 1.0))]},
        {"options": [option(*((n / 7, 0.0625) for n in range(16))) for _ in range(8)]},
    ],
)
def test_lean_accepts_certificates_of_either_verdict(fields: dict[str, Any], chosen: int) -> None:
    """The real program, where there is one."""
    case = parse_record(Proposal, record(**fields)).case
    assert check_with_lean(lean_certificate(case, chosen)) == "checked"


@pytest.mark.skipif(shutil.which("lean") is None, reason="no lean on PATH")
def test_lean_refuses_a_certificate_that_states_the_opposite() -> None:
    """So `checked` means something."""
    text = lean_certificate(parse_record(Proposal, record()).case, 0)
    assert check_with_lean(text.replace("= true := by", "= false := by")) == "failed"
