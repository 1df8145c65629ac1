"""Is a proposal allowed? Z3 looks for a wealth at which a rule fails.

A rule is proved when its negation has no solution over the wealths of the case, refuted when it has one, and
unknown when time runs out or the rule has no value in this case.
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import z3

from bayesian_verifier.judgment._evaluation import UndefinedError, plain, surroundings, truth, why
from bayesian_verifier.judgment._grounds import Grounds
from bayesian_verifier.judgment._kinds import is_linear
from bayesian_verifier.judgment._smt import SmtWriter, TooLargeError, numeral
from bayesian_verifier.judgment._verification import Counterexample, RuleResult, Verification, overall

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment._record import Case
    from bayesian_verifier.judgment._rules import Rule, Rules

DEFAULT_TIMEOUT = 0.25
# Decimal digits to which a wealth that is no fraction is given.
_DIGITS = 20


class Prover:
    """Checks proposals against rules, within `timeout` seconds a call in all. Threads may share one.

    No two calls at a time share a Z3 context. Contexts cost 16 MB and milliseconds to make, so they are kept:
    as many as there were ever calls at once.
    """

    def __init__(
        self, rules: Rules, *, timeout: float = DEFAULT_TIMEOUT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"expected a timeout in seconds > 0, got {timeout}")
        self._rules = rules
        self._timeout = timeout
        self._clock = clock
        self._idle: list[z3.Context] = []

    def verify(self, case: Case, chosen: int) -> Verification:
        """The verdict on choosing this option. Raises IndexError where there is no such option."""
        start = self._clock()
        try:
            context = self._idle.pop()
        except IndexError:
            context = z3.Context()

        def time_left() -> float:
            return start + self._timeout - self._clock()

        proof = _Proof(Grounds.of(case, chosen), self._rules, context, time_left)
        results = tuple(replace(proof.result(rule), of_case=rule.of_case) for rule in self._rules.rules)
        if not proof.has_failed:
            self._idle.append(context)
        verdict = overall(result.verdict for result in results)
        return Verification(verdict, results, (self._clock() - start) * 1e3)


class _Proof:
    """One call: a case and choice, the rules, and the seconds left to it."""

    def __init__(
        self, grounds: Grounds, rules: Rules, context: z3.Context, time_left: Callable[[], float]
    ) -> None:
        self._grounds = grounds
        self._constants = rules.constants
        self._context = context
        self._time_left = time_left
        self._where = surroundings(grounds, rules.constants)
        self._wealth_is_open = grounds.least_wealth < grounds.most_wealth
        self.has_failed = False

    def result(self, rule: Rule) -> RuleResult:
        missing = [name for name in rule.requires if name not in self._where]
        if missing:
            return RuleResult(rule.name, "proved", f"no {' and no '.join(missing)} given")
        writer = SmtWriter(in_time=lambda: self._time_left() > 0)
        try:
            term = writer.term(rule.tree, self._where)
        except UndefinedError as error:
            return RuleResult(rule.name, "unknown", f"the rule has no value here: {error}")
        except TooLargeError:
            return RuleResult(rule.name, "unknown", "written out, the rule is too long to be decided in time")
        try:
            return self._solved(rule, [self._wealth(), *writer.definitions, f"(assert (not {term}))"])
        except z3.Z3Exception as error:  # out of memory, most likely
            self.has_failed = True
            return RuleResult(rule.name, "unknown", f"Z3 failed: {error}")

    def _wealth(self) -> str:
        low, high = numeral(self._grounds.least_wealth), numeral(self._grounds.most_wealth)
        if not self._wealth_is_open:
            return f"(define-fun wealth () Real {low})"
        return f"(declare-const wealth Real)(assert (<= {low} wealth))(assert (<= wealth {high}))"

    def _solver(self, rule: Rule) -> z3.Solver:
        """A tactic's solver: it works in check() only, where the time limit holds.

        Z3's other solvers rewrite each term as it is added, for as long as that takes.
        """
        if self._wealth_is_open and not is_linear(rule.tree):
            return z3.Tactic("qfnra-nlsat", self._context).solver()
        smt = z3.Tactic("smt", self._context)
        return z3.Then("simplify", smt, ctx=self._context).solver()

    def _solved(self, rule: Rule, lines: list[str]) -> RuleResult:
        solver = self._solver(rule)
        solver.add(*z3.parse_smt2_string("\n".join(lines), ctx=self._context))
        solver.set("timeout", max(1, int(self._time_left() * 1e3)))
        answer = solver.check()
        if answer == z3.unsat:
            return RuleResult(rule.name, "proved")
        if answer == z3.sat:
            found = self._counterexample(rule, solver)
            return RuleResult(rule.name, "refuted", found.because, found)
        return RuleResult(rule.name, "unknown", f"Z3 gave up: {solver.reason_unknown()}")

    def _counterexample(self, rule: Rule, solver: z3.Solver) -> Counterexample:
        wealth, exact, reasons = self._grounds.least_wealth, True, []
        if self._wealth_is_open:
            wealth, exact = self._wealth_in(solver)
            reasons = [f"with wealth {plain(wealth)}"]
        where = surroundings(self._grounds, self._constants, wealth)
        if self._time_left() <= 0:
            reasons += ["no time was left to say why"]
        elif not truth(rule.tree, where):  # near an irrational wealth, the rule may hold again
            reasons += why(rule.tree, where, holds=False)
        return Counterexample(float(wealth), f"{wealth}{'' if exact else '?'}", ", ".join(reasons))

    def _wealth_in(self, solver: z3.Solver) -> tuple[Fraction, bool]:
        """The wealth of the solution found, and whether it is exactly that or only near."""
        value = solver.model().eval(z3.Real("wealth", self._context), model_completion=True)
        exact = not z3.is_algebraic_value(value)
        rational = value if exact else value.approx(_DIGITS)
        return Fraction(rational.numerator_as_long(), rational.denominator_as_long()), exact
