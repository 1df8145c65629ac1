"""Does a settings file say what it should? One TOML file, read into one value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T", bound=BaseModel)


def read_table(kind: type[T], file: Path, over: Mapping[str, Any] = MappingProxyType({})) -> T:
    """A settings file as a value; entries of `over` take the place of the file's, table by table.

    Raises SettingsError naming the file, the entry and what was expected.
    """
    content = read_content(file)
    try:
        return kind.model_validate(_laid_over(content, over))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{file}: {where}: {first['msg']} (got {first['input']!r:.80})") from error


def read_content(file: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises SettingsError naming the file."""
    try:
        with Path(file).open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError as error:
        raise SettingsError(f"{file}: there is no such file") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error


def _laid_over(content: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(content)
    for name, value in over.items():
        below = result.get(name)
        result[name] = (
            _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return result
