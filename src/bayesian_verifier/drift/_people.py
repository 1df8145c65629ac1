"""What do windows say of people whose change is known? Simulated, for detectors to be judged.

A person's θ is drawn from the prior; a window's posterior has a width, a share of the prior's sd, drawn from a mix;
its mean is that of the normal model. Widths of 16 answered judgments of the lottery simulator: 0.1 to 0.5 of the
prior's sd with feedback and reward, 0.3 to 0.85 with feedback alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Widths:
    """A mix of posterior widths: even between two shares of the prior's sd.

    per_person: each person has one width of their own; else each window has.
    """

    name: str
    narrowest: float
    widest: float
    per_person: bool = False


MIXES = (
    Widths("feedback and reward", 0.1, 0.5),
    Widths("feedback alone", 0.3, 0.85),
    Widths("all alike", 0.3, 0.3),
    Widths("each person's own", 0.1, 0.9, per_person=True),
)


class Window(NamedTuple):
    """Posteriors of one window [N], mean ± sd."""

    mean: Float
    sd: Float


@dataclass(frozen=True, slots=True)
class Population:
    """People whose windows are simulated.

    prior_mean, prior_sd: θ is drawn from this.   theta: or all have this one, in prior sd from the mean.
    overconfident: the stated sd is this much smaller than it should be, 0 to 1.
    """

    widths: Widths
    prior_mean: float = 0.5
    prior_sd: float = 1.0
    theta: float | None = None
    overconfident: float = 0.0

    def windows(
        self, people: int, rng: np.random.Generator, *, moved: float = 0.0, at: int | None = None
    ) -> Iterator[Window]:
        """Window after window without end; at window `at` each person moves by so many prior sd, up or down."""
        theta = (
            rng.standard_normal(people) if self.theta is None else np.full(people, self.theta)
        )  # in prior sd throughout
        own = rng.uniform(self.widths.narrowest, self.widths.widest, people)
        window = 0
        while True:
            if window == at:
                theta = theta + moved * rng.choice((-1.0, 1.0), people)
            share = own if self.widths.per_person else self._drawn(people, rng)
            precision = share**-2 - 1.0
            measured = theta + rng.standard_normal(people) / np.sqrt(precision)
            mean = measured * precision / (precision + 1.0)
            yield Window(
                self.prior_mean + self.prior_sd * mean, self.prior_sd * share * (1.0 - self.overconfident)
            )
            window += 1

    def _drawn(self, people: int, rng: np.random.Generator) -> Float:
        drawn: Float = rng.uniform(self.widths.narrowest, self.widths.widest, people)
        return drawn
