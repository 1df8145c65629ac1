"""Where are the four built-in rules kept?"""

from __future__ import annotations

from pathlib import Path


def builtin_rules_path() -> Path:
    """configs/rules.toml: inside an installed package, or at the root of the repository it runs from."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "configs" / "rules.toml"
    return installed if installed.is_file() else package.parents[1] / "configs" / "rules.toml"
