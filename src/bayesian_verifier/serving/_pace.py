"""How long will a request that comes now have to wait?"""

from __future__ import annotations

from typing import NamedTuple

SMOOTHING = 0.1


class Pace(NamedTuple):
    """What recent requests took, in seconds.

    typical: their running mean.   shortest: the least any took; a request cannot do with less.
    """

    typical: float = 0.0
    shortest: float = 0.0

    def after(self, seconds: float) -> Pace:
        """The pace once one more request took `seconds`."""
        if self.typical == 0.0:
            return Pace(seconds, seconds)
        return Pace(self.typical + SMOOTHING * (seconds - self.typical), min(self.shortest, seconds))

    def least_seconds(self, ahead: int) -> float:
        """From now to the answer of a request with `ahead` requests before it.

        A running mean that is too high refuses no one for ever: with nothing ahead only `shortest` counts.
        """
        return ahead * self.typical + self.shortest
