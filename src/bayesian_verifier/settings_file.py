"""Does a settings file say what it should? One TOML file, read into one value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bayesian_verifier.errors import SettingsError

T = TypeVar("T", bound=BaseModel)


def read_table(kind: type[T], file: Path) -> T:
    """A settings file as a value. Raises SettingsError naming the file, the entry and what was expected."""
    try:
        with Path(file).open("rb") as stream:
            content: dict[str, Any] = tomllib.load(stream)
        return kind.model_validate(content)
    except FileNotFoundError as error:
        raise SettingsError(f"{file}: there is no such file") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{file}: {where}: {first['msg']} (got {first['input']!r:.80})") from error
