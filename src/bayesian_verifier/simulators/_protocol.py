"""What must a simulator offer so that it can be trained on, served and checked?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._evidence import Evidence

Float = NDArray[np.float64]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dimension of θ and its normal prior on the scale of `link`.

    link: "identity" (the parameter itself) or "log" (its natural logarithm, for parameters > 0).
    prior_mean, prior_sd: on the link scale; prior_sd > 0.
    """

    name: str
    link: Literal["identity", "log"]
    prior_mean: float
    prior_sd: float

    def natural(self, linked: Float) -> Float:
        """From the link scale to the parameter's own unit."""
        return np.exp(linked) if self.link == "log" else linked

    def linked(self, natural: Float) -> Float:
        """From the parameter's own unit to the link scale."""
        return np.log(natural) if self.link == "log" else natural

    def log_prior(self, linked: Float) -> Float:
        """Log-density of the prior on the link scale."""
        z = (linked - self.prior_mean) / self.prior_sd
        return -0.5 * z * z - math.log(self.prior_sd) - 0.5 * math.log(2 * math.pi)


def log_prior(parameters: Sequence[Parameter], theta: Float) -> Float:
    """Log-density [n] of the joint prior of θ [n, P] on the link scale."""
    total = np.zeros(len(theta))
    for i, parameter in enumerate(parameters):
        total += parameter.log_prior(theta[:, i])
    return total


class Description(NamedTuple):
    """What judgments say.

    evidence: of the informative ones, to be added to what is known of the person.   told: those, in their order.
    refuted: how many of the others were; refuted is counted first.
    """

    evidence: Evidence
    told: Sequence[Judgment]
    refuted: int

    @property
    def informative(self) -> int:
        """How many judgments said something."""
        return len(self.told)


class Surfaces(Protocol):
    """Summed log-likelihoods of consecutive judgments at nodes of θ; see `posterior.AnswerSurfaces`."""

    @property
    def parts(self) -> Float:
        """The model's, of each part [B, K, T]."""

    @property
    def rewards(self) -> Float:
        """The model's, of rewards alone [K]."""

    @property
    def differences(self) -> Float:
        """Each rival's less the model's [A, K, T]."""

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Judgments in each part [B]."""

    @property
    def feedback(self) -> int:
        """How many judgments had feedback."""

    @property
    def reward(self) -> int:
        """How many had a reward."""


class Rivals(Protocol):
    """Other explanations of a person's answers than the simulator's own.

    names: one for each.   nodes: ascending values of the two parameters that surfaces are at.
    """

    names: tuple[str, ...]
    nodes: tuple[Float, Float]

    def surfaces(self, told: Sequence[Judgment], cuts: Sequence[int]) -> Surfaces:
        """Of one or more informative judgments, in the order given; cuts: places where a new part begins."""
        ...


class Traced(NamedTuple):
    """What judgments say, where JAX computes it beside the network: arrays that it traces.

    sums [N]: float64.   parts [B, K, T], rewards [K], differences [A, K, T]: as in `Surfaces`, None where the
    simulator has no rivals.   informative, feedback, reward: how many judgments.
    """

    sums: Any
    parts: Any
    rewards: Any
    differences: Any
    informative: Any
    feedback: Any
    reward: Any


class Read(NamedTuple):
    """Judgments as a program takes them.

    arguments: of the shapes that were promised.   told: how many judgments were answered and not refuted.
    refuted: how many were.   evidence: (the sums of all, what the network read) to what is known then.
    """

    arguments: Sequence[NDArray[Any]]
    told: int
    refuted: int
    evidence: Callable[[Float, F32], Evidence]


class Beside(Protocol):
    """The part of a simulator that JAX compiles beside a network, so that a request is one call.

    shapes: of the arguments, and their types.
    """

    shapes: Sequence[tuple[tuple[int, ...], np.dtype[Any]]]

    def recalled(self, evidence: Any, more: int) -> Sequence[Judgment]:  # noqa: ANN401 - this simulator's own
        """Judgments behind the evidence that are to be read again together with so many more, none of them refuted.

        All of them, so that nothing else of the evidence counts; none where it is kept as sums. Who recalls has no
        rivals.
        """
        ...

    def read(self, judgments: Sequence[Judgment], before: Any) -> Read:  # noqa: ANN401 - as above
        """As many judgments as one request may have, on top of the evidence before."""
        ...

    def nothing(self) -> Evidence:
        """No evidence yet."""
        ...

    def sums(self, evidence: Any) -> Float:  # noqa: ANN401 - as above
        """What further judgments add to [N], in double precision; zeros where nothing is known."""
        ...

    def described(self, arguments: Sequence[Any], places: Any) -> Traced:  # noqa: ANN401 - arrays that JAX traces
        """What judgments say by themselves.

        places [B - 1]: where parts of the informative ones begin, but the first, ascending.
        """
        ...

    def read_by_network(self, arguments: Sequence[Any], before: Any, sums: Any) -> Any:  # noqa: ANN401 - as above
        """What the network reads, float32 [sums_size]: `Evidence.sums`, but for what a state rounds.

        before: what was known before these judgments.   sums: of all, float64 [N] each.
        """
        ...

    def log_likelihood(self, arguments: Sequence[Any], before: Any, sums: Any, theta: Any) -> Any:  # noqa: ANN401 - as above
        """Log p(all judgments | θ) [D] up to a constant, θ [D, P] on the link scale; None where nobody knows it.

        before, sums: as above.
        """
        ...


class Responses(NamedTuple):
    """What simulated people answered: approve (bool [n]) and reward (float [n])."""

    approve: NDArray[np.bool_]
    reward: Float


class Simulator(Protocol):
    """θ → feedback, reward. `theta` is always [n, P] on the link scale, in the order of `parameters`.

    sums_size: how many numbers the network reads of a person, whatever the number of judgments.
    feature_layout: what those numbers are, as a JSON value: a model only serves the layout it was trained on.
    rivals: what else may explain answers, None where nobody has said.
    """

    name: str
    parameters: tuple[Parameter, ...]
    sums_size: int
    feature_layout: dict[str, Any]
    rivals: Rivals | None

    def sample_prior(self, rng: np.random.Generator, n: int) -> Float:
        """N people: θ [n, P] on the link scale."""
        ...

    def draw_cases(self, rng: np.random.Generator, n: int) -> Sequence[Judgment]:
        """N proposals such as people meet, without an answer."""
        ...

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Person i answers proposal i."""
        ...

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        """What the informative judgments say; the sums never hold a likelihood."""
        ...

    def beside(self) -> Beside | None:
        """The same for a program that is compiled once; None where it is done by `describe` alone."""
        ...

    def read_evidence(self, raw: bytes) -> Evidence:
        """Evidence as `Evidence.to_bytes` wrote it. Raises ValueError for anything else."""
        ...

    def log_likelihood_of_sums(self, sums: Float, theta: Float, xp: ModuleType) -> Float | None:
        """Log p(judgments | θ) [n] up to a constant for sums [sums_size]; None where nobody can write it down.

        xp: NumPy, or jax.numpy where this is compiled together with the network.
        """
        ...

    def log_likelihood(self, theta: Float, judgments: Sequence[Judgment]) -> Float | None:
        """Log p(judgments | θ) [n] for each row of theta, or None where nobody can write it down."""
        ...
