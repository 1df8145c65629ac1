"""Would a worker get the same numbers as the process that asks it?

Results are equal where the code that makes them is. So a worker compares what it has installed with what the asking
process has, and says what differs rather than answer.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: whose versions a number may depend on
PACKAGES = ("bayesian-verifier", "numpy", "scipy", "jax", "jaxlib", "keras", "bayesflow", "equinox", "optax")


def versions() -> dict[str, str]:
    """What is installed here of that, and Python's own version; what is missing is left out."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def differences(asked: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """What the asking process has and what is here instead, one line a package; empty where all is the same."""
    return [
        f"{name} {here.get(name, 'is missing')} in place of {wanted}"
        for name, wanted in sorted(asked.items())
        if here.get(name) != wanted
    ]
