"""Has this person changed in any of several parameters? One detector each, and the mean of what they say.

While nothing changes R_k − t is a supermartingale for each parameter k, and so is the mean of R_k less t, however the
parameters depend on each other: the mean number of windows to a false alarm at mean R ≥ A is A at least, for all of
them together, as it is for one. To hold each R_k against K·A instead would be as safe, and never sooner: where one of
them is K·A, the mean is A. With one parameter it is that parameter's detector, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.drift._own_spread import begun_anew, listen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bayesian_verifier.drift._detector import Detector, Info
    from bayesian_verifier.drift._message import Message
    from bayesian_verifier.drift._own_spread import Person


class Several(NamedTuple):
    """What one window did [...].

    statistic: mean of R over parameters, alarm at statistic >= threshold.   of: by parameter; their own alarms decide
    nothing.
    """

    statistic: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    of: Mapping[str, Info]

    def leading(self) -> str:
        """The parameter, of one person, whose R is greatest; of equals the first."""
        return max(self.of, key=lambda name: float(self.of[name].statistic))


def hear_several(
    known: Mapping[str, Person], told: Mapping[str, Message], detectors: Mapping[str, Detector]
) -> tuple[dict[str, Person], Several]:
    """One message of each person about each parameter; after an alarm all begin anew.

    known, told, detectors: by parameter, the same names; detectors of one threshold.
    """
    heard = {name: listen(known[name], told[name], detector) for name, detector in detectors.items()}
    of = {name: info for name, (_, info) in heard.items()}
    # added one after the other, so that a person gets the same bits alone and beside others
    statistic = np.asarray(sum(info.statistic for info in of.values()) / len(of))
    alarm = statistic >= next(iter(detectors.values())).threshold
    people = {name: begun_anew(heard[name][0], alarm, detector) for name, detector in detectors.items()}
    return people, Several(statistic, alarm, of)
