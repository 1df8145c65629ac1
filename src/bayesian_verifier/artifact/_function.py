"""How is an exported posterior called?"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.artifact._repeats import merge_repeats
from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    import jax

F32 = NDArray[np.float32]
#: for one person at a time: a library of matrix products costs more to call than such small ones take, and steps that
#: are handed from thread to thread wait longer than they run (docs/adr/0007-speed.md)
_FOR_ONE = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED",
}
#: and where exponentials are most of the work, the widest vectors there are
_WIDE = {**_FOR_ONE, "xla_cpu_prefer_vector_width": 512}


class Emission(NamedTuple):
    """What one call gives for B people.

    theta: draws on the link scale [B, D, P].   log_density: of the draws, on the link scale [B, D].
    summary: what the network makes of the sums [B, C].   query_density: of the points asked about [B, Q], if any were.
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

    def __reduce__(self) -> tuple[Callable[..., PosteriorFunction], tuple[bytes]]:
        """The same bytes, read and compiled again wherever it is unpickled."""
        blob = bytes(self._exported.serialize())
        return partial(PosteriorFunction, sums_size=self.sums_size, parameters=self.parameters), (blob,)

    def compile(self, b: int, d: int, q: int = 1) -> Callable[..., Emission]:
        """The function for b people, d draws and q points, compiled ahead of any call.

        What is returned takes (sums [b, S], noise [d, P]) and, optionally, query [q, P].
        """
        if (b, d, q) not in self._compiled:
            shapes = [(b, self.sums_size), (d, self.parameters), (q, self.parameters)]
            self._compiled[b, d, q] = self._ahead(self._exported.call, [(s, np.float32) for s in shapes])
        run = self._compiled[b, d, q]
        nowhere = np.zeros((q, self.parameters), np.float32)

        def call(sums: F32, noise: F32, query: F32 = nowhere) -> Emission:
            return Emission(*run(sums, noise, query))

        return call

    def traced(self, sums: jax.Array, noise: jax.Array) -> Emission:
        """The same for a JAX program that is being traced: sums [B, S], noise [D, P]; no density is asked about."""
        import jax.numpy as jnp  # noqa: PLC0415 - as above

        theta, log_density, summary, _ = self._exported.call(sums, noise, jnp.zeros_like(noise[:1]))
        return Emission(theta, log_density, summary, None)

    def compile_beside(
        self,
        d: int,
        log_likelihood: Callable[[Any, Any, ModuleType], Any],
        options: Mapping[str, str] = MappingProxyType(_FOR_ONE),
    ) -> Callable[[F32, F32], Emission]:
        """The function for one person and d draws, with a simulator's likelihood of the draws in the same program.

        log_likelihood: (sums [S], θ [d, P], jax.numpy) -> [d], or None where there is none.
        options: of XLA, for speed; left out where it does not know one.
        What is returned takes (sums [1, S], noise [d, P]).
        """
        import jax.numpy as jnp  # noqa: PLC0415 - as above

        shapes = [((1, self.sums_size), np.float32), ((d, self.parameters), np.float32)]

        def beside(sums: jax.Array, noise: jax.Array) -> tuple[Any, ...]:
            # nobody asks for a density: left out of the result, it is not computed either
            theta, log_density, summary, _ = self._exported.call(sums, noise, jnp.zeros_like(noise[:1]))
            known = log_likelihood(sums[0], theta[0], jnp)
            return theta, log_density, summary, None, None if known is None else known[None]

        run = self._ahead(beside, shapes, options=options)
        return lambda sums, noise: Emission(*run(sums, noise))

    def compile_after(
        self,
        noise: F32,
        before: Callable[..., tuple[Any, Callable[[Any], Any], Any]],
        shapes: Sequence[tuple[tuple[int, ...], np.dtype[Any]]],
        options: Mapping[str, Any] = MappingProxyType(_WIDE),
    ) -> Callable[..., tuple[Emission, Any]]:
        """The function for one person and the same noise [D, P] each time, after what makes the sums.

        before: (arguments of these shapes) -> (sums, float32 [S], log-likelihood of θ [D, P] -> [D] or None, something
        else), traced by JAX, which may use double precision.   options: as `compile_beside` takes them.
        What is returned takes the arguments, and gives what the network says and the something else.
        """
        import jax  # noqa: PLC0415 - as above

        def after(*arguments: jax.Array) -> tuple[Any, ...]:
            sums, log_likelihood, other = before(*arguments)
            theta, log_density, summary, _ = self._exported.call(sums[None], noise, np.zeros_like(noise[:1]))
            known = log_likelihood(theta[0])
            return theta, log_density, summary, None, None if known is None else known[None], other

        with jax.enable_x64(True):
            run = self._ahead(after, shapes, options=options)

        def call(*arguments: NDArray[Any]) -> tuple[Emission, Any]:
            with jax.enable_x64(True):
                *said, other = run(*arguments)
            return Emission(*said), other

        return call

    def _ahead(
        self,
        function: Callable[..., Any],
        shapes: Sequence[tuple[tuple[int, ...], Any]],
        options: Mapping[str, Any] | None = None,
    ) -> Callable[..., Any]:
        import jax  # noqa: PLC0415 - as above

        lowered = jax.jit(function).lower(*(jax.ShapeDtypeStruct(*shape) for shape in shapes))
        merge_repeats(lowered)
        try:
            compiled: Callable[..., Any] = lowered.compile(compiler_options=dict(options or {}))
        except jax.errors.JaxRuntimeError:
            # another XLA may not know an option; they change the speed alone
            compiled = lowered.compile()
        return compiled

    def __call__(self, sums: F32, noise: F32, query: F32 | None = None) -> Emission:
        """Compile for these shapes if need be, and run."""
        asked = np.zeros((1, self.parameters), np.float32) if query is None else query
        return self.compile(len(sums), len(noise), len(asked))(sums, noise, asked)
