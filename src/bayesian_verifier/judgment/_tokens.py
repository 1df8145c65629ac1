"""Which words, numbers and signs is a rule made of?"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><=|>=|!=|[-+*/<>=().,:])
    )""",
    re.VERBOSE | re.ASCII,
)


class Token(NamedTuple):
    """One piece of a rule: kind is "number", "word", "sign" or "end"; `at` counts characters from 0."""

    kind: str
    text: str
    at: int


class ExpressionError(Exception):
    """A rule that cannot be read: what was expected, what came, and where (`at`, characters from 0)."""

    def __init__(self, at: int, message: str) -> None:
        self.at = at
        super().__init__(message)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a rule, closed by one of kind "end". Raises ExpressionError on a foreign character."""
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExpressionError(at, f"expected a name, a number or a sign, got {text[at]!a}")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "the end of the rule", end)]
