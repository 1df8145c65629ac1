"""How is an exported posterior called?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable

F32 = NDArray[np.float32]


class Emission(NamedTuple):
    """What one call gives.

    state: sums with the new judgments added, float32 [S].   theta: draws on the link scale [D, P].
    log_density: of the draws, on the link scale [D].   query_density: of the points asked about [Q].
    """

    state: Any
    theta: Any
    log_density: Any
    query_density: Any


class PosteriorFunction:
    """An exported JAX function (state, features, mask, noise, query) -> Emission, symbolic in N, D and Q."""

    def __init__(self, blob: bytes, *, feature_width: int, state_size: int, parameters: int) -> None:
        """Read the bytes that jax.export wrote. Raises ArtifactError when this JAX cannot read them."""
        import jax.export  # noqa: PLC0415 - loading a model is when JAX is needed

        try:
            self._exported = jax.export.deserialize(bytearray(blob))
        except Exception as error:
            raise ArtifactError(
                f"this JAX ({jax.__version__}) cannot read the exported function ({error}); "
                "export it again from its weights with `bayesian-verifier train --weights weights.npz`"
            ) from error
        self.feature_width, self.state_size, self.parameters = feature_width, state_size, parameters
        self._compiled: dict[tuple[int, int, int], Callable[..., Any]] = {}

    def compile(self, n: int, d: int, q: int = 1) -> Callable[..., Emission]:
        """The function for n rows of features, d draws and q points, compiled ahead of any call.

        What is returned takes (features [n, F], mask [n], state [S], noise [d, P]) and, optionally, query [q, P].
        """
        import jax  # noqa: PLC0415 - as above

        if (n, d, q) not in self._compiled:
            shapes = [
                (self.state_size,),
                (n, self.feature_width),
                (n,),
                (d, self.parameters),
                (q, self.parameters),
            ]
            arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
            self._compiled[n, d, q] = jax.jit(self._exported.call).lower(*arguments).compile()
        run = self._compiled[n, d, q]
        nowhere = np.zeros((q, self.parameters), np.float32)

        def call(features: F32, mask: F32, state: F32, noise: F32, query: F32 = nowhere) -> Emission:
            return Emission(*run(state, features, mask, noise, query))

        return call

    def __call__(
        self, features: F32, mask: F32, state: F32, noise: F32, query: F32 | None = None
    ) -> Emission:
        """Compile for these shapes if need be, and run."""
        asked = np.zeros((1, self.parameters), np.float32) if query is None else query
        return self.compile(len(features), len(noise), len(asked))(features, mask, state, noise, asked)
