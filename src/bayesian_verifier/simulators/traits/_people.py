"""How does somebody answer who also likes, or shuns, what is new to them, and may misjudge chances?

docs/model.md, "more traits than one": the lottery's person, with a bonus for options seldom tried (`explorer`) and with
chances weighed by rank (`traits`). What a network reads are sums of log-likelihoods at fixed traits and noises.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators._answers import refutations, unrefuted
from bayesian_verifier.simulators._protocol import Description, Parameter, Responses
from bayesian_verifier.simulators.lottery import MOST_CASES, respond
from bayesian_verifier.simulators.traits._answers import people_of
from bayesian_verifier.simulators.traits._cases import cases_of
from bayesian_verifier.simulators.traits._drawing import draw_cases
from bayesian_verifier.simulators.traits._evidence import TraitsEvidence, read_evidence
from bayesian_verifier.simulators.traits._likelihood import log_likelihood
from bayesian_verifier.simulators.traits._summing import COUNTS, Summing
from bayesian_verifier.simulators.traits._told import told_of
from bayesian_verifier.survey import survey_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Beside, Rivals

Float = NDArray[np.float64]
RISK_AVERSION = Parameter("risk_aversion", "identity", 0.5, 1.0)
EXPLORATION = Parameter("exploration", "identity", 0.0, 0.1)
PROBABILITY_WEIGHTING = Parameter("probability_weighting", "log", math.log(0.8), 0.4)
CHOICE_NOISE = Parameter("choice_noise", "log", math.log(0.1), 1.0)


class TraitsSimulator:
    """θ = (risk_aversion, exploration, ln probability_weighting, ln choice_noise)."""

    name = "traits"
    parameters: tuple[Parameter, ...] = (RISK_AVERSION, EXPLORATION, PROBABILITY_WEIGHTING, CHOICE_NOISE)
    rivals: Rivals | None = None

    def __init__(self, parameters: Sequence[Parameter] | None = None) -> None:
        """People under the prior above, or under that of a model with these parameters.

        Raises ValueError where they are not the same parameters under another normal prior.
        """
        self.summing = Summing.of(self.parameters)
        if parameters is not None:
            meant, given = ([(p.name, p.link) for p in some] for some in (self.parameters, parameters))
            if given != meant:
                raise ValueError(f"expected priors of {meant}, got {given}")
            self.parameters = tuple(parameters)
        self.sums_size = survey_size(len(self.parameters))
        self.feature_layout: dict[str, Any] = {
            "survey": ["location", "scale", "log-density at probes"],
            "nodes": [list(axis) for axis in self.summing.lattice.axes],
        }

    def sample_prior(self, rng: np.random.Generator, n: int) -> Float:
        """θ [n, P] on the link scale."""
        means, sds = _prior(self.parameters)
        result: Float = means + sds * rng.standard_normal((n, len(self.parameters)))
        return result

    def draw_cases(self, rng: np.random.Generator, n: int) -> Sequence[Judgment]:
        """N proposals of an even mixture of all kinds, most of them with counts of tries."""
        return draw_cases(rng, n)

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Person i, θ [n, P], answers proposal i, refuted proposals and cases without an advantage included."""
        refuted = np.array(refutations(cases), dtype=np.bool_)
        held, has_advantage = cases_of(cases)
        advantage = np.zeros(len(cases))
        advantage[has_advantage] = held.advantages_each(people_of(theta[has_advantage]))
        return respond(rng, advantage, np.exp(theta[:, -1]), refuted)

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        """Sums over the informative judgments at the nodes, and the judgments."""
        candidates, refuted = unrefuted(judgments)
        told, kept = told_of(candidates)
        counts = int((told.answers.sign != 0).sum()), int(told.answers.rewarded.sum())
        if len(kept) <= MOST_CASES:
            return Description(self._evidence(counts, tuple(kept)), kept, refuted)
        nodes = self.summing.summed(told.cases, told.answers)[:-COUNTS]
        return Description(self._evidence(counts, None, nodes), kept, refuted)

    def beside(self) -> Beside:
        """The same for JAX, which is imported here."""
        from bayesian_verifier.simulators.traits._beside import TraitsBeside  # noqa: PLC0415

        return TraitsBeside(self.summing, self.parameters, self._surveyor)

    def read_evidence(self, raw: bytes) -> TraitsEvidence:
        """Evidence as it was written. Raises ValueError."""
        return read_evidence(raw, self.summing, self._surveyor)

    def log_likelihood_of_sums(self, sums: Float, theta: Float, xp: ModuleType) -> None:  # noqa: ARG002
        """Nothing: what is exact is read off the judgments."""
        return

    def log_likelihood(self, theta: Float, judgments: Sequence[Judgment]) -> Float:
        """Log p(judgments | θ) [n] for θ [n, P]; 0 where nothing is informative."""
        return log_likelihood(told_of(unrefuted(judgments)[0])[0], theta)

    def _evidence(
        self, counts: tuple[int, int], judgments: tuple[Judgment, ...] | None, nodes: Float | None = None
    ) -> TraitsEvidence:
        return TraitsEvidence(counts, judgments, self.summing, self._surveyor, nodes)

    def _surveyor(self, evidence: TraitsEvidence) -> NDArray[np.float32]:
        if not any(evidence.counts):
            return np.zeros(self.sums_size, np.float32)
        return self._compiled_surveyor(evidence)

    @cached_property
    def _compiled_surveyor(self) -> Callable[[TraitsEvidence], NDArray[np.float32]]:
        from bayesian_verifier.simulators.traits._surveyor import Surveyor  # noqa: PLC0415 - it brings JAX

        return Surveyor(self.summing, self.parameters)


def _prior(parameters: Sequence[Parameter]) -> tuple[Float, Float]:
    """Means and sds on the link scale [P]."""
    return np.array([p.prior_mean for p in parameters]), np.array([p.prior_sd for p in parameters])


class ExplorerSimulator(TraitsSimulator):
    """θ = (risk_aversion, exploration, ln choice_noise): chances are weighed as they are."""

    name = "explorer"
    parameters = (RISK_AVERSION, EXPLORATION, CHOICE_NOISE)
