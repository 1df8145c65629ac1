"""A model whose posterior is known in closed form, exported as a trained one is.

Rewards are r plus standard normal noise; r ~ N(0, 1); ln τ ~ N(ln 0.1, 0.5²), never learned about.
After n rewards with sum s, r ~ N(s / (n + 1), 1 / (n + 1)). So every reply can be checked by hand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from pydantic import BaseModel

from bayesian_verifier.simulators import Description, Parameter, Responses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

    Floats = NDArray[np.float64]

LOG_NOISE, LOG_NOISE_SD = math.log(0.1), 0.5
VERSION = "2026-01-01T00-00-00Z-0000"


class Emission(NamedTuple):
    state: Any
    theta: Any
    log_density: Any


def conjugate(
    features: jax.Array, mask: jax.Array, state: jax.Array, noise: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """State is (n, Σ reward)."""
    after = state + jnp.stack([mask.sum(), (mask * features[:, 0]).sum()])
    sd = 1.0 / jnp.sqrt(after[0] + 1.0)
    r = after[1] / (after[0] + 1.0) + sd * noise[:, 0]
    log_tau = LOG_NOISE + LOG_NOISE_SD * noise[:, 1]
    log_density = -0.5 * (noise**2).sum(1) - jnp.log(sd * LOG_NOISE_SD * 2 * math.pi)
    return after, jnp.stack([r, log_tau], 1), log_density


class ClosedFormFunction:
    """Serialised, read back, and compiled ahead of time: the way of a trained model."""

    def __init__(self) -> None:
        n, d = export.symbolic_shape("n, d")
        shapes = [(n, 1), (n,), (2,), (d, 2)]
        arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
        self._exported = export.deserialize(export.export(jax.jit(conjugate))(*arguments).serialize())

    def compile(self, n: int, d: int) -> Callable[..., Emission]:
        shapes = [(n, 1), (n,), (2,), (d, 2)]
        arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
        compiled = jax.jit(self._exported.call).lower(*arguments).compile()
        return lambda *values: Emission(*compiled(*values))


class ClosedFormManifest(BaseModel):
    name: str = "closed-form"
    version: str = VERSION
    created: str = "2026-01-01T00:00:00Z"
    simulator: str = "closed-form"
    state_size: int = 2


class ClosedFormModel(NamedTuple):
    manifest: ClosedFormManifest
    function: ClosedFormFunction


class ClosedFormSimulator:
    name = "closed-form"
    parameters = (
        Parameter("risk_aversion", "identity", 0.0, 1.0),
        Parameter("choice_noise", "log", LOG_NOISE, LOG_NOISE_SD),
    )
    feature_layout: dict[str, Any] = {}  # noqa: RUF012 the protocol's own annotation

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        sound = [j for j in judgments if j.verdict != "refuted"]
        rewards = [[j.reward] for j in sound if j.reward is not None]
        features = np.array(rewards, dtype=np.float32).reshape(len(rewards), 1)
        return Description(features, len(rewards), len(judgments) - len(sound))

    def log_likelihood(self, theta: Floats, judgments: Sequence[Judgment]) -> None:
        """Nobody has written it down."""

    def sample_prior(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.standard_normal((n, 2)) * [1.0, LOG_NOISE_SD] + [0.0, LOG_NOISE]

    def simulate(self, rng: np.random.Generator, theta: Floats, cases: Sequence[Judgment]) -> Responses:
        reward = theta[:, 0] + rng.standard_normal(len(cases))
        return Responses(reward > 0, reward)


def closed_form_model(version: str = VERSION) -> ClosedFormModel:
    return ClosedFormModel(ClosedFormManifest(version=version), ClosedFormFunction())


def judgment(reward: float | None = None, **fields: object) -> dict[str, Any]:
    """A record with a reward, as JSON."""
    sure = {"outcomes": [{"payoff": 1.0, "probability": 1.0}]}
    risky = {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 3.0, "probability": 0.5}]}
    return {"options": [sure, risky], "chosen": 0, "reward": reward, **fields}
