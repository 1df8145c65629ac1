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
    """What one call gives for B people.

    theta: draws on the link scale [B, D, P].   log_density: of the draws, on the link scale [B, D].
    summary: what the network makes of the sums [B, C].   query_density: of the points asked about [B, Q].
    """

    theta: Any
    log_density: Any
    summary: Any
    query_density: Any


class PosteriorFunction:
    """An exported JAX function (sums [B, S], noise [D, P], query [Q, P]) -> Emission, symbolic in B, D and Q."""

    def __init__(self, blob: bytes, *, sums_size: int, parameters: int) -> None:
        """Read the bytes that jax.export wrote. Raises ArtifactError when this JAX cannot read them."""
        import jax.export  # noqa: PLC0415 - loading a model is when JAX is needed

        try:
            self._exported = jax.export.deserialize(bytearray(blob))
        except Exception as error:
            raise ArtifactError(
                f"this JAX ({jax.__version__}) cannot read the exported function ({error}); "
                "export it again from its weights with `bayesian-verifier train --weights weights.npz`"
            ) from error
        self.sums_size, self.parameters = sums_size, parameters
        self._compiled: dict[tuple[int, int, int], Callable[..., Any]] = {}

    def compile(self, b: int, d: int, q: int = 1) -> Callable[..., Emission]:
        """The function for b people, d draws and q points, compiled ahead of any call.

        What is returned takes (sums [b, S], noise [d, P]) and, optionally, query [q, P].
        """
        import jax  # noqa: PLC0415 - as above

        if (b, d, q) not in self._compiled:
            shapes = [(b, self.sums_size), (d, self.parameters), (q, self.parameters)]
            arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
            self._compiled[b, d, q] = jax.jit(self._exported.call).lower(*arguments).compile()
        run = self._compiled[b, d, q]
        nowhere = np.zeros((q, self.parameters), np.float32)

        def call(sums: F32, noise: F32, query: F32 = nowhere) -> Emission:
            return Emission(*run(sums, noise, query))

        return call

    def __call__(self, sums: F32, noise: F32, query: F32 | None = None) -> Emission:
        """Compile for these shapes if need be, and run."""
        asked = np.zeros((1, self.parameters), np.float32) if query is None else query
        return self.compile(len(sums), len(noise), len(asked))(sums, noise, asked)
