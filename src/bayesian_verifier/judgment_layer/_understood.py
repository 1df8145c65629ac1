"""Does the verifier read how often an option was tried?

A release that does not know `times_tried` refuses a judgment that has it. So it is sent once a reply has shown that the
model has use for it, and no more once a question with it was refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.judgment import EXPLORATION

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._values import Posterior


class Understood:
    """What the replies so far have shown; one attribute, so that threads need no lock."""

    def __init__(self) -> None:
        self.reads_tries = False

    def note(self, posterior: Posterior | None) -> None:
        """A reply to a question: a posterior, or None where it was refused."""
        self.reads_tries = posterior is not None and EXPLORATION in posterior.others
