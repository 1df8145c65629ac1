"""What is left for an author to write, where a simulator is told in arrays?

Four functions: which cases people meet, what a case is in numbers, how people answer, and what an answer says. The
rest of the protocol follows from these: evidence is the sum of what answers say, so that one more only adds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators._answers import answers_of, unrefuted
from bayesian_verifier.simulators._evidence import PlainSums
from bayesian_verifier.simulators._protocol import Description, Parameter, Responses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Beside, Rivals

Float = NDArray[np.float64]
#: sums that stand before an author's own: how many judgments had feedback, and how many a reward
COUNTS = ("feedback", "rewards")


@dataclass(frozen=True, slots=True)
class TalliedSums(PlainSums):
    """Sums, float32 [S], the first two of which count judgments with feedback and judgments with a reward."""

    @property
    def kind(self) -> str:
        """What there is: "feedback", "reward" or "both"."""
        if not self.sums[1]:
            return "feedback"
        return "both" if self.sums[0] else "reward"


class PlainSimulator(ABC):
    """A simulator told in arrays, without a likelihood. `name`, `parameters` and `feature_names` are its author's.

    theta is [n, P] on the link scale. What `facts` says of a case must not depend on what was answered.
    """

    name: str
    parameters: tuple[Parameter, ...]
    feature_names: tuple[str, ...]
    rivals: Rivals | None = None

    def __init__(self) -> None:
        self.sums_size = len(COUNTS) + len(self.feature_names)
        self.feature_layout: dict[str, Any] = {"sums": [*COUNTS, *self.feature_names]}

    @abstractmethod
    def draw_cases(self, rng: np.random.Generator, n: int) -> Sequence[Judgment]:
        """N proposals such as people meet, without an answer."""

    @abstractmethod
    def facts(self, cases: Sequence[Judgment]) -> Float:
        """What each case is in numbers [n, D]; a row with a NaN is a case that tells nothing of anybody.

        Training holds a pool of them in single precision.
        """

    @abstractmethod
    def respond(self, rng: np.random.Generator, theta: Float, facts: Float) -> Responses:
        """Person i, theta [n, P], answers the case of facts [n, D]."""

    @abstractmethod
    def features(self, facts: Float, answers: Float) -> Float:
        """What each answer says [n, F], to be summed over a person's judgments, in the order of `feature_names`.

        answers [n, 3]: the feedback's sign (1, -1, or 0 for none), the reward (0 for none), whether there is one.
        """

    def tally(self, facts: Float, answers: Float) -> Float:
        """What each answer adds to the sums [n, S]."""
        counts = np.stack([answers[:, 0] != 0, answers[:, 2] != 0], axis=1)
        return np.concatenate([counts, self.features(facts, answers)], axis=1)

    def sample_prior(self, rng: np.random.Generator, n: int) -> Float:
        """N people from the prior [n, P]."""
        means = np.array([p.prior_mean for p in self.parameters])
        sds = np.array([p.prior_sd for p in self.parameters])
        result: Float = means + sds * rng.standard_normal((n, len(self.parameters)))
        return result

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Person i answers proposal i; where a case tells nothing, a coin does and nothing is earned."""
        approve, reward = rng.random(len(cases)) < 0.5, np.zeros(len(cases))  # noqa: PLR2004 - a coin
        facts = self.facts(cases) if len(cases) else np.zeros((0, 0))
        telling = np.isfinite(facts).all(axis=1)
        if telling.any():
            approve[telling], reward[telling] = self.respond(rng, theta[telling], facts[telling])
        return Responses(approve, reward)

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        """Sums over the judgments that were answered, were not refuted, and are about a case that tells something."""
        candidates, refuted = unrefuted(judgments)
        if not candidates:
            return Description(TalliedSums(np.zeros(self.sums_size, np.float32)), (), refuted)
        facts = self.facts(candidates)
        telling = np.isfinite(facts).all(axis=1)
        told = [candidates[i] for i in np.flatnonzero(telling)]
        sums = self.tally(facts[telling], answers_of(told)).sum(axis=0)
        return Description(TalliedSums(sums.astype(np.float32)), told, refuted)

    def beside(self) -> Beside | None:
        """Nothing to compile: judgments are described in NumPy."""
        return None

    def read_evidence(self, raw: bytes) -> TalliedSums:
        """Evidence as it was written. Raises ValueError."""
        if len(raw) != 4 * self.sums_size:
            raise ValueError(f"expected {self.sums_size} sums, got {len(raw)} bytes")
        sums = np.frombuffer(raw, "<f4").astype(np.float32)
        if not np.isfinite(sums).all() or (sums[: len(COUNTS)] < 0).any():
            raise ValueError("it holds sums that no judgments add up to")
        return TalliedSums(sums)

    def log_likelihood_of_sums(self, sums: Float, theta: Float, xp: ModuleType) -> Float | None:  # noqa: ARG002
        """Nobody can write it down."""
        return None

    def log_likelihood(self, theta: Float, judgments: Sequence[Judgment]) -> Float | None:  # noqa: ARG002
        """Nobody can write it down."""
        return None
