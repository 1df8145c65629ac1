"""How long will a request that comes now have to wait?"""

from __future__ import annotations

from typing import NamedTuple

SMOOTHING = 0.1
#: A queue that has not been empty for so long does not come from a burst: more is asked than can be done. Callers
#: whose wait would be near what they can afford would then fill it for ever, each answered a little too late.
STANDING_SECONDS = 0.1
#: In such a queue a wait may be so much of a caller's time. (After CoDel: Nichols & Jacobson, ACM Queue 10(5), 2012.)
SHARE_WHEN_STANDING = 0.5
#: What was measured longer ago than this refuses nobody who finds nothing ahead: somebody must try now and then, or a
#: service that was slow once, with all its callers in a hurry, would never learn that it is quick.
STALE_SECONDS = 1.0


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

    def remembered(self, seconds: float) -> Pace:
        """The pace so long after the last measurement."""
        return self._replace(shortest=0.0) if seconds > STALE_SECONDS else self

    def least_seconds(self, ahead: int) -> float:
        """From now to the answer of a request with `ahead` requests before it.

        A running mean that is too high refuses no one for ever: with nothing ahead only `shortest` counts.
        """
        return ahead * self.typical + self.shortest

    def can_meet(self, seconds: float, ahead: int, stood: float) -> bool:
        """Whether it is worth while to queue behind `ahead` requests for who has so many seconds.

        stood: seconds since the queue was last empty.
        """
        share = SHARE_WHEN_STANDING if stood > STANDING_SECONDS else 1.0
        return self.least_seconds(ahead) <= share * seconds

    def can_finish(self, seconds: float, *, waited: bool) -> bool:
        """Whether what begins now is likely to end within so many seconds; who has not waited at all may try."""
        return seconds >= (self.typical if waited else self.shortest)
