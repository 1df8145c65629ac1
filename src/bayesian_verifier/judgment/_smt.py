"""Which Z3 terms does a rule become in one case?

The text is SMT-LIB 2. Quantifiers over options, outcomes and payoffs are written out; all arithmetic and
every comparison is left to Z3, over exact rationals. `wealth` is the one unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from bayesian_verifier.judgment._evaluation import (
    Environment,
    UndefinedError,
    Value,
    evaluate,
    members,
    number,
)
from bayesian_verifier.judgment._expression import (
    Binary,
    Bound,
    Call,
    Comparison,
    Expression,
    Field,
    Name,
    Number,
    Unary,
)
from bayesian_verifier.judgment._kinds import mentions_wealth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    from bayesian_verifier.judgment._grounds import ExactOption

# Z3 reads about 10,000 of our terms in 10 ms and cannot be interrupted while it does.
MOST_TERMS = 50_000


class TooLargeError(Exception):
    """Written out, the rule is too long to be decided in time."""


class SmtWriter:
    """Writes the rules of one case; `definitions` collects what their terms refer to."""

    def __init__(self, *, in_time: Callable[[], bool]) -> None:
        self.definitions: list[str] = []
        self._in_time = in_time
        self._left = MOST_TERMS
        self._cdfs: dict[tuple[int, Fraction], str] = {}
        self._names = 0

    def term(self, tree: Expression, where: Environment) -> str:  # noqa: PLR0911 - one for each kind of node
        """The term of a checked tree of kind number or truth.

        Raises TooLargeError past MOST_TERMS or when time is up, UndefinedError where the rule has no value.
        """
        self._spend(1)
        match tree:
            case Number() | Field():
                return numeral(number(tree, where))
            case Name(name=name):
                return name if name == "wealth" else numeral(number(tree, where))
            case Unary(sign=sign, operand=operand):
                return f"({sign} {self.term(operand, where)})"
            case Comparison(sign=sign, left=left, right=right):
                smt = "distinct" if sign == "!=" else sign
                return f"({smt} {self.term(left, where)} {self.term(right, where)})"
            case Binary():
                return self._binary(tree, where)
            case Call(function=function):
                return _CALLS[function](self, tree, where)
            case Bound():
                return self._bound(tree, where)

    def _spend(self, terms: int) -> None:
        self._left -= terms
        if self._left < 0 or not self._in_time():
            raise TooLargeError

    def _binary(self, tree: Binary, where: Environment) -> str:
        if tree.sign == "/":
            divisor = number(tree.right, where)
            if divisor == 0:
                raise UndefinedError("it divides by 0")
            return f"(/ {self.term(tree.left, where)} {numeral(divisor)})"
        sign = "=>" if tree.sign == "implies" else tree.sign
        return f"({sign} {self.term(tree.left, where)} {self.term(tree.right, where)})"

    def _bound(self, tree: Bound, where: Environment) -> str:
        inner = [{**where, tree.variable: member} for member in members(tree.domain, where)]
        terms = [self.term(tree.body, one) for one in inner]
        sign, empty = _JUNCTIONS[tree.quantor]
        return _joined(sign, empty, terms)

    def cdf(self, tree: Call, where: Environment) -> str:
        option = cast("ExactOption", evaluate(tree.arguments[0], where))
        self._spend(len(option.outcomes))
        if mentions_wealth(tree.arguments[1]):
            limit = self._named("Real", self.term(tree.arguments[1], where))
            steps = [
                f"(ite (<= {numeral(o.payoff)} {limit}) {numeral(option.share(o))} 0.0)"
                for o in option.outcomes
            ]
            return _joined("+", "0.0", steps)
        payoff = number(tree.arguments[1], where)
        key = (option.index, payoff)
        if key not in self._cdfs:
            shares = [numeral(option.share(o)) for o in option.outcomes if o.payoff <= payoff]
            self._cdfs[key] = self._named("Real", _joined("+", "0.0", shares))
        return self._cdfs[key]

    def extreme(self, tree: Call, where: Environment) -> str:
        sign = "<=" if tree.function == "min" else ">="
        first, *rest = (self._named("Real", self.term(argument, where)) for argument in tree.arguments)
        for name in rest:
            first = self._named("Real", f"(ite ({sign} {first} {name}) {first} {name})")
        return first

    def absolute(self, tree: Call, where: Environment) -> str:
        name = self._named("Real", self.term(tree.arguments[0], where))
        return f"(ite (>= {name} 0.0) {name} (- {name}))"

    def total(self, tree: Call, where: Environment) -> str:
        option = cast("ExactOption", evaluate(tree.arguments[0], where))
        self._spend(len(option.outcomes))
        return _joined("+", "0.0", [numeral(outcome.probability) for outcome in option.outcomes])

    def feasible(self, tree: Call, where: Environment) -> str:
        option = cast("ExactOption", evaluate(tree.arguments[0], where))
        self._spend(len(option.outcomes))
        if not option.outcomes:
            return "false"
        paid = [f"(>= (+ wealth {numeral(outcome.payoff)}) 0.0)" for outcome in option.outcomes]
        return _joined("and", "true", paid)

    def mean(self, tree: Call, where: Environment) -> str:
        return numeral(number(tree, where))

    def _named(self, sort: str, term: str) -> str:
        name = f"t{self._names}!"
        self._names += 1
        self.definitions.append(f"(define-fun {name} () {sort} {term})")
        return name


_JUNCTIONS = {"forall": ("and", "true"), "exists": ("or", "false"), "sum": ("+", "0.0")}
_CALLS: Mapping[str, Callable[[SmtWriter, Call, Mapping[str, Value]], str]] = {
    "abs": SmtWriter.absolute,
    "min": SmtWriter.extreme,
    "max": SmtWriter.extreme,
    "total": SmtWriter.total,
    "mean": SmtWriter.mean,
    "cdf": SmtWriter.cdf,
    "feasible": SmtWriter.feasible,
}


def numeral(value: Fraction) -> str:
    """A rational as SMT-LIB writes it, exactly."""
    size = f"{abs(value.numerator)}.0"
    if value.denominator != 1:
        size = f"(/ {size} {value.denominator}.0)"
    return f"(- {size})" if value < 0 else size


def _joined(sign: str, empty: str, terms: list[str]) -> str:
    if not terms:
        return empty
    return terms[0] if len(terms) == 1 else f"({sign} {' '.join(terms)})"
