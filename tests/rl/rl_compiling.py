"""How are programs compiled that are run once or twice? Less well, in less than half of the time."""

from __future__ import annotations

from functools import partial

import jax

quickly = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
#: the same for a process of its own
QUICKLY = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
