"""The model of the package, as it is served: loaded and compiled once for all tests of a process that ask it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import bayesian_verifier
from bayesian_verifier.serving import load_engine

if TYPE_CHECKING:
    from bayesian_verifier.serving import Engine

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
NAME = "bayesian-verifier"
POINTS = 256


@cache
def shipped_engine() -> Engine:
    """Nothing that is asked of it changes it."""
    return load_engine(SHIPPED, NAME, points=POINTS, cache=None)
