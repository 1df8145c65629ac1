"""Which settings files does a command on models read?"""

from __future__ import annotations

from pathlib import Path


def config_file(given: str | None, name: str) -> Path:
    """The file that was given, else the shipped one of that name."""
    from bayesian_verifier.settings import shipped_config

    return Path(given) if given else shipped_config(name)
