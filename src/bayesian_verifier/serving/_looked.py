"""What is found out about a person before a posterior is made of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bayesian_verifier.posterior import Misfit
    from bayesian_verifier.serving._said import Draws
    from bayesian_verifier.serving._state import Known


class Looked(NamedTuple):
    """What is known, what the network says of it, and what the misfit check found.

    said: None where nothing is known.   seconds: spent in compiled functions.
    """

    known: Known
    said: Draws | None = None
    misfit: Misfit | None = None
    seconds: float = 0.0
