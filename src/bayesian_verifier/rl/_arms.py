"""What is each arm of the experiment told about the person, and what does it make of σ?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._cases import OPTIONS
from bayesian_verifier.rl._environment import SHOWN_AT
from bayesian_verifier.rl._outlook import outlook

if TYPE_CHECKING:
    from bayesian_verifier.rl._belief import Read, Weighed
    from bayesian_verifier.rl._cases import Prior
    from bayesian_verifier.rl._environment import State

Tells = Literal["nothing", "mean", "mean_sd", "theta", "outlook", "answers"]
KNOWN: dict[Tells, tuple[str, ...]] = {
    "nothing": (),
    "mean": ("mean",),
    "mean_sd": ("mean", "sd"),
    "theta": ("theta",),
    "outlook": ("mean", "sd", "skew", "taught", "gain"),
    "answers": tuple(f"heard_at_{at:g}" for at in SHOWN_AT),
}
#: what else is told of an option: of all arms, only one is told any
OF_OPTION = ("expected", "doubt", "best")


class Told(NamedTuple):
    """What is told of the person [N, K], and of the options beside what is seen [N, 3, J]."""

    person: Array
    options: Array


class Arm(eqx.Module):
    """One way of knowing the person. Arms that differ in numbers alone are one program when compiled.

    tells: nothing, θ*, (θ*, σ), the true risk aversion, the whole outlook of the belief, or the last answers.
    memory: whether it remembers the episode by itself (RL²).   belief: whose: the experiment's, or the served one.
    temperature: scores are divided by exp(temperature · (σ/σ₀ − ½)).   entropy: the bonus for entropy is multiplied
    by exp(entropy · (σ/σ₀ − ½)).   shift, sd_factor: θ* and σ are made wrong on purpose, by so many prior sd and by
    this factor.   fallback: share of steps at which they are the prior's, as when the service cannot be had.
    """

    tells: Tells = eqx.field(static=True)
    memory: bool = eqx.field(static=True, default=False)
    belief: Literal["experiment", "served"] = eqx.field(static=True, default="experiment")
    temperature: Array | float = 0.0
    entropy: Array | float = 0.0
    shift: Array | float = 0.0
    sd_factor: Array | float = 1.0
    fallback: Array | float = 0.0

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the numbers it is told of the person."""
        return KNOWN[self.tells]

    @property
    def of_option(self) -> tuple[str, ...]:
        """Names of the numbers it is told of an option."""
        return OF_OPTION if self.tells == "outlook" else ()

    @property
    def needs_belief(self) -> bool:
        """Whether anything it does depends on the belief."""
        return self.tells in {"mean", "mean_sd", "outlook"}

    def told(self, key: Array, state: State, weighed: Weighed | None, read: Read, prior: Prior) -> Told:
        """What it is told of N episodes, standardised by the prior; read: mean and sd of the belief."""
        centre, spread = prior.mean[0], prior.sd[0]
        mean = (read.mean - centre) / spread + self.shift
        sd = read.sd / spread * self.sd_factor
        away = jax.random.bernoulli(key, self.fallback, mean.shape)
        mean, sd = jnp.where(away, 0.0, mean), jnp.where(away, 1.0, sd)
        if self.tells == "outlook":
            ahead = jax.vmap(outlook)(state, weighed)
            person = [mean, sd, ahead.skew, ahead.taught, ahead.gain]
            options = jnp.stack([ahead.expected, ahead.doubt, ahead.best], axis=2)
            return Told(jnp.stack(person, axis=1), options)
        columns = {
            "nothing": jnp.zeros((len(mean), 0)),
            "mean": mean[:, None],
            "mean_sd": jnp.stack([mean, sd], axis=1),
            "theta": (state.theta[:, :1] - centre) / spread,
            "answers": state.last_heard,
        }
        return Told(columns[self.tells], jnp.zeros((len(mean), OPTIONS, 0)))

    @staticmethod
    def scale(slope: Array | float, read: Read, prior: Prior) -> Array:
        """Exp(slope · (σ/σ₀ − ½)) [N]: 1 half-way between the prior's σ and certainty."""
        return jnp.exp(slope * (read.sd / prior.sd[0] - 0.5))


ARMS = {
    "rl_only": Arm("nothing"),
    "rl2": Arm("nothing", memory=True),
    "rl2_evidence": Arm("answers", memory=True),
    "mean_only": Arm("mean"),
    "hybrid": Arm("mean_sd"),
    "hybrid_outlook": Arm("outlook"),
    "hybrid_served": Arm("mean_sd", belief="served"),
    "hybrid_temperature": Arm("mean_sd", temperature=1.0),
    "hybrid_entropy": Arm("mean_sd", entropy=1.0),
    "hybrid_wrong": Arm("mean_sd", shift=1.0, sd_factor=0.5),
    "hybrid_fallback": Arm("mean_sd", fallback=0.1),
    "oracle": Arm("theta"),
}


def arm_named(name: str) -> Arm:
    """The arm of this name. Raises SettingsError."""
    if name not in ARMS:
        raise SettingsError(f"no arm is named {name!r}; there are {', '.join(ARMS)}")
    return ARMS[name]
