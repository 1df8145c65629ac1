"""Whose choices are made by the policy, and whose by the layer's own rule, while the two are compared?

By a hash of experiment and subject: the same on every machine and after every restart, and unknown to anything about
the person, so that it is as good as a draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from bayesian_verifier.errors import CallerError

ArmName = Literal["policy", "rule"]
_MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class ABTest:
    """A comparison under a name of its own. share: of people who get the policy, above 0 and below 1.

    Whoever changes the share or the policy gives it another name: a person stays in one arm. Raises CallerError.
    """

    name: str
    share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what divides nobody."""
        if not 0 < len(self.name) <= _MOST_NAME:
            raise CallerError(f"expected a name of 1 to {_MOST_NAME} characters, got {self.name!r}")
        if not 0.0 < self.share < 1.0:
            raise CallerError(f"expected a share above 0 and below 1, got {self.share!r}")

    def arm(self, subject: str) -> ArmName:
        """The arm of a person: the first 64 bits of SHA-256 of name, newline and subject, as a share of all."""
        digest = hashlib.sha256(f"{self.name}\n{subject}".encode("utf-8", "surrogatepass")).digest()
        return "policy" if int.from_bytes(digest[:8], "big") < self.share * 2**64 else "rule"
