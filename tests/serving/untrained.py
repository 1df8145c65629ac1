"""A model of three traits that needs no training: its network answers with the prior, and weights do the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from bayesian_verifier.artifact import Model, ModelStore, PosteriorFunction, digest
from bayesian_verifier.simulators.traits import TraitsSimulator
from serving.untrained_manifest import VERSION, untrained_manifest

if TYPE_CHECKING:
    from pathlib import Path

SIMULATOR = TraitsSimulator()
MEAN = np.array([p.prior_mean for p in SIMULATOR.parameters], np.float32)
SD = np.array([p.prior_sd for p in SIMULATOR.parameters], np.float32)


def exported() -> bytes:
    """A function that draws from the prior whatever the sums are."""

    def posterior(sums: Any, noise: Any, query: Any) -> tuple[Any, ...]:  # noqa: ANN401
        def log_density(z: Any) -> Any:  # noqa: ANN401
            constant = float(np.log(SD).sum()) + 2.0 * math.log(2.0 * math.pi)
            return -0.5 * (z**2).sum(-1) - constant + 0.0 * sums[:, :1]

        theta = jnp.broadcast_to((MEAN + SD * noise)[None], (sums.shape[0], *noise.shape))
        return theta, log_density(noise[None]), sums[:, :1], log_density(((query - MEAN) / SD)[None])

    b, d, q = export.symbolic_shape("b, d, q")
    shapes = [(b, SIMULATOR.sums_size), (d, 4), (q, 4)]
    arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
    return bytes(export.export(jax.jit(posterior))(*arguments).serialize())


def untrained_model() -> Model:
    """Read back from what is exported, but for the disk."""
    function = PosteriorFunction(exported(), sums_size=SIMULATOR.sums_size, parameters=4)
    return Model(untrained_manifest(SIMULATOR, "untrained", {}), function, None)


def publish_untrained(root: Path, name: str) -> str:
    """Publish it in a store under a name, current there; its version."""
    store = ModelStore(root)
    with store.publishing(name, VERSION) as directory:
        function = directory / "posterior.jaxexport"
        function.write_bytes(exported())
        files = {function.name: digest(function)}
        (directory / "manifest.json").write_text(untrained_manifest(SIMULATOR, name, files).model_dump_json())
    store.promote(name, VERSION)
    return VERSION
