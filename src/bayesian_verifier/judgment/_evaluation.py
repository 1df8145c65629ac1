"""What is a rule's value at one known wealth, exactly, and which of its parts makes it so?

The meaning of the language in rationals. The prover asks here for whatever does not depend on wealth, and for
the reason why a counterexample is one.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from typing import cast

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
from bayesian_verifier.judgment._grounds import ExactOption, ExactOutcome, Grounds, payoffs_of

Value = Fraction | bool | ExactOption | ExactOutcome | tuple["Value", ...]
Environment = Mapping[str, Value]

_ROUNDED = Context(prec=12, Emin=MIN_EMIN, Emax=MAX_EMAX)
_ARITHMETIC: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_COMPARISONS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "!=": operator.ne,
}


class UndefinedError(Exception):
    """The rule has no value in this case: a division by 0, the mean of nothing."""


def surroundings(
    grounds: Grounds, constants: Mapping[str, Fraction], wealth: Fraction | None = None
) -> dict[str, Value]:
    """What each name of a rule stands for in this case; without `wealth` where it is not known."""
    known: dict[str, Value | None] = {
        "wealth": wealth,
        "stake": grounds.stake,
        "budget": grounds.budget,
        "chosen": grounds.chosen,
        "options": grounds.options,
        "others": grounds.others,
        **constants,
    }
    return {name: value for name, value in known.items() if value is not None}


def number(tree: Expression, where: Environment) -> Fraction:
    """The value of a tree of kind number. Raises UndefinedError where it has none."""
    return cast("Fraction", evaluate(tree, where))


def truth(tree: Expression, where: Environment) -> bool:
    """The value of a tree of kind truth. Raises UndefinedError where it has none."""
    return cast("bool", evaluate(tree, where))


def members(tree: Expression, where: Environment) -> tuple[Value, ...]:
    """What a variable bound to this domain ranges over."""
    return cast("tuple[Value, ...]", evaluate(tree, where))


def evaluate(tree: Expression, where: Environment) -> Value:  # noqa: PLR0911 - one for each kind of node
    """The value of a checked tree where its names stand for these values.

    Raises UndefinedError where it has none.
    """
    match tree:
        case Number(value=value):
            return value
        case Name(name=name):
            return where[name]
        case Field(subject=subject, field=field):
            return cast("Value", getattr(evaluate(subject, where), field))
        case Unary(sign=sign, operand=operand):
            return not truth(operand, where) if sign == "not" else -number(operand, where)
        case Comparison(sign=sign, left=left, right=right):
            return _COMPARISONS[sign](number(left, where), number(right, where))
        case Binary():
            return _binary(tree, where)
        case Call(function=function, arguments=arguments):
            return _FUNCTIONS[function](where, *(evaluate(argument, where) for argument in arguments))
        case Bound():
            return _bound(tree, where)


def why(tree: Expression, where: Environment, *, holds: bool) -> list[str]:
    """The values that make a tree of kind truth hold or not, outermost first."""
    match tree:
        case Unary(operand=operand):
            return why(operand, where, holds=not holds)
        case Comparison(sign=sign, left=left, right=right):
            compared = f"{plain(number(left, where))} {sign} {plain(number(right, where))}"
            return [compared if holds else f"{compared} does not hold"]
        case Binary(sign=sign, left=left, right=right):
            left_holds = holds if sign != "implies" else not holds
            decisive = [(left, left_holds), (right, holds)]
            if holds == (sign != "and"):  # one side was enough
                decisive = [(side, wanted) for side, wanted in decisive if truth(side, where) is wanted][:1]
            return [reason for side, wanted in decisive for reason in why(side, where, holds=wanted)]
        case Bound(quantor=quantor, variable=variable, domain=domain, body=body) if holds == (
            quantor == "exists"
        ):
            inner = ({**where, variable: member} for member in members(domain, where))
            witness = next(one for one in inner if truth(body, one) is holds)
            return [f"{variable} is {_spoken(witness[variable])}", *why(body, witness, holds=holds)]
        case Call(arguments=(argument,)):
            option = cast("ExactOption", evaluate(argument, where))
            return [f"{_spoken(option)} is {'' if holds else 'not '}feasible"]
        case _:
            return []


def plain(value: Fraction) -> str:
    """A rational as a decimal of at most 12 digits, however great or small it is."""
    rounded = _ROUNDED.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(_ROUNDED)
    return f"{rounded:f}" if abs(rounded.adjusted()) <= _ROUNDED.prec else f"{rounded:g}"


def _spoken(value: Value) -> str:
    if isinstance(value, ExactOption):
        return f"option {value.index}"
    if isinstance(value, ExactOutcome):
        return f"the outcome that pays {plain(value.payoff)}"
    return plain(cast("Fraction", value))


def _binary(tree: Binary, where: Environment) -> Value:
    match tree.sign:
        case "and":
            return truth(tree.left, where) and truth(tree.right, where)
        case "or":
            return truth(tree.left, where) or truth(tree.right, where)
        case "implies":
            return not truth(tree.left, where) or truth(tree.right, where)
        case sign:
            left, right = number(tree.left, where), number(tree.right, where)
            if sign == "/" and right == 0:
                raise UndefinedError("it divides by 0")
            return _ARITHMETIC[sign](left, right)


def _bound(tree: Bound, where: Environment) -> Value:
    inner = ({**where, tree.variable: member} for member in members(tree.domain, where))
    match tree.quantor:
        case "forall":
            return all(truth(tree.body, one) for one in inner)
        case "exists":
            return any(truth(tree.body, one) for one in inner)
        case "sum":
            return sum((number(tree.body, one) for one in inner), Fraction())


def mean(option: ExactOption) -> Fraction:
    """Expected payoff. Raises UndefinedError where every probability is 0."""
    if not option.outcomes:
        raise UndefinedError(f"every probability of option {option.index} is 0, so it has no mean")
    return sum((option.share(outcome) * outcome.payoff for outcome in option.outcomes), Fraction())


def _feasible(where: Environment, option: ExactOption) -> bool:
    return bool(option.outcomes) and cast("Fraction", where["wealth"]) + option.outcomes[0].payoff >= 0


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "abs": lambda _, x: abs(x),
    "min": lambda _, *xs: min(xs),
    "max": lambda _, *xs: max(xs),
    "total": lambda _, option: option.total,
    "mean": lambda _, option: mean(option),
    "cdf": lambda _, option, payoff: option.cdf(payoff),
    "payoffs": lambda _, *options: tuple(payoffs_of(*options)),
    "feasible": _feasible,
}
