"""What does a rule say? Its text as a tree.

    forall o in chosen.outcomes: wealth + o.payoff >= floor

By rising strength: `forall x in …:` and `exists x in …:` (as far right as they can reach), `implies` (to the
right), `or`, `and`, `not`, comparisons (which chain: `0 <= p <= 1`), `+ -`, `* /`, unary `-`, `.field`. Sums:
`sum(o.probability for o in chosen.outcomes)`. Functions: see `_kinds.py`. A parser of precedence by Pratt
(1973, "Top down operator precedence"); nothing is ever handed to Python to evaluate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bayesian_verifier.judgment._tokens import ExpressionError, Token, tokens_of

Quantor = Literal["forall", "exists", "sum"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, exactly."""

    at: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """Something the rule speaks of: wealth, chosen, a constant, a bound variable."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`subject.field`."""

    at: int
    subject: Expression
    field: str


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    at: int
    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `not x`."""

    at: int
    sign: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic (`+ - * /`) or logic (`and or implies`) on two operands."""

    at: int
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left sign right`; a chain is a conjunction of these."""

    at: int
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Bound:
    """`forall`, `exists` or `sum` of `body` with `variable` ranging over `domain`."""

    at: int
    quantor: Quantor
    variable: str
    domain: Expression
    body: Expression


Expression = Number | Name | Field | Call | Unary | Binary | Comparison | Bound

WORDS = frozenset(("forall", "exists", "sum", "for", "in", "implies", "or", "and", "not"))
_COMPARISONS = frozenset(("<=", "<", ">=", ">", "=", "!="))
_STRENGTH = {"implies": 1, "or": 2, "and": 3, "+": 6, "-": 6, "*": 7, "/": 7}
_NOT, _COMPARE, _MINUS = 4, 5, 8
# What is longer or deeper is no rule a person wrote, and its tree would exhaust Python's stack.
_MOST_TOKENS = 400
_DEEPEST = 50
_LONGEST_NUMBER = 40


def parse(text: str) -> Expression:
    """The tree of a rule. Raises ExpressionError with the place and what was expected."""
    tokens = tokens_of(text)
    if len(tokens) > _MOST_TOKENS:
        raise ExpressionError(
            tokens[_MOST_TOKENS].at, f"expected a rule of at most {_MOST_TOKENS} words and signs"
        )
    parser = _Parser(tokens)
    tree = parser.expression(0)
    parser.take("end", "an operator or the end of the rule")
    return tree


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def expression(self, weakest: int) -> Expression:
        """The longest expression whose operators all bind stronger than `weakest`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError(self._peek().at, f"expected at most {_DEEPEST} levels of nesting")
        left = self._prefix()
        while (strength := self._strength()) > weakest:
            left = self._infix(left, strength)
        self._depth -= 1
        return left

    def take(self, text: str, expected: str) -> Token:
        token = self._tokens[self._next]
        if text not in (token.text, token.kind) or (text in WORDS and token.kind != "word"):
            raise ExpressionError(token.at, f"expected {expected}, got {_named(token)}")
        self._next += 1
        return token

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _strength(self) -> int:
        token = self._peek()
        return _COMPARE if token.text in _COMPARISONS else _STRENGTH.get(token.text, 0)

    def _infix(self, left: Expression, strength: int) -> Expression:
        sign = self._peek().text
        if sign in _COMPARISONS:
            return self._comparisons(left)
        at = self.take(sign, sign).at
        right = self.expression(strength - 1 if sign == "implies" else strength)
        return Binary(at, sign, left, right)

    def _comparisons(self, left: Expression) -> Expression:
        chain: Expression | None = None
        while self._peek().text in _COMPARISONS:
            token = self.take(self._peek().text, "a comparison")
            right = self.expression(_COMPARE)
            link = Comparison(token.at, token.text, left, right)
            chain = link if chain is None else Binary(token.at, "and", chain, link)
            left = right
        return left if chain is None else chain

    def _prefix(self) -> Expression:
        token = self._peek()
        if token.text == "-":
            self._next += 1
            return Unary(token.at, "-", self.expression(_MINUS))
        if token.text == "not":
            self._next += 1
            return Unary(token.at, "not", self.expression(_NOT))
        if token.text in ("forall", "exists"):
            return self._quantified()
        return self._fields(self._primary())

    def _quantified(self) -> Expression:
        token = self.take("word", "a quantifier")
        variable = self._variable()
        self.take("in", "'in'")
        domain = self.expression(_COMPARE)
        self.take(":", "':'")
        quantor: Quantor = "forall" if token.text == "forall" else "exists"
        return Bound(token.at, quantor, variable, domain, self.expression(0))

    def _sum(self, at: int) -> Expression:
        self.take("(", "'(' after sum")
        body = self.expression(0)
        self.take("for", "'for'")
        variable = self._variable()
        self.take("in", "'in'")
        domain = self.expression(_COMPARE)
        self.take(")", "')'")
        return Bound(at, "sum", variable, domain, body)

    def _variable(self) -> str:
        token = self.take("word", "a name for the variable")
        if token.text in WORDS:
            raise ExpressionError(token.at, f"expected a name for the variable, got the word {token.text!r}")
        return token.text

    def _primary(self) -> Expression:
        token = self._peek()
        self._next += 1
        if token.kind == "number":
            return self._number(token)
        if token.text == "(":
            inner = self.expression(0)
            self.take(")", "')'")
            return inner
        if token.text == "sum":
            return self._sum(token.at)
        if token.kind != "word" or token.text in WORDS:
            raise ExpressionError(token.at, f"expected a value, got {_named(token)}")
        return self._call(token) if self._peek().text == "(" else Name(token.at, token.text)

    def _number(self, token: Token) -> Number:
        if len(token.text) > _LONGEST_NUMBER:
            raise ExpressionError(token.at, f"expected a number of at most {_LONGEST_NUMBER} characters")
        return Number(token.at, Fraction(token.text))

    def _call(self, name: Token) -> Expression:
        self.take("(", "'('")
        arguments = [self.expression(0)]
        while self._peek().text == ",":
            self._next += 1
            arguments.append(self.expression(0))
        self.take(")", "',' or ')'")
        return Call(name.at, name.text, tuple(arguments))

    def _fields(self, subject: Expression) -> Expression:
        while self._peek().text == ".":
            self._next += 1
            token = self.take("word", "a field")
            subject = Field(token.at, subject, token.text)
        return subject


def _named(token: Token) -> str:
    return token.text if token.kind == "end" else repr(token.text)
