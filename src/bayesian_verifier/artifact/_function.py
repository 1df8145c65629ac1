"""How is an exported posterior called?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import jax

F32 = NDArray[np.float32]


class Emission(NamedTuple):
    """What one call gives for B people.

    theta: draws on the link scale [B, D, P].   log_density: of the draws, on the link scale [B, D].
    summary: what the network makes of the sums [B, C].   query_density: of the points asked about [B, Q].
    log_likelihood: of the draws, where a simulator's was compiled beside the network [B, D].
    """

    theta: Any
    log_density: Any
    summary: Any
    query_density: Any
    log_likelihood: Any = None


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
        if (b, d, q) not in self._compiled:
            self._compiled[b, d, q] = self._ahead(self._exported.call, b, d, q)
        run = self._compiled[b, d, q]
        nowhere = np.zeros((q, self.parameters), np.float32)

        def call(sums: F32, noise: F32, query: F32 = nowhere) -> Emission:
            return Emission(*run(sums, noise, query))

        return call

    def compile_beside(
        self, d: int, log_likelihood: Callable[[Any, Any, ModuleType], Any]
    ) -> Callable[[F32, F32], Emission]:
        """The function for one person and d draws, with a simulator's likelihood of the draws in the same program.

        log_likelihood: (sums [S], θ [d, P], jax.numpy) -> [d], or None where there is none.
        What is returned takes (sums [1, S], noise [d, P]).
        """
        import jax.numpy as jnp  # noqa: PLC0415 - as above

        def beside(sums: jax.Array, noise: jax.Array, query: jax.Array) -> tuple[Any, ...]:
            said = self._exported.call(sums, noise, query)
            known = log_likelihood(sums[0], said[0][0], jnp)
            return (*said, None if known is None else known[None])

        run, nowhere = self._ahead(beside, 1, d, 1), np.zeros((1, self.parameters), np.float32)
        return lambda sums, noise: Emission(*run(sums, noise, nowhere))

    def _ahead(self, function: Callable[..., Any], b: int, d: int, q: int) -> Callable[..., Any]:
        import jax  # noqa: PLC0415 - as above

        shapes = [(b, self.sums_size), (d, self.parameters), (q, self.parameters)]
        arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
        compiled: Callable[..., Any] = jax.jit(function).lower(*arguments).compile()
        return compiled

    def __call__(self, sums: F32, noise: F32, query: F32 | None = None) -> Emission:
        """Compile for these shapes if need be, and run."""
        asked = np.zeros((1, self.parameters), np.float32) if query is None else query
        return self.compile(len(sums), len(noise), len(asked))(sums, noise, asked)
