"""A model whose posterior is known in closed form, exported as a trained one is.

Rewards are r plus standard normal noise; r ~ N(0, 1); ln τ ~ N(ln 0.1, 0.5²), never learned about.
After n rewards with sum s, r ~ N(s / (n + 1), 1 / (n + 1)). So every reply can be checked by hand. The network may
be wrong on purpose: by so many posterior sd in its mean, and by a factor in its sd.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from scipy import stats

from bayesian_verifier.artifact import Manifest, Model, ModelStore, ParameterNote, PosteriorFunction, digest
from bayesian_verifier.posterior import DISTANCE_LEVELS, TypicalityTable
from bayesian_verifier.simulators import Description, Parameter, PlainSums, Responses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Rivals

    Floats = NDArray[np.float64]

LOG_NOISE, LOG_NOISE_SD = math.log(0.1), 0.5
VERSION = "2026-01-01T00-00-00Z-0000"


class Fault(NamedTuple):
    """How wrong the network is about r: its mean by so many posterior sd, its sd by a factor."""

    shift: float = 0.0
    factor: float = 1.0


NO_FAULT = Fault()


def conjugate(
    fault: Fault, sums: jax.Array, noise: jax.Array, query: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Sums are (n, Σ reward) by person; a density is that of a normal for r times one for ln τ.

    The summary is standard normal among simulated people, whatever n > 0: Σ reward ~ N(0, n + n²).
    """
    n, total = sums[:, 0], sums[:, 1]
    exact_sd = 1.0 / jnp.sqrt(n + 1.0)
    scale = jnp.stack([fault.factor * exact_sd, jnp.full_like(n, LOG_NOISE_SD)], axis=1)[:, None]
    centre = jnp.stack([total / (n + 1.0) + fault.shift * exact_sd, jnp.full_like(n, LOG_NOISE)], axis=1)[
        :, None
    ]

    def log_density(z: jax.Array) -> jax.Array:
        return -0.5 * (z**2).sum(-1) - jnp.log(scale).sum(-1) - math.log(2 * math.pi)

    summary = total / jnp.sqrt(jnp.maximum(n, 1.0) * (n + 1.0))
    return (
        centre + scale * noise[None],
        log_density(jnp.broadcast_to(noise[None], (*n.shape, *noise.shape))),
        summary[:, None],
        log_density((query[None] - centre) / scale),
    )


def log_likelihood_of_rewards(sums: Floats, theta: Floats) -> Floats:
    """Σ log N(reward | r, 1), but for what does not depend on r; in NumPy, or where JAX traces it."""
    n, total = sums
    r = theta[:, 0]
    return total * r - 0.5 * n * r * r


class RewardSums(PlainSums):
    """The same sums, of a simulator that can write down how likely they are."""

    __slots__ = ()

    def log_likelihood(self, theta: Floats) -> Floats:
        """As the simulator's own."""
        return log_likelihood_of_rewards(self.sums.astype(np.float64), theta)


class ClosedFormSimulator:
    """Without a likelihood."""

    name = "closed-form"
    parameters = (
        Parameter("risk_aversion", "identity", 0.0, 1.0),
        Parameter("choice_noise", "log", LOG_NOISE, LOG_NOISE_SD),
    )
    sums_size = 2
    rivals: Rivals | None = None
    feature_layout: dict[str, Any] = {"count": 0, "reward": 1}  # noqa: RUF012 the protocol's own annotation
    evidence: type[PlainSums] = PlainSums

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        sound = [j for j in judgments if j.verdict != "refuted"]
        told = [j for j in sound if j.reward is not None]
        rewards = [j.reward for j in told if j.reward is not None]
        sums = np.array([len(rewards), math.fsum(rewards)], np.float32)
        return Description(self.evidence(sums), told, len(judgments) - len(sound))

    def beside(self) -> None:
        """It is all done by `describe`."""

    def read_evidence(self, raw: bytes) -> PlainSums:
        if len(raw) != 8:
            raise ValueError(f"expected 8 bytes, got {len(raw)}")
        sums = np.frombuffer(raw, "<f4")
        if not np.isfinite(sums).all():
            raise ValueError("expected finite sums")
        return self.evidence(sums.copy())

    def log_likelihood_of_sums(self, sums: Floats, theta: Floats, xp: ModuleType) -> Floats | None:
        """Nobody has written it down."""

    def log_likelihood(self, theta: Floats, judgments: Sequence[Judgment]) -> None:
        """Nor this."""

    def sample_prior(self, rng: np.random.Generator, n: int) -> Floats:
        return rng.standard_normal((n, 2)) * [1.0, LOG_NOISE_SD] + [0.0, LOG_NOISE]

    def simulate(self, rng: np.random.Generator, theta: Floats, cases: Sequence[Judgment]) -> Responses:
        reward = theta[:, 0] + rng.standard_normal(len(cases))
        return Responses(reward > 0, reward)


class LikelySimulator(ClosedFormSimulator):
    """With a likelihood, so that the network's faults can be seen and mended."""

    evidence = RewardSums

    def log_likelihood_of_sums(self, sums: Floats, theta: Floats, xp: ModuleType) -> Floats:  # noqa: ARG002 - the same in either
        """Beside the network, in single precision."""
        return log_likelihood_of_rewards(sums, theta)


def exported(fault: Fault = NO_FAULT) -> bytes:
    b, d, q = export.symbolic_shape("b, d, q")
    arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in [(b, 2), (d, 2), (q, 2)]]
    return bytes(export.export(jax.jit(partial(conjugate, fault)))(*arguments).serialize())


def typical_people() -> TypicalityTable:
    """Of one number that is standard normal: its squared distance from 0 is χ² with one degree of freedom."""
    distances = stats.chi2(1).ppf(np.minimum(DISTANCE_LEVELS, 1 - 1e-9))
    return TypicalityTable(
        kinds=("any",),
        sizes=np.array([1.0, 512.0]),
        mean=np.zeros((1, 2, 1)),
        whitening=np.ones((1, 2, 1, 1)),
        distances=np.broadcast_to(distances, (1, 2, DISTANCE_LEVELS.size)).copy(),
    )


def closed_form_model(
    version: str = VERSION, *, fault: Fault = NO_FAULT, typicality: TypicalityTable | None = None
) -> Model:
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
        sums_size=2,
        network={},
        training={},
        quality={},
        versions={"jax": jax.__version__},
        files={},
    )
    return Model(manifest, PosteriorFunction(exported(fault), sums_size=2, parameters=2), typicality)


def publish(root: Path, *versions: str, typicality: TypicalityTable | None = None) -> ModelStore:
    """A store that holds the model under these versions, the last one current."""
    store = ModelStore(root)
    for version in versions:
        model = closed_form_model(version)
        with store.publishing("closed-form", version) as directory:
            (directory / "posterior.jaxexport").write_bytes(exported())
            if typicality is not None:
                np.savez(directory / "checks.npz", allow_pickle=False, **typicality.to_arrays())
            files = {file.name: digest(file) for file in directory.iterdir()}
            manifest = model.manifest.model_copy(update={"files": files})
            (directory / "manifest.json").write_text(manifest.model_dump_json())
        store.promote("closed-form", version)
    return store


def judgment(reward: float | None = None, **fields: object) -> dict[str, Any]:
    """A record with a reward, as JSON."""
    sure = {"outcomes": [{"payoff": 1.0, "probability": 1.0}]}
    risky = {"outcomes": [{"payoff": 0.0, "probability": 0.5}, {"payoff": 3.0, "probability": 0.5}]}
    return {"options": [sure, risky], "chosen": 0, "reward": reward, **fields}
