"""What is said of a promise once the evidence has been looked at?"""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """On one promise: how much there was to examine, and the evidence against it, of which there should be none."""

    promise: str
    examined: int
    broken: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.broken
