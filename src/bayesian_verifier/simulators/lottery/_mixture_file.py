"""Which mixture of cases does a settings file state?"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.simulators.lottery._generator import CaseMixture

if TYPE_CHECKING:
    from pathlib import Path


def read_mixture(file: Path) -> CaseMixture:
    """The table [cases] of a TOML file. Raises SettingsError naming the file and what was expected."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{file}: there is no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    table = content.pop("cases", None)
    if content or not isinstance(table, dict):
        raise SettingsError(f"{file}: expected one table [cases] and nothing else")
    if not all(isinstance(w, int | float) for w in table.values()):
        raise SettingsError(f"{file}: every entry of [cases] must be a number")
    try:
        return CaseMixture.of(table)
    except ValueError as error:
        raise SettingsError(f"{file}: cases: {error}") from error
