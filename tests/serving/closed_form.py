"""A model whose posterior is known in closed form, exported as a trained one is.

Rewards are r plus standard normal noise; r ~ N(0, 1); ln τ ~ N(ln 0.1, 0.5²), never learned about.
After n rewards with sum s, r ~ N(s / (n + 1), 1 / (n + 1)). So every reply can be checked by hand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from bayesian_verifier.artifact import Manifest, Model, ModelStore, ParameterNote, PosteriorFunction, digest
from bayesian_verifier.simulators import Description, Parameter, Responses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

    Floats = NDArray[np.float64]

LOG_NOISE, LOG_NOISE_SD = math.log(0.1), 0.5
VERSION = "2026-01-01T00-00-00Z-0000"


def conjugate(
    state: jax.Array, features: jax.Array, mask: jax.Array, noise: jax.Array, query: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """State is (n, Σ reward); a density is that of a normal for r times one for ln τ."""
    after = state + jnp.stack([mask.sum(), (mask * features[:, 0]).sum()])
    scale = jnp.stack([1.0 / jnp.sqrt(after[0] + 1.0), jnp.float32(LOG_NOISE_SD)])
    centre = jnp.stack([after[1] / (after[0] + 1.0), jnp.float32(LOG_NOISE)])

    def log_density(z: jax.Array) -> jax.Array:
        return -0.5 * (z**2).sum(1) - jnp.log(scale).sum() - math.log(2 * math.pi)

    return after, centre + scale * noise, log_density(noise), log_density((query - centre) / scale)


def shapes(n: object, d: object, q: object) -> list[jax.ShapeDtypeStruct]:
    return [jax.ShapeDtypeStruct(shape, np.float32) for shape in [(2,), (n, 1), (n,), (d, 2), (q, 2)]]


class ClosedFormSimulator:
    name = "closed-form"
    parameters = (
        Parameter("risk_aversion", "identity", 0.0, 1.0),
        Parameter("choice_noise", "log", LOG_NOISE, LOG_NOISE_SD),
    )
    feature_layout: dict[str, Any] = {"reward": 0}  # noqa: RUF012 the protocol's own annotation

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


def exported() -> bytes:
    arguments = shapes(*export.symbolic_shape("n, d, q"))
    return bytes(export.export(jax.jit(conjugate))(*arguments).serialize())


def closed_form_model(version: str = VERSION) -> Model:
    """Exported and read back: the way of a trained model, but for the disk."""
    notes = [
        ParameterNote(name=p.name, link=p.link, prior_mean=p.prior_mean, prior_sd=p.prior_sd)
        for p in ClosedFormSimulator.parameters
    ]
    manifest = Manifest(
        name="closed-form",
        version=version,
        created="2026-01-01T00:00:00+00:00",
        simulator="closed-form",
        parameters=tuple(notes),
        features=ClosedFormSimulator.feature_layout,
        feature_width=1,
        state_size=2,
        network={},
        training={},
        quality={},
        versions={"jax": jax.__version__},
        files={},
    )
    return Model(manifest, PosteriorFunction(exported(), feature_width=1, state_size=2, parameters=2))


def publish(root: Path, *versions: str) -> ModelStore:
    """A store that holds the model under these versions, the last one current."""
    store = ModelStore(root)
    for version in versions:
        model = closed_form_model(version)
        with store.publishing("closed-form", version) as directory:
            function = directory / "posterior.jaxexport"
            function.write_bytes(exported())
            manifest = model.manifest.model_copy(update={"files": {function.name: digest(function)}})
            (directory / "manifest.json").write_text(manifest.model_dump_json())
        store.promote("closed-form", version)
    return store


def judgment(reward: float | None = None, **fields: object) -> dict[str, Any]:
    """A record with a reward, as JSON."""
    sure = {"outcomes": [{"payoff": 1.0, "probability": 1.0}]}
    risky = {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 3.0, "probability": 0.5}]}
    return {"options": [sure, risky], "chosen": 0, "reward": reward, **fields}
