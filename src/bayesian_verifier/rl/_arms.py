"""What is each arm of the experiment told about the person, and what does it make of σ?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._belief import Read
    from bayesian_verifier.rl._cases import Prior

Tells = Literal["nothing", "mean", "mean_sd", "theta"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of knowing the person.

    tells: nothing, θ*, (θ*, σ), or the true risk aversion.   temperature: scores are divided by
    exp(temperature · (σ/σ₀ − ½)).   entropy: the bonus for entropy is multiplied by exp(entropy · (σ/σ₀ − ½)).
    shift, sd_factor: the belief is made wrong on purpose, by so many prior sd and by this factor.
    fallback: share of steps at which the belief is the prior, as when the service cannot be had.
    """

    name: str
    tells: Tells
    temperature: float = 0.0
    entropy: float = 0.0
    shift: float = 0.0
    sd_factor: float = 1.0
    fallback: float = 0.0

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the numbers it is told."""
        names = {"nothing": (), "mean": ("mean",), "mean_sd": ("mean", "sd"), "theta": ("theta",)}
        return names[self.tells]

    @property
    def needs_belief(self) -> bool:
        """Whether anything it does depends on the belief."""
        return self.tells in {"mean", "mean_sd"} or self.temperature != 0 or self.entropy != 0

    def told(self, key: Array, read: Read, theta: Array, prior: Prior) -> Array:
        """What it is told [N, K] of people theta [N, 2], standardised by the prior."""
        centre, spread = prior.mean[0], prior.sd[0]
        mean = (read.mean - centre) / spread + self.shift
        sd = read.sd / spread * self.sd_factor
        if self.fallback:
            away = jax.random.bernoulli(key, self.fallback, mean.shape)
            mean, sd = jnp.where(away, 0.0, mean), jnp.where(away, 1.0, sd)
        columns = {
            "nothing": [],
            "mean": [mean],
            "mean_sd": [mean, sd],
            "theta": [(theta[:, 0] - centre) / spread],
        }[self.tells]
        return jnp.stack(columns, axis=1) if columns else jnp.zeros((len(theta), 0))

    def scale(self, slope: float, read: Read, prior: Prior) -> Array:
        """Exp(slope · (σ/σ₀ − ½)) [N]: 1 half-way between the prior's σ and certainty."""
        return jnp.exp(slope * (read.sd / prior.sd[0] - 0.5))


ARMS = {
    arm.name: arm
    for arm in (
        Arm("rl_only", "nothing"),
        Arm("mean_only", "mean"),
        Arm("hybrid", "mean_sd"),
        Arm("hybrid_temperature", "mean_sd", temperature=1.0),
        Arm("hybrid_entropy", "mean_sd", entropy=1.0),
        Arm("hybrid_wrong", "mean_sd", shift=1.0, sd_factor=0.5),
        Arm("hybrid_fallback", "mean_sd", fallback=0.1),
        Arm("oracle", "theta"),
    )
}


def arm_named(name: str) -> Arm:
    """The arm of this name. Raises SettingsError."""
    if name not in ARMS:
        raise SettingsError(f"no arm is named {name!r}; there are {', '.join(ARMS)}")
    return ARMS[name]
