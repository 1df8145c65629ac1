"""Which rules must a proposal obey? A file of rules, read and checked once.

extends = "builtin"          # optional: the four built-in rules and their constants first

[constants]
floor = 100                  # a number, read as the decimal written; may replace a built-in one

[[rule]]
name = "small-stakes"        # lower-case words joined by - or _
says = "…"                   # one sentence for people
requires = ["stake"]         # optional amounts it speaks of; where one is missing, the rule holds
holds = "stake <= 0.1 * wealth"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.judgment._builtin_rules import builtin_rules_path
from bayesian_verifier.judgment._expression import Expression, parse
from bayesian_verifier.judgment._kinds import NAMES, OPTIONAL_NAMES, RESERVED, Kind, check, mentions_choice
from bayesian_verifier.judgment._tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RULE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_CONSTANT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_GREATEST_EXPONENT = 400


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `tree` must hold at every wealth wherever a case has all the amounts it `requires`.

    of_case: whether it speaks neither of the option chosen nor of the others, but of the case alone.
    """

    name: str
    says: str
    requires: tuple[str, ...]
    tree: Expression
    of_case: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in the order they are checked, and the constants they share."""

    rules: tuple[Rule, ...]
    constants: Mapping[str, Fraction]

    @classmethod
    def load(cls, path: Path) -> Rules:
        """The rules in a file. Raises SettingsError naming file, rule, column and what was expected."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"cannot read the rules {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"the rules {path} are not UTF-8 (byte {error.start})") from error
        return cls.parse(text, name=str(path))

    @classmethod
    def builtin(cls) -> Rules:
        """The four rules of docs/model.md, from configs/rules.toml."""
        return cls.load(builtin_rules_path())

    @classmethod
    def parse(cls, text: str, *, name: str) -> Rules:
        """The rules in a text of this form; `name` is what errors call it. Raises SettingsError."""
        try:
            document = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{name}: {error}") from error
        _only(document, {"extends", "constants", "rule"}, name)
        inherited = cls.builtin() if _extends(document, name) else cls((), {})
        constants = dict(inherited.constants) | _constants(document.get("constants", {}), name)
        rules = list(inherited.rules)
        for position, table in enumerate(_tables(document, name), start=1):
            rule = _rule(table, constants, name, position)
            if any(rule.name == other.name for other in rules):
                raise SettingsError(f"{name}: rule {rule.name!r}: expected a name of its own, it is taken")
            rules.append(rule)
        return cls(tuple(rules), MappingProxyType(constants))


def _extends(document: Mapping[str, object], name: str) -> bool:
    extends = document.get("extends")
    if extends not in (None, "builtin"):
        raise SettingsError(f'{name}: extends: expected "builtin" or nothing, got {extends!r}')
    return extends is not None


def _tables(document: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{name}: expected rules as [[rule]] tables")
    if not tables and "extends" not in document:
        raise SettingsError(f"{name}: expected at least one [[rule]]")
    return tables


def _constants(table: object, name: str) -> dict[str, Fraction]:
    if not isinstance(table, dict):
        raise SettingsError(f"{name}: expected constants as a [constants] table")
    constants = {}
    for key, value in table.items():
        if not _CONSTANT_NAME.fullmatch(key) or key in RESERVED:
            raise SettingsError(f"{name}: constant {key!r}: expected a name that the language does not use")
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not _moderate(Decimal(value)):
            raise SettingsError(f"{name}: constant {key!r}: expected a finite number, got {value!r}")
        constants[key] = Fraction(value)
    return constants


def _moderate(value: Decimal) -> bool:
    """Finite, and no number whose digits alone would fill the memory."""
    return value.is_finite() and abs(value.adjusted()) <= _GREATEST_EXPONENT


def _rule(table: Mapping[str, object], constants: Mapping[str, Fraction], name: str, position: int) -> Rule:
    title = table.get("name")
    if not isinstance(title, str) or not _RULE_NAME.fullmatch(title):
        expected = "expected a name of lower-case letters, digits, - and _"
        raise SettingsError(f"{name}: rule {position}: {expected}, got {title!r}")
    where = f"{name}: rule {title!r}"
    _only(table, {"name", "says", "holds", "requires"}, where)
    text, says = table.get("holds"), table.get("says", "")
    if not isinstance(text, str) or not isinstance(says, str):
        raise SettingsError(f"{where}: expected `holds` and `says` as texts")
    requires = table.get("requires", [])
    if not isinstance(requires, list) or not all(one in OPTIONAL_NAMES for one in requires):
        raise SettingsError(f"{where}: requires: expected a list of {' or '.join(sorted(OPTIONAL_NAMES))}")
    tree = _tree(text, requires, constants, where)
    return Rule(title, says, tuple(cast("list[str]", requires)), tree, of_case=not mentions_choice(tree))


def _tree(text: str, requires: list[str], constants: Mapping[str, Fraction], where: str) -> Expression:
    number: Kind = "number"
    known: dict[str, Kind] = {
        key: kind for key, kind in NAMES.items() if key not in OPTIONAL_NAMES or key in requires
    }
    known |= dict.fromkeys(constants, number)
    try:
        tree = parse(text)
        check(tree, known)
    except ExpressionError as error:
        raise SettingsError(
            f"{where}, {_place(text, error.at)}: {error}{_hint(text, error, requires)}"
        ) from error
    return tree


def _hint(text: str, error: ExpressionError, requires: list[str]) -> str:
    missing = [one for one in OPTIONAL_NAMES if text.startswith(one, error.at) and one not in requires]
    return f' (a case may lack it: add requires = ["{missing[0]}"])' if missing else ""


def _place(text: str, at: int) -> str:
    """Column of `holds`, from 1; with its line where the text has several."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _only(table: Mapping[str, object], allowed: set[str], where: str) -> None:
    for key in table:
        if key not in allowed:
            raise SettingsError(f"{where}: expected only {', '.join(sorted(allowed))}, got {key!r}")
