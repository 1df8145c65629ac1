"""Does a rule make sense: is every name known, and is every operand of the kind its operator needs?

| function | kind | meaning |
|---|---|---|
| `abs(x)`, `min(x, y, …)`, `max(x, y, …)` | number | as everywhere |
| `total(option)` | number | sum of its probabilities as written |
| `mean(option)` | number | its expected payoff |
| `cdf(option, x)` | number | probability of a payoff of at most x |
| `payoffs(option, …)` | numbers | every payoff of one or several options, once |
| `feasible(option)` | truth | it has an outcome, and each leaves a final wealth of at least 0 |

`cdf` and `mean` divide probabilities by their sum. Outcomes of probability 0 do not exist here, and equal
payoffs are one outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bayesian_verifier.judgment._expression import (
    WORDS,
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
from bayesian_verifier.judgment._tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["number", "truth", "option", "outcome", "options", "outcomes", "numbers"]

NAMES: Mapping[str, Kind] = {
    "wealth": "number",
    "stake": "number",
    "budget": "number",
    "chosen": "option",
    "options": "options",
    "others": "options",
}
# Names whose value a case may lack: a rule that uses one says so in `requires`.
OPTIONAL_NAMES = frozenset(("stake", "budget"))
_FIELDS: Mapping[tuple[Kind, str], Kind] = {
    ("option", "outcomes"): "outcomes",
    ("outcome", "payoff"): "number",
    ("outcome", "probability"): "number",
}
_MEMBERS: Mapping[Kind, Kind] = {"options": "option", "outcomes": "outcome", "numbers": "number"}
_SEVERAL = 99
# function -> (kind of the result, kind of each argument, fewest and most arguments)
_FUNCTIONS: Mapping[str, tuple[Kind, tuple[Kind, ...], int, int]] = {
    "abs": ("number", ("number",), 1, 1),
    "min": ("number", ("number",), 1, _SEVERAL),
    "max": ("number", ("number",), 1, _SEVERAL),
    "total": ("number", ("option",), 1, 1),
    "mean": ("number", ("option",), 1, 1),
    "cdf": ("number", ("option", "number"), 2, 2),
    "payoffs": ("numbers", ("option",), 1, _SEVERAL),
    "feasible": ("truth", ("option",), 1, 1),
}
_SPOKEN: Mapping[Kind, str] = {
    "number": "a number",
    "truth": "a truth (a comparison)",
    "option": "an option",
    "outcome": "an outcome",
    "options": "options",
    "outcomes": "outcomes",
    "numbers": "payoffs",
}
RESERVED = WORDS | frozenset(NAMES) | frozenset(_FUNCTIONS)


def check(tree: Expression, known: Mapping[str, Kind], expected: Kind = "truth") -> None:
    """Nothing, if the tree is of the kind expected when `known` names stand for those kinds.

    Raises ExpressionError at the place where it is not.
    """
    found = _kind(tree, known)
    if found != expected:
        raise ExpressionError(tree.at, f"expected {_SPOKEN[expected]}, got {_SPOKEN[found]}")


def mentions_wealth(tree: Expression) -> bool:
    """Can the value of the tree differ from one wealth to another?"""
    match tree:
        case Name(name=name):
            return name == "wealth"
        case Call(function="feasible"):
            return True
        case _:
            return any(map(mentions_wealth, _parts(tree)))


def mentions_choice(tree: Expression) -> bool:
    """Can the value of the tree differ from one option chosen to another?"""
    match tree:
        case Name(name=name):
            return name in ("chosen", "others")
        case _:
            return any(map(mentions_choice, _parts(tree)))


def _parts(tree: Expression) -> tuple[Expression, ...]:
    match tree:
        case Field(subject=inner) | Unary(operand=inner):
            return (inner,)
        case Binary(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Bound(domain=domain, body=body):
            return (domain, body)
        case Call(arguments=arguments):
            return arguments
        case _:
            return ()


def is_linear(tree: Expression) -> bool:
    """Is wealth never multiplied by something that depends on it?"""
    match tree:
        case Binary(sign="*", left=left, right=right) if mentions_wealth(left) and mentions_wealth(right):
            return False
        case _:
            return all(map(is_linear, _parts(tree)))


def _kind(tree: Expression, known: Mapping[str, Kind]) -> Kind:  # noqa: PLR0911 - one for each kind of node
    match tree:
        case Number():
            return "number"
        case Name(name=name):
            if name not in known:
                raise ExpressionError(tree.at, f"expected one of {', '.join(sorted(known))}, got {name!r}")
            return known[name]
        case Unary(sign=sign, operand=operand):
            kind: Kind = "truth" if sign == "not" else "number"
            check(operand, known, kind)
            return kind
        case Comparison(left=left, right=right):
            check(left, known, "number")
            check(right, known, "number")
            return "truth"
        case Binary():
            return _of_binary(tree, known)
        case Field():
            return _of_field(tree, known)
        case Call():
            return _of_call(tree, known)
        case Bound():
            return _of_bound(tree, known)


def _of_binary(tree: Binary, known: Mapping[str, Kind]) -> Kind:
    kind: Kind = "number" if tree.sign in ("+", "-", "*", "/") else "truth"
    check(tree.left, known, kind)
    check(tree.right, known, kind)
    if tree.sign == "/" and mentions_wealth(tree.right):
        raise ExpressionError(tree.right.at, "expected a divisor without wealth: multiply both sides instead")
    return kind


def _of_field(tree: Field, known: Mapping[str, Kind]) -> Kind:
    subject = _kind(tree.subject, known)
    if (subject, tree.field) not in _FIELDS:
        fields = [field for kind, field in _FIELDS if kind == subject]
        expected = f"expected a field of {_SPOKEN[subject]} ({' or '.join(fields) or 'it has none'})"
        raise ExpressionError(tree.at, f"{expected}, got {tree.field!r}")
    return _FIELDS[subject, tree.field]


def _of_call(tree: Call, known: Mapping[str, Kind]) -> Kind:
    if tree.function not in _FUNCTIONS:
        functions = ", ".join(sorted(_FUNCTIONS))
        raise ExpressionError(tree.at, f"expected one of the functions {functions}, got {tree.function!r}")
    result, kinds, fewest, most = _FUNCTIONS[tree.function]
    count = len(tree.arguments)
    if not fewest <= count <= most:
        expected = f"{fewest}{' or more' if most == _SEVERAL else ''}"
        raise ExpressionError(tree.at, f"expected {expected} arguments of {tree.function}, got {count}")
    for index, argument in enumerate(tree.arguments):
        check(argument, known, kinds[min(index, len(kinds) - 1)])
    return result


def _of_bound(tree: Bound, known: Mapping[str, Kind]) -> Kind:
    domain = _kind(tree.domain, known)
    if domain not in _MEMBERS:
        expected = "options, others, an option's outcomes or payoffs(…)"
        raise ExpressionError(tree.domain.at, f"expected {expected}, got {_SPOKEN[domain]}")
    if tree.variable in known or tree.variable in RESERVED:
        raise ExpressionError(tree.at, f"expected a variable with a name of its own, got {tree.variable!r}")
    kind: Kind = "number" if tree.quantor == "sum" else "truth"
    check(tree.body, {**known, tree.variable: _MEMBERS[domain]}, kind)
    return kind
