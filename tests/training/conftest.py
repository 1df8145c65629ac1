"""Keras reads its backend when first imported, which a test module may do before it imports ours."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")


@pytest.fixture(scope="module", autouse=True)
def compiled_quickly():
    """Compiled less well and sooner: what a network is compiled for here are a few steps and a handful of people."""
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
