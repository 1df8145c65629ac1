"""What a function computes twice goes to the compiler once, and comes to the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from bayesian_verifier.artifact._repeats import merge_repeats

if TYPE_CHECKING:
    from jax import Array

X = np.linspace(-2.0, 2.0, 7, dtype=np.float32)


def twice(x: Array) -> Array:
    """Two sines of the same, and one of something else."""
    return jnp.sin(x) * jnp.sin(x) + jnp.sin(2.0 * x)


def sines(lowered: jax.stages.Lowered) -> int:
    return len(re.findall(r"\bstablehlo\.sine\b", lowered.as_text()))


def test_what_is_computed_twice_is_compiled_once_and_comes_to_the_same() -> None:
    """sin²x + sin 2x, by NumPy in double precision."""
    lowered = jax.jit(twice).lower(jax.ShapeDtypeStruct(X.shape, X.dtype))
    before = sines(lowered)
    merge_repeats(lowered)
    assert (before, sines(lowered)) == (3, 2)
    wide = X.astype(np.float64)
    found = np.asarray(lowered.compile()(X))
    np.testing.assert_allclose(found, np.sin(wide) ** 2 + np.sin(2 * wide), rtol=1e-5, atol=1e-6)
