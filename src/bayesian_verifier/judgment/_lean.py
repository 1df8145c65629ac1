"""How does someone who trusts neither Z3 nor us check a verdict? As theorems for Lean 4.

The four built-in rules, stated over integers in core Lean (no Mathlib) and proved by `decide`: money and
probabilities are scaled by their common denominators, so nothing is rounded. Each theorem states what was
found: that the rule holds, or that it fails. Over an interval of wealth its ends suffice, as the text says.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bayesian_verifier.judgment._grounds import ExactOption, Grounds
from bayesian_verifier.judgment._numeric import numeric_results

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from bayesian_verifier.judgment._record import Case

LeanAnswer = Literal["checked", "failed", "unchecked"]

_RULES_IN_LEAN = """\
set_option maxRecDepth 1000000
set_option maxHeartbeats 0

namespace BayesianVerifier

/-- The possible outcomes of an option: (payoff, probability), in the units below. -/
abbrev Lottery := List (Int × Nat)

/-- Sum of the probabilities. -/
def total : Lottery → Nat
  | [] => 0
  | outcome :: rest => outcome.2 + total rest

/-- Probability of a payoff of at most x. -/
def upTo (x : Int) : Lottery → Nat
  | [] => 0
  | outcome :: rest => (if outcome.1 ≤ x then outcome.2 else 0) + upTo x rest

/-- The probabilities sum to 1 within a millionth. -/
def sumsToOne (one : Nat) (option : Lottery) : Bool :=
  decide (1000000 * total option ≤ 1000001 * one) && decide (999999 * one ≤ 1000000 * total option)

/-- No outcome takes final wealth below the floor. -/
def staysAbove (floor wealth : Int) (option : Lottery) : Bool :=
  List.all option fun outcome => decide (floor ≤ wealth + outcome.1)

/-- F_better ≤ F_worse + 1e-9 at x, both sides times the two totals. -/
def noHigher (better worse : Lottery) (x : Int) : Bool :=
  decide (1000000000 * (upTo x better * total worse)
    ≤ 1000000000 * (upTo x worse * total better) + total better * total worse)

/-- F_better < F_worse - 1e-9 at x, both sides times the two totals. -/
def lower (better worse : Lottery) (x : Int) : Bool :=
  decide (1000000000 * (upTo x better * total worse) + total better * total worse
    < 1000000000 * (upTo x worse * total better))

/-- First-order stochastic dominance, at every payoff of either. -/
def dominates (better worse : Lottery) : Bool :=
  (List.all (better ++ worse) fun outcome => noHigher better worse outcome.1)
    && (List.any (better ++ worse) fun outcome => lower better worse outcome.1)

/-- Some other option that can be paid dominates the one chosen. -/
def isDominated (wealth : Int) (others : List Lottery) (chosen : Lottery) : Bool :=
  List.any others fun option =>
    (!(List.isEmpty option) && staysAbove 0 wealth option) && dominates option chosen
"""

_INTERVAL = """
/-
Wealth is an interval. More wealth raises every final wealth, so solvency holds throughout if and only if it
holds at the least wealth; it makes options feasible and none infeasible, so the option chosen is dominated
somewhere if and only if it is at the greatest. This step is an argument, not part of the theorems.
-/
"""


def lean_certificate(case: Case, chosen: int) -> str:
    """Lean 4 source that states and proves the verdicts of the built-in rules on this choice.

    Raises IndexError where there is no such option.
    """
    grounds = Grounds.of(case, chosen)
    money = _common_denominator(_amounts(grounds))
    one = _common_denominator(o.probability for option in grounds.options for o in option.outcomes)
    held = numeric_results(case, chosen)
    parts = [
        _heading(chosen, held),
        _RULES_IN_LEAN,
        _INTERVAL if grounds.least_wealth < grounds.most_wealth else "",
        _data(grounds, money, one),
        *_theorems(grounds, held),
        "end BayesianVerifier",
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def check_with_lean(text: str, lean: str | None = None, *, timeout: float = 120.0) -> LeanAnswer:
    """Hand a certificate to a Lean program: `lean`, or the one on PATH.

    "unchecked" where there is none, or none that answers within `timeout` seconds.
    """
    program = shutil.which(lean or "lean")
    if program is None:
        return "unchecked"
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "Certificate.lean"
        source.write_text(text, encoding="utf-8")
        try:
            answer = subprocess.run(  # noqa: S603 - the operator's own Lean, and no shell
                [program, str(source)], cwd=directory, capture_output=True, check=False, timeout=timeout
            )
        except (subprocess.TimeoutExpired, OSError):
            return "unchecked"
    return "checked" if answer.returncode == 0 else "failed"


def _amounts(grounds: Grounds) -> list[Fraction]:
    optional = [amount for amount in (grounds.stake, grounds.budget) if amount is not None]
    payoffs = [outcome.payoff for option in grounds.options for outcome in option.outcomes]
    return [grounds.least_wealth, grounds.most_wealth, *optional, *payoffs]


def _common_denominator(numbers: Iterable[Fraction]) -> int:
    return math.lcm(1, *(number.denominator for number in numbers))


def _heading(chosen: int, held: dict[str, bool]) -> str:
    failed = [rule for rule, holds in held.items() if not holds]
    verdict = f"refuted ({', '.join(failed)})" if failed else "proved"
    return f"/-\nCertificate of the Bayesian Verifier. Option {chosen} is chosen. Verdict: {verdict}.\n-/"


def _data(grounds: Grounds, money: int, one: int) -> str:
    lines = [
        f"/-- Payoffs, wealth and other amounts are in units of 1/{money}. -/",
        f"def leastWealth : Int := {grounds.least_wealth * money}",
        f"def greatestWealth : Int := {grounds.most_wealth * money}",
        "",
        "/-- The probability 1. -/",
        f"def one : Nat := {one}",
        "",
        f"def chosen : Lottery :=\n  {_lottery(grounds.chosen, money, one)}",
        "",
        "def others : List Lottery := [\n  "
        + ",\n  ".join(_lottery(option, money, one) for option in grounds.others)
        + "]",
    ]
    if grounds.stake is not None and grounds.budget is not None:
        lines += [
            "",
            f"def stake : Int := {grounds.stake * money}",
            f"def budget : Int := {grounds.budget * money}",
        ]
    return "\n".join(lines)


def _lottery(option: ExactOption, money: int, one: int) -> str:
    outcomes = (f"({o.payoff * money}, {o.probability * one})" for o in option.outcomes)
    return f"[{', '.join(outcomes)}]"


def _theorems(grounds: Grounds, held: dict[str, bool]) -> list[str]:
    statements = {
        "probabilities": "List.all (chosen :: others) (sumsToOne one)",
        "solvency": "staysAbove 0 leastWealth chosen",
        "budget": "decide (stake ≤ budget)",
        "dominance": "!(isDominated greatestWealth others chosen)",
    }
    if grounds.stake is None or grounds.budget is None:
        del statements["budget"]
    return [_theorem(rule, statement, holds=held[rule]) for rule, statement in statements.items()]


def _theorem(rule: str, statement: str, *, holds: bool) -> str:
    name, value = (f"{rule}_holds", "true") if holds else (f"{rule}_fails", "false")
    return f"theorem {name} : ({statement}) = {value} := by decide"
