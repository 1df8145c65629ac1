"""Which beliefs does an experiment read, and how are they the same on every machine?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bayesian_verifier.rl._making import belief_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._settings import Experiment


class Beliefs:
    """Gives the belief of a kind, made when it is first asked for.

    Pickled, it holds all that the experiment needs: a store on another machine may serve another model.
    """

    def __init__(self, experiment: Experiment, make: Callable[[str], Belief]) -> None:
        self._kinds = belief_kinds(experiment)
        self._of = cache(make)

    def __call__(self, kind: str) -> Belief:
        """Of `exact` or `served`."""
        return self._of(kind)

    def __reduce__(
        self,
    ) -> tuple[Callable[[Mapping[str, Belief]], Callable[[str], Belief]], tuple[object, ...]]:
        """What has been made travels, not how it is made."""
        return _sent, ({kind: self(kind) for kind in sorted(self._kinds)},)


def _sent(made: Mapping[str, Belief]) -> Callable[[str], Belief]:
    return made.__getitem__
