"""Which settings files does a command on models read?"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def config_file(given: str | None, name: str) -> Path:
    """The file that was given, else the shipped one of that name."""
    from bayesian_verifier.settings import shipped_config

    return Path(given) if given else shipped_config(name)


def simulator_overrides(name: str, part: str) -> dict[str, Any]:
    """What configs/simulators/NAME.toml sets otherwise of `part` ("training" or "evaluation"); nothing without one."""
    from bayesian_verifier.settings_file import read_content

    file = config_file(None, f"simulators/{name}.toml")
    return dict(read_content(file).get(part, {})) if file.is_file() else {}
