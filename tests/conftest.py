"""What holds for every test? How long an example of Hypothesis takes is the machine's affair, no property of ours."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

from stalls import Stalls

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory):
    """What JAX compiles here it compiles once a run: many files ask the same model or train the same network.

    In the processes that run tests; those that tests start, a service above all, have settings of their own.
    """
    jax = sys.modules.get("jax")
    if jax is None:
        return
    place = tmp_path_factory.getbasetemp()
    shared = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    jax.config.update("jax_compilation_cache_dir", str(shared / "compiled"))
    jax.config.update("jax_compilation_cache_max_size", 2**32)  # with a limit JAX locks what processes share
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(scope="module")
def stalls():
    """What this machine sleeps beyond what it is asked to, from now on."""
    with Stalls() as watching:
        yield watching
